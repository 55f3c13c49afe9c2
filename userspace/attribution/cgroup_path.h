// What a cgroup's path tells of its processes: the container, the systemd unit. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

struct CgroupIdentity {
  /// Of the container and of those around it, innermost first, at most kMaxNested: 64 hexadecimal digits, or
  /// at least 12 below a folder that holds nothing but containers. Empty: not in a container.
  std::vector<std::string> container_ids;
  bool kubernetes = false;
  /// The innermost service without ".service" and without a number as instance; empty: none.
  std::string unit;
};

inline constexpr size_t kMaxNested = 4;  ///< containers within containers

/// The paths of /proc/PID/cgroup's text, that of cgroup v2 first, then the one that systemd keeps under v1.
std::vector<std::string_view> cgroup_paths(std::string_view text);
/// The path of cgroup v2 alone; empty: the process has none.
std::string_view unified_cgroup_path(std::string_view text);

/// Of one path, such as "/system.slice/shop.service".
CgroupIdentity identify_cgroup(std::string_view path);
/// Of several paths of one process: the first that tells of something wins.
CgroupIdentity identify_cgroup(const std::vector<std::string_view>& paths);

}  // namespace sockwatch
