// The interface between the two byte streams of a connection and a protocol: bytes in, transactions out.
//
// Parsers are pure: no I/O, no clock, no flags, no logging; time is what the caller says. One thread. One parser object a
// connection; adding a protocol is one source file and a row in table.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "protocols/query.h"
#include "protocols/transaction.h"
#include "stream/socket_event.h"

namespace sockwatch {

/// When and by whom bytes passed.
struct Arrival {
  uint64_t ts_ns = 0;
  uint32_t tgid = 0;
  uint32_t flight = 0;  ///< counts changes of direction on the connection
  bool exact_flight = true;  ///< false: changes of direction in bytes that no segment told of are not counted
};

/// Bytes that passed and were not seen.
struct Gap {
  uint64_t length = 0;
  std::string_view tail;  ///< the last of them, when those were seen
  bool detected_late = false;      ///< noticed later: they may have passed in an earlier flight than the arrival says

  /// How many of them come before the tail.
  uint64_t before_tail() const { return length - std::min<uint64_t>(length, tail.size()); }
};

/// What a parser could not make sense of; counted, never guessed over.
enum class ParseError : uint8_t {
  bad_request_line,
  bad_response,
  bad_chunk,
  unseen_request,   ///< bytes that may have held a request's head were not seen
  unseen_response,  ///< the same of a response's
  orphan_response,  ///< no request for it was seen
  pipeline_limit,   ///< more requests outstanding on one connection than are tracked
  target_cut,       ///< a request's target was too long to be kept whole
  bad_message,      ///< a database's or cache's bytes that fit no message
  encrypted,        ///< a segment that is encrypted
  compressed,       ///< a segment that is compressed
};
inline constexpr size_t kParseErrors = 11;
std::string_view to_string(ParseError error);

class TransactionSink {
 public:
  virtual void on_transaction(const Transaction& transaction) = 0;
  virtual void on_query(const Query& /*query*/) {}
  virtual void on_parse_error(ParseError error) = 0;
  /// Bytes of requests that passed and could not be read: they were not copied, or where the next one begins is not known.
  virtual void on_passed_over(uint64_t /*bytes*/) {}

 protected:
  ~TransactionSink() = default;
};

enum class Verdict : uint8_t {
  undecided,  ///< too few bytes to tell
  mine,
  not_mine,   ///< another protocol; hand over no more
  finished,   ///< the connection has left the protocol (an upgrade, a tunnel); hand over no more
};

class Parser {
 public:
  virtual ~Parser() = default;

  /// Where the connection began is a guess: its first bytes may be the middle of a message.
  virtual void start_is_a_guess() {}
  /// The next bytes of one direction. They begin where a send or receive began.
  virtual Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) = 0;
  /// Bytes that passed unseen, after what data() has handed over.
  virtual Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) = 0;
  /// One direction has ended.
  virtual void eof(Direction direction, uint64_t ts_ns) = 0;
  /// Both have. Settles every transaction; nothing may follow.
  virtual void close(uint64_t ts_ns) = 0;
  /// Time has come to `now_ns`; settles what waits for that.
  virtual void advance(uint64_t now_ns) = 0;
  /// Whether advance() has something to wait for.
  virtual bool waiting() const = 0;
  /// Databases and caches: what the connection is at.
  virtual SessionState session() const { return SessionState::none; }
  /// On which side of the connection we are; valid once the bytes are known to be its own.
  virtual Role role() const = 0;
  /// Heap bytes held beyond the object itself, roughly.
  virtual size_t memory() const = 0;
  /// Whether what it holds agrees with itself and keeps within its bounds. For tests and fuzzers, which ask after each step.
  virtual bool consistent() const = 0;
};

enum class ProtocolKind : uint8_t { http, database, cache };

/// A protocol's row: its name (a label's value), its kind and how to make a parser whose transactions go to `sink`, which outlives it.
struct Protocol {
  std::string_view name;
  ProtocolKind kind;
  std::unique_ptr<Parser> (*make)(TransactionSink& sink);
};

/// Every protocol that sockwatch understands, in the order in which they are asked.
inline constexpr size_t kProtocols = 5;
const Protocol (&protocols())[kProtocols];

}  // namespace sockwatch
