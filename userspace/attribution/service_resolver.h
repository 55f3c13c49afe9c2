// pid, cgroup, socket -> service. Resolved once per process (pid + start time) and kept.
//
// One thread (the pipeline's). Bounded: kMaxServices names, kMaxProcesses remembered processes; what does not fit is
// the service "_overflow".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/config.h"
#include "stream/socket_event.h"

namespace sockwatch {

/// A service's small number, dense from 0; its name never changes while the agent runs.
using ServiceId = uint32_t;

class ServiceResolver {
 public:
  static constexpr ServiceId kUnknown = 0;   ///< "unknown": no process was told
  static constexpr ServiceId kOverflow = 1;  ///< "_overflow": too many services

  /// `procfs` and `cgroupfs` are the roots to read ("/proc", "/sys/fs/cgroup"), so that tests and containers can
  /// bring their own.
  ServiceResolver(const AttributionConfig& config, std::string procfs, std::string cgroupfs, uint32_t max_services);
  ~ServiceResolver();

  /// The service of the process behind a socket; `listen_port` (0: none) is the local port on which the socket was
  /// accepted and matters only to rules with ports. Costs a hash look-up when the process is known, reads /proc when not. Never
  /// fails: a process that is already gone is named by its cgroup or its command name.
  ServiceId resolve(const ProcessHint& process, uint16_t listen_port);
  /// A service known by name alone (replay).
  ServiceId intern(std::string_view name);

  std::string_view name(ServiceId service) const;
  uint32_t count() const;

  /// Forgets processes that have gone. Call every few seconds with the monotonic time.
  void sweep(uint64_t now_ns);
  /// When the service's last process was seen to be gone; 0 while one of them lives or where none was ever known.
  uint64_t gone_since_ns(ServiceId service) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
