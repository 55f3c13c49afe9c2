// Why the metrics server turned a connection or a request away, and how often.
//
// Counted by the guard's thread, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sockwatch {

enum class Refusal : uint8_t {
  connection_limit,  ///< as many as are allowed were open: 503
  head_timeout,      ///< the head was not complete in time: 408
  head_too_large,    ///< too many bytes or fields: 431
  body_not_allowed,  ///< a request with a body: 413, or 405 where the method is refused anyhow
  bad_request,       ///< not HTTP/1.0 or HTTP/1.1: 400 or 505
  write_timeout,     ///< did not read its response in time
  write_backlog,     ///< the slowest reader when too much waited to be sent
  accept_failed,     ///< the system had no descriptor or memory for it
  address,           ///< its address is not among those that may connect: closed before a byte was read
  request_limit,     ///< as many requests as are allowed were being answered: 503
  tls_handshake,     ///< no agreement on TLS: not TLS at all, too old a version, a certificate that is refused
  tls_timeout,       ///< the handshake was not complete in time
  unauthorized,      ///< no user's name and password, or wrong ones: 401
};
inline constexpr size_t kRefusals = 13;

constexpr std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::connection_limit:
      return "connection_limit";
    case Refusal::head_timeout:
      return "head_timeout";
    case Refusal::head_too_large:
      return "head_too_large";
    case Refusal::body_not_allowed:
      return "body_not_allowed";
    case Refusal::bad_request:
      return "bad_request";
    case Refusal::write_timeout:
      return "write_timeout";
    case Refusal::write_backlog:
      return "write_backlog";
    case Refusal::accept_failed:
      return "accept_failed";
    case Refusal::address:
      return "address";
    case Refusal::request_limit:
      return "request_limit";
    case Refusal::tls_handshake:
      return "tls_handshake";
    case Refusal::tls_timeout:
      return "tls_timeout";
    case Refusal::unauthorized:
      return "unauthorized";
  }
  return "unknown";
}

class RefusalCounts {
 public:
  void count(Refusal refusal) {
    counts_[static_cast<size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }

  /// Every reason, those that never happened as 0.
  std::map<std::string, uint64_t> all() const {
    std::map<std::string, uint64_t> counts;
    for (size_t i = 0; i < kRefusals; ++i) {
      counts.emplace(to_string(static_cast<Refusal>(i)), counts_[i].load(std::memory_order_relaxed));
    }
    return counts;
  }

 private:
  std::array<std::atomic<uint64_t>, kRefusals> counts_{};
};

}  // namespace sockwatch
