// Plays a script to a parser, cut into pieces, and says what the parser did that the script did not expect.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "protocols/parser.h"
#include "script.h"

namespace sockwatch {

/// "GET /a 200 0 2": method, target, status, request bytes, response bytes. Bytes that are not printable
/// stand as \xNN, a target of more than 60 as its first 5 and its size: "/aaaa...[9001]".
std::string line_of(const Transaction& transaction);

/// Remembers what parsers report.
class Collector final : public TransactionSink {
 public:
  void on_transaction(const Transaction& transaction) override { lines.push_back(line_of(transaction)); }
  void on_parse_error(ParseError error) override { errors.emplace_back(to_string(error)); }

  std::vector<std::string> lines;
  std::vector<std::string> errors;
};

/// Where to cut: told which byte of all that is said comes next, how many this speaker is still to say;
/// returns how many to hand over now (at least one).
using Cutter = std::function<size_t(size_t at, size_t left)>;

/// Hands over what each speaker says in one piece.
size_t whole(size_t at, size_t left);

/// How many bytes are said in all.
size_t said(const Script& script);

/// Plays the script as the parser sees it at the server's socket (Role::server) or at the client's. Returns
/// one line for everything that was not as expected.
std::string play(const Script& script, Role role, const Cutter& cut);

}  // namespace sockwatch
