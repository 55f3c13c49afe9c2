// What a cgroup's path tells of its processes: the container, the systemd unit. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

struct CgroupIdentity {
  std::string container_id;  ///< 64 (or at least 12) hexadecimal digits; empty: not in a container
  bool kubernetes = false;
  std::string unit;          ///< without ".service"; empty: none
};

/// Of /proc/PID/cgroup's text: v1, v2 and both at once. The v2 line decides, others fill in.
CgroupIdentity identify_cgroup_file(std::string_view text);
/// Of one path, such as "/system.slice/shop.service".
CgroupIdentity identify_cgroup_path(std::string_view path);

}  // namespace sockwatch
