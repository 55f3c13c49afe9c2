// A query: one operation that a client asked of a database or cache, and what became of it. Parsers make them, aggregation
// counts them.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/transaction.h"

namespace sockwatch {

enum class QueryStatus : uint8_t {
  ok,
  error,    ///< the server refused it or failed
  aborted,  ///< the connection closed with no answer
  unknown,  ///< there was an answer that could not be seen or understood
};

constexpr std::string_view to_string(QueryStatus status) {
  switch (status) {
    case QueryStatus::ok: return "ok";
    case QueryStatus::error: return "error";
    case QueryStatus::aborted: return "aborted";
    case QueryStatus::unknown: return "unknown";
  }
  return "unknown";
}

struct Query {
  Role role = Role::client;
  std::string_view operation;      ///< "SELECT", "GET": an entry of the parser's own table, never bytes of the wire
  QueryStatus status = QueryStatus::unknown;
  uint32_t tgid = 0;               ///< the process that sent (client) or received (server) it; 0: not known
  uint64_t start_ns = 0;           ///< first byte of the query, CLOCK_MONOTONIC
  uint64_t duration_ns = 0;        ///< to the last byte of its answer, or to the close that ended the wait
  uint32_t hits = 0;               ///< caches: keys asked for that were there ...
  uint32_t misses = 0;             ///< ... and that were not
};

/// What a connection to a database or cache is at.
enum class SessionState : uint8_t {
  none,            ///< not yet a session, or the protocol has none
  idle,            ///< the server is ready, no transaction is open
  active,          ///< a query is under way
  in_transaction,  ///< no query is under way and a transaction is open
  unreadable,      ///< encrypted or compressed: what it is at cannot be told
};

}  // namespace sockwatch
