#include "attribution/listener_search.h"

#include "attribution/cgroup_path.h"
#include "util/clock.h"

namespace sockwatch {

uint32_t ListenerSearch::find(std::string_view comm, uint16_t port, uint64_t cgroup_id) {
  const uint64_t now_ns = monotonic_ns();
  // Where no process of that name lives, no port of it need be looked for.
  const std::string none(comm);
  const std::string key = none + '\0' + std::to_string(port) + '/' + std::to_string(cgroup_id);
  for (const std::string& one : {none, key})
    if (const auto known = known_.find(one); known != known_.end() && now_ns < known->second.until_ns)
      return known->second.pid;

  uint32_t found = 0;
  bool any = false;
  const bool looked = occasional_.run([&] {
    proc_.each_process([&](uint32_t pid) {
      if (proc_.comm(pid) != comm) return true;
      any = true;
      if (!in_cgroup(pid, cgroup_id) || !proc_.listens_on(pid, port)) return true;
      found = pid;
      return false;
    });
  });
  if (!looked) return 0;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[any ? key : none] = {.pid = found, .until_ns = now_ns + kKeepNs};
  return found;
}

bool ListenerSearch::in_cgroup(uint32_t pid, uint64_t cgroup_id) const {
  if (cgroup_id == 0) return true;
  const std::string text = proc_.cgroup(pid);
  const uint64_t id = cgroups_.id(unified_cgroup_path(text));
  return id == 0 || id == cgroup_id;
}

}  // namespace sockwatch
