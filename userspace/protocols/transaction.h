// A transaction: one request and what became of it. Parsers make them, aggregation counts them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sockwatch {

/// Who we are to the request: the socket that received it (server) or the one that sent it (client).
enum class Role : uint8_t { server, client };

constexpr std::string_view to_string(Role role) { return role == Role::server ? "server" : "client"; }

/// What became of the request: the final response's code, or why there is none.
class Status {
 public:
  /// 100 to 999, as it stood in the response's head.
  static constexpr Status code(uint16_t value) { return Status(value); }
  /// The connection closed with no response.
  static constexpr Status aborted() { return Status(kAborted); }
  /// There was an answer that could not be seen or understood.
  static constexpr Status unknown() { return Status(kUnknown); }

  /// The code; 0 for aborted and unknown.
  constexpr uint16_t code() const { return value_ >= 100 ? value_ : 0; }
  constexpr bool operator==(const Status&) const = default;
  /// The code in decimal, "aborted" or "unknown".
  std::string text() const {
    if (value_ == kAborted) return "aborted";
    if (value_ == kUnknown) return "unknown";
    return std::to_string(value_);
  }
  /// A small number that identifies the status (a key for tables).
  constexpr uint16_t key() const { return value_; }

 private:
  static constexpr uint16_t kUnknown = 0;
  static constexpr uint16_t kAborted = 1;
  constexpr explicit Status(uint16_t value) : value_(value) {}
  uint16_t value_;
};

/// What a cache said of the answer.
enum class CacheAnswer : uint8_t { none, hit, miss };

/// The views point into the parser's memory and are valid only during the call that hands the transaction over.
struct Transaction {
  std::string_view protocol;       ///< "http"
  Role role = Role::server;
  std::string_view method;         ///< as it came; not normalised
  std::string_view target;         ///< the request target as it came, query string included: never a label as it is
  Status status = Status::unknown();
  uint32_t tgid = 0;               ///< the process that received (server) or sent (client) the request; 0: not known
  uint64_t start_ns = 0;           ///< first byte of the request, CLOCK_MONOTONIC
  uint64_t ttfb_ns = 0;            ///< from start to the first byte of the final response's head; 0 without a response
  uint64_t duration_ns = 0;        ///< from start to the last byte of the response, or to the close that ended the wait
  uint64_t request_bytes = 0;      ///< stream bytes after the head, chunk framing included
  uint64_t response_bytes = 0;     ///< the same of the response
  std::string_view trace_id;       ///< the trace that the request belongs to, 16 or 32 hexadecimal digits; empty: none was told
  CacheAnswer cache = CacheAnswer::none;  ///< what HTTP caches on the way said
};

}  // namespace sockwatch
