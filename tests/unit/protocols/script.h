// A dialogue between a client and a server, with what a parser must make of it, as a few lines of text:
//
//   > bytes      the client says them           >? 100 tail   100 bytes of the client pass unseen, but for
//   their tail < bytes      the server says them           <? 100 tail   the same of the server
//   >.           the client has ended           <.            the server has
//   x            both have (so they have at the end of every script)
//   ~ 500        so many milliseconds pass
//   = GET /a 200 0 2     by now this transaction has come: method, target, status, request bytes, response
//   bytes = error bad_chunk    by the end this error has
//
// In bytes "|" is CRLF; \r \n \t \0 \xNN \| \\ are what they look like, and \{a*1000} is a thousand "a".
// Lines that are empty or begin with "#" say nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stream/socket_event.h"

namespace sockwatch {

struct Step {
  enum class Kind : uint8_t { say, miss, lose, end, close, wait, expect_transaction, expect_error };
  Kind kind = Kind::say;
  Direction from = Direction::recv;  ///< as the server's socket sees it: recv is the client's
  std::string bytes;                 ///< say, lose: all; miss: the tail; expect: the text
  uint64_t amount = 0;               ///< miss: bytes; wait: milliseconds
};
using Script = std::vector<Step>;

/// Fails the running test where the text makes no sense.
Script parse_script(std::string_view text);

/// "|" and the escapes, resolved.
std::string unescape(std::string_view text);

}  // namespace sockwatch
