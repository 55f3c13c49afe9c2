// A real Prometheus that scrapes one target, in a directory of its own, on a free port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sockwatch {

class PrometheusProcess {
 public:
  static bool installed();

  /// Starts it with a scrape every 200 ms; port() is 0 when it did not come up in time.
  explicit PrometheusProcess(const std::string& target);
  /// Ends the process and removes the directory.
  ~PrometheusProcess();
  PrometheusProcess(const PrometheusProcess&) = delete;
  PrometheusProcess& operator=(const PrometheusProcess&) = delete;

  uint16_t port() const { return port_; }
  /// What it wrote to its log so far.
  std::string log() const;

  /// The value of a PromQL expression whose result is one series; empty while it has none.
  std::string query(const std::string& expression) const;

 private:
  std::string directory_;
  pid_t pid_ = -1;
  uint16_t port_ = 0;
};

}  // namespace sockwatch
