#include "attribution/kubernetes.h"

#include <algorithm>

namespace sockwatch {
namespace {

// Kubernetes makes suffixes of these alone: no vowels, no 0, 1 and 3.
constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";

bool is_made_up(std::string_view part, size_t least, size_t most) {
  return part.size() >= least && part.size() <= most &&
         part.find_first_not_of(kSafe) == std::string_view::npos;
}

std::string_view last_part(std::string_view name) {
  const size_t dash = name.rfind('-');
  return dash == std::string_view::npos || dash == 0 ? std::string_view() : name.substr(dash + 1);
}

// The next component of `path`, which is moved behind it.
std::string_view next_component(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view component = path.substr(0, path.find('/'));
  path.remove_prefix(component.size());
  return component;
}

// "/var/lib/kubelet/pods/<uid>/containers/<name>/<file>" -> "<name>".
std::string_view container_in(std::string_view root) {
  while (!root.empty()) {
    if (next_component(root) != "pods") continue;
    std::string_view rest = root;
    next_component(rest);
    if (next_component(rest) != "containers") continue;
    const std::string_view name = next_component(rest);
    return next_component(rest).empty() ? std::string_view() : name;
  }
  return {};
}

}  // namespace

std::string_view kubernetes_container_name(std::string_view mountinfo) {
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(mountinfo.size(), line.size() + 1));
    for (int field = 1; field < 4; ++field) line.remove_prefix(std::min(line.size(), line.find(' ') + 1));
    if (const std::string_view name = container_in(line.substr(0, line.find(' '))); !name.empty())
      return name;
  }
  return {};
}

std::string_view workload_of_pod(std::string_view pod) {
  const std::string_view last = last_part(pod);
  if (last.empty()) return pod;
  std::string_view rest = pod.substr(0, pod.size() - last.size() - 1);
  constexpr size_t most_ordinal = 4;
  if (last.size() <= most_ordinal && last.find_first_not_of("0123456789") == std::string_view::npos)
    return rest;
  constexpr size_t suffix = 5;
  if (!is_made_up(last, suffix, suffix)) return pod;
  const std::string_view hash = last_part(rest);
  constexpr size_t least_hash = 8;
  constexpr size_t most_hash = 10;
  // Words without vowels and of that length are rare; a hash nearly always holds a digit.
  if (is_made_up(hash, least_hash, most_hash) && hash.find_first_of("2456789") != std::string_view::npos)
    rest.remove_suffix(hash.size() + 1);
  return rest;
}

}  // namespace sockwatch
