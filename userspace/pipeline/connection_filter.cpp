#include "pipeline/connection_filter.h"

#include <algorithm>

#include "attribution/glob.h"

namespace sockwatch {
namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns,
                             [&](const std::string& pattern) { return glob_matches(pattern, text); });
}

bool knows(const ConnectionList& list, const ConnectionFilter::Facts& facts) {
  return any_matches(list.services, facts.service) ||
         std::ranges::any_of(
             list.ports,
             [&](uint16_t port) { return port == facts.local_port || port == facts.remote_port; }) ||
         (facts.cgroup && any_matches(list.cgroups, *facts.cgroup));
}

}  // namespace

bool ConnectionFilter::passes(const Facts& facts) const {
  const ConnectionList& include = config_.include;
  const bool undecided = !facts.cgroup && !include.cgroups.empty();
  if (!include.empty() && !undecided && !knows(include, facts)) return false;
  return !knows(config_.exclude, facts);
}

bool ConnectionFilter::leaves_out(std::string_view service) const {
  const ConnectionList& include = config_.include;
  const bool by_name_alone = !include.services.empty() && include.ports.empty() && include.cgroups.empty();
  return (by_name_alone && !any_matches(include.services, service)) ||
         any_matches(config_.exclude.services, service);
}

}  // namespace sockwatch
