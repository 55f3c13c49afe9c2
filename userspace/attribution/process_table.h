// The processes whose service is known, and how it is known that they are still the same. One thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attribution/namer.h"
#include "attribution/proc_reader.h"
#include "attribution/service_table.h"

namespace sockwatch {

/// What the kernel side told of a process, kept for the next time it is named.
struct ToldProcess {
  uint32_t parent = 0;
  bool forked = false;
  std::optional<uint32_t> user;
  std::string service;
};

struct KnownName {
  uint16_t port;  ///< that rules ask for; 0 for all others
  ServiceId service;
  NameSource source;
  std::optional<uint32_t> user;  ///< who executed its program; nothing: not known
};

struct KnownProcess {
  std::optional<ProcessIdentity> identity;  ///< nothing: it was gone before anybody looked
  std::string comm;                         ///< of the thread that was seen last
  uint64_t checked_ns = 0;                  ///< when its identity was last compared
  uint64_t alive_ns = 0;                    ///< when that was last the same
  uint64_t retry_ns = 0;  ///< when a name that may get better is worth another look; 0: it is final
  uint64_t revision = 0;  ///< of the containers, at that time
  ToldProcess told = {};
  absl::InlinedVector<KnownName, 1> services;
};

/// Each process counts in the service table for every service that it has.
class ProcessTable {
 public:
  ProcessTable(const ProcReader& proc, ServiceTable& services, size_t most)
      : proc_(proc), services_(services), most_(most) {}

  /// Null: not known. Valid until the next change of the table.
  KnownProcess* find(uint32_t pid);
  /// Takes the place of another one when the table is full, of one that has gone if one is soon found.
  KnownProcess& insert(uint32_t pid, const KnownProcess& process, uint64_t now_ns);
  void add_service(KnownProcess& process, const KnownName& name);
  void forget(uint32_t pid, uint64_t now_ns);
  /// Forgets that processes have the service; what else is known of them stays.
  void forget_service(ServiceId service, uint64_t now_ns);
  /// Forgets all, and tells which they were.
  std::vector<std::pair<uint32_t, KnownProcess>> take_all(uint64_t now_ns);
  /// Looks at `batch` processes and forgets those that have gone.
  void sweep(size_t batch, uint64_t now_ns);

  size_t size() const { return processes_.size(); }
  /// Processes forgotten since there were too many.
  uint64_t evicted() const { return evicted_; }

 private:
  using Map = absl::flat_hash_map<uint32_t, KnownProcess>;
  Map::iterator next();
  bool has_gone(Map::iterator process) const;
  void erase(Map::iterator process, uint64_t now_ns);
  void evict(uint64_t now_ns);

  const ProcReader& proc_;
  ServiceTable& services_;
  const size_t most_;
  Map processes_;
  std::vector<uint32_t> round_;  ///< still to be looked at in this round
  uint64_t evicted_ = 0;
};

}  // namespace sockwatch
