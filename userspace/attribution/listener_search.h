// Finds the process behind one that has gone: a server that answers each connection by a forked child, which
// may have ended before anybody could look at it, has itself the name and the listening port of the child.
//
// One thread. Looks through all processes, occasionally (occasional.h); kMaxKnown answers are kept for
// kKeepNs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "attribution/cgroup_index.h"
#include "attribution/occasional.h"
#include "attribution/proc_reader.h"

namespace sockwatch {

class ListenerSearch {
 public:
  static constexpr size_t kMaxKnown = 1024;
  static constexpr uint64_t kKeepNs = 5'000'000'000;

  ListenerSearch(const ProcReader& proc, const CgroupIndex& cgroups) : proc_(proc), cgroups_(cgroups) {}

  /// The pid of a living process with this command name that listens on the port, within the same cgroup (0:
  /// in any). 0: there is none, or it was not time to look.
  uint32_t find(std::string_view comm, uint16_t port, uint64_t cgroup_id);

  uint64_t skipped() const { return occasional_.skipped(); }

 private:
  struct Answer {
    uint32_t pid = 0;
    uint64_t until_ns = 0;
  };
  bool in_cgroup(uint32_t pid, uint64_t cgroup_id) const;

  const ProcReader& proc_;
  const CgroupIndex& cgroups_;
  std::unordered_map<std::string, Answer> known_;
  Occasional occasional_;
};

}  // namespace sockwatch
