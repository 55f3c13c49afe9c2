// Every bound of the metrics server but the number of connections, which is configured.
#pragma once

#include <chrono>
#include <cstddef>

namespace sockwatch {

struct ServerLimits {
  size_t max_head_bytes = 16 * 1024;  ///< of a request; more is answered 431
  size_t max_requests = 1000;         ///< on one connection; the last is answered with Connection: close
  size_t max_unsent_bytes =
      64 * 1024 * 1024;  ///< of different responses being sent; beyond it the slowest reader is cut off
  size_t workers = 4;    ///< threads that answer
  std::chrono::milliseconds head_timeout{
      5'000};  ///< from the accept, or a later head's first byte, to its last
  std::chrono::milliseconds idle_timeout{75'000};  ///< between two requests; above the usual scrape intervals
  std::chrono::milliseconds write_timeout{
      10'000};  ///< for a whole response; Prometheus gives up after as long
  std::chrono::milliseconds linger_timeout{1'000};  ///< for a refused client to read why
};

}  // namespace sockwatch
