#include "attribution/rule_match.h"

#include <algorithm>

#include "attribution/glob.h"

namespace sockwatch {
namespace {

bool unit_matches(const std::string& pattern, const std::string& unit) {
  return !unit.empty() && (glob_matches(pattern, unit) || glob_matches(pattern, unit + ".service"));
}

// "key=glob"
bool label_matches(const std::string& wanted, const ContainerInfo& container) {
  const size_t equals = wanted.find('=');
  const auto label = container.labels.find(wanted.substr(0, equals));
  if (label == container.labels.end()) return false;
  return equals == std::string::npos ||
         glob_matches(std::string_view(wanted).substr(equals + 1), label->second);
}

bool container_matches(const ServiceRule& rule, ProcessFacts& facts) {
  if (!facts.in_container()) return false;
  if (!rule.container_name.empty()) {
    // Within Kubernetes both names are right: the container's and the one that the engine made of it.
    const ContainerInfo* info = facts.container();
    const bool by_engine = info != nullptr && glob_matches(rule.container_name, info->name);
    if (!by_engine && !glob_matches(rule.container_name, facts.container_name())) return false;
  }
  if (rule.container_image.empty() && rule.container_label.empty()) return true;
  const ContainerInfo* info = facts.container();
  if (info == nullptr) return false;
  if (!rule.container_image.empty() && !glob_matches(rule.container_image, info->image)) return false;
  return rule.container_label.empty() || label_matches(rule.container_label, *info);
}

}  // namespace

bool rule_matches(const ServiceRule& rule, ProcessFacts& facts, uint16_t listen_port) {
  if (!rule.ports.empty() && std::find(rule.ports.begin(), rule.ports.end(), listen_port) == rule.ports.end())
    return false;
  if (!rule.users.empty()) {
    const std::optional<uint32_t> user = facts.user();
    if (!user || std::find(rule.users.begin(), rule.users.end(), *user) == rule.users.end()) return false;
  }
  if (!rule.exe.empty() && !glob_matches(rule.exe, facts.executable())) return false;
  if (!rule.args.empty() && !glob_matches(rule.args, facts.command_line())) return false;
  if (!rule.unit.empty() && !unit_matches(rule.unit, facts.cgroup().unit)) return false;
  if (!rule.cgroup.empty()) {
    const auto& paths = facts.cgroups();
    const auto matches = [&](std::string_view path) { return glob_matches(rule.cgroup, path); };
    if (std::none_of(paths.begin(), paths.end(), matches)) return false;
  }
  const bool about_container =
      !rule.container_name.empty() || !rule.container_image.empty() || !rule.container_label.empty();
  return !about_container || container_matches(rule, facts);
}

}  // namespace sockwatch
