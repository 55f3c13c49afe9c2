// Whether a connection is counted, as the configuration says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/config.h"

namespace sockwatch {

class ConnectionFilter {
 public:
  struct Facts {
    std::string_view service;
    uint16_t local_port = 0;
    uint16_t remote_port = 0;
    std::optional<std::string_view>
        cgroup;  ///< its path; nothing: not looked up, lists of cgroups do not count then
  };

  explicit ConnectionFilter(FilterConfig config) : config_(std::move(config)) {}

  bool passes(const Facts& facts) const;
  /// Whether nothing of the service is counted, whatever its ports and cgroups are.
  bool leaves_out(std::string_view service) const;
  /// Whether Facts::cgroup matters.
  bool asks_for_cgroup() const {
    return !config_.include.cgroups.empty() || !config_.exclude.cgroups.empty();
  }

 private:
  FilterConfig config_;
};

}  // namespace sockwatch
