#include "attribution/cgroup_path.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr size_t kMinContainerId = 12;
constexpr size_t kContainerId = 64;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "libpod-<id>.scope", "crio-<id>", "<id>": one path component.
std::string_view container_id_of(std::string_view component, std::string_view parent) {
  if (component.ends_with(".scope")) component.remove_suffix(6);
  const size_t dash = component.rfind('-');
  const std::string_view id = dash == std::string_view::npos ? component : component.substr(dash + 1);
  if (!is_hex(id)) return {};
  if (id.size() == kContainerId) return id;
  const bool known_parent = parent == "docker" || parent == "containerd" || parent == "libpod_parent";
  return known_parent && id.size() >= kMinContainerId ? id : std::string_view();
}

std::string unescape_unit(std::string_view unit) {
  // systemd writes "\x2d" for "-" in slice and unit names.
  std::string out;
  for (size_t i = 0; i < unit.size(); ++i) {
    if (unit.substr(i, 4) == "\\x2d") {
      out += '-';
      i += 3;
    } else {
      out += unit[i];
    }
  }
  return out;
}

void merge(CgroupIdentity& into, const CgroupIdentity& from) {
  if (into.container_id.empty()) into.container_id = from.container_id;
  if (into.unit.empty()) into.unit = from.unit;
  into.kubernetes = into.kubernetes || from.kubernetes;
}

}  // namespace

CgroupIdentity identify_cgroup_path(std::string_view path) {
  CgroupIdentity identity;
  identity.kubernetes = path.find("kubepods") != std::string_view::npos;
  std::string_view parent;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (component.empty()) continue;
    if (const std::string_view id = container_id_of(component, parent); !id.empty()) identity.container_id = id;
    // The innermost service counts; a user's manager is only the parent of others.
    if (component.ends_with(".service") && !component.starts_with("user@"))
      identity.unit = unescape_unit(component.substr(0, component.size() - 8));
    parent = component;
  }
  if (!identity.unit.empty())  // an instance "worker@3" is one of the service "worker"
    identity.unit = identity.unit.substr(0, identity.unit.find('@'));
  return identity;
}

CgroupIdentity identify_cgroup_file(std::string_view text) {
  CgroupIdentity unified;
  CgroupIdentity others;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    merge(line.starts_with("0::") ? unified : others, identify_cgroup_path(line.substr(second + 1)));
  }
  merge(unified, others);
  return unified;
}

}  // namespace sockwatch
