// pid, cgroup, socket -> service. Resolved once per process (pid + start time, and again when it executes
// another program) and kept. docs/attribution.md tells the rules.
//
// One thread (the pipeline's). Bounded: max_services names, kMaxProcesses remembered processes; a name that
// does not fit is the service "_overflow". A resolution waits for a container engine for 0.2 s at the very
// most (container_directory.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribution/service_table.h"
#include "config/config.h"
#include "stream/socket_event.h"

namespace sockwatch {

class ServiceResolver {
 public:
  static constexpr ServiceId kUnknown = ServiceTable::kUnknown;    ///< "unknown": no process was told
  static constexpr ServiceId kOverflow = ServiceTable::kOverflow;  ///< "_overflow": too many services
  static constexpr size_t kMaxProcesses = 65536;
  static constexpr size_t kSweepBatch = 1024;  ///< processes looked at by one sweep

  /// `procfs` and `cgroupfs` are the roots to read ("/proc", "/sys/fs/cgroup"), so that tests and containers
  /// can bring their own.
  ServiceResolver(const AttributionConfig& config, std::string procfs, const std::string& cgroupfs,
                  uint32_t max_services);
  ~ServiceResolver();

  /// The service of the process behind a socket; `listen_port` (0: none) is the local port on which the
  /// socket was accepted and matters to rules with ports and to processes that are gone. Costs a hash look-up
  /// when the process is known, reads /proc when not. Never fails: a process that is already gone is named by
  /// the one it was forked from, its cgroup or its command name.
  ServiceId resolve(const ProcessHint& process, uint16_t listen_port);
  /// A service known by name alone (replay).
  ServiceId intern(std::string_view name);

  /// The path of a cgroup; empty: not known. Valid until the next call.
  std::string_view cgroup(uint64_t id);
  /// Names every process anew by other rules (AttributionConfig::rules, service_env; the rest stays as it
  /// is). Reads /proc for each process that is known.
  void rename(const AttributionConfig& config);
  /// Services whose processes have another name from now on, each told once: whoever keeps one asks again.
  std::vector<ServiceId> take_renamed();
  /// How many users the service's processes have: those who executed its programs. At most ServiceTable::kMaxUsers.
  size_t users(ServiceId service) const;
  std::string_view name(ServiceId service) const;
  uint32_t count() const;

  /// Forgets processes that have gone, kSweepBatch of them at most. Call every few seconds with the monotonic
  /// time.
  void sweep(uint64_t now_ns);
  /// When the service's last process was seen to be gone; 0 while one of them lives or where none was ever
  /// known.
  uint64_t gone_since_ns(ServiceId service) const;
  /// How many names have found no room since the last call.
  uint64_t take_refused();
  /// Makes room for another name: nobody may hold the number any more. Processes that are called _overflow are named anew at the next
  /// sweep; take_renamed() tells.
  void release(ServiceId service);

  /// How often each bound was hit, by its name.
  std::vector<std::pair<std::string, uint64_t>> limits_hit() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
