#include "attribution/cgroup_path.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "attribution/command_line.h"

namespace sockwatch {
namespace {

constexpr size_t kShortId = 12;
constexpr size_t kFullId = 64;
constexpr std::string_view kScope = ".scope";
constexpr std::string_view kService = ".service";

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "<id>", "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>",
// "kubepods-x.slice:cri-containerd:<id>".
std::string_view container_id_of(std::string_view component, std::string_view parent) {
  if (component.ends_with(kScope)) component.remove_suffix(kScope.size());
  if (component.find("conmon") != std::string_view::npos)
    return {};  // watches over the container from outside
  const std::string_view id = component.substr(component.find_last_of("-:") + 1);
  if (!is_hex(id)) return {};
  if (id.size() == kFullId) return id;
  constexpr std::array<std::string_view, 4> containers_only = {"docker", "containerd", "libpod_parent",
                                                               "crio"};
  const bool among_containers =
      std::find(containers_only.begin(), containers_only.end(), parent) != containers_only.end();
  return among_containers && id.size() >= kShortId && id.size() < kFullId ? id : std::string_view();
}

// "kubepods", "kubepods-burstable.slice", and "pod<uid>", which is all that a neighbouring cgroup namespace
// sees.
bool is_kubernetes(std::string_view component) {
  if (component.find("kubepods") != std::string_view::npos) return true;
  constexpr std::string_view pod = "pod";
  if (!component.starts_with(pod)) return false;
  component.remove_prefix(pod.size());
  constexpr size_t uid = 36;
  return component.size() == uid &&
         component.find_first_not_of("0123456789abcdef-_") == std::string_view::npos;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// systemd writes "\x2d" for a "-" that separates nothing.
std::string unescape_unit(std::string_view unit) {
  std::string out;
  for (size_t i = 0; i < unit.size(); ++i) {
    const bool escape = unit.substr(i, 2) == "\\x" && i + 3 < unit.size() && hex_digit(unit[i + 2]) >= 0 &&
                        hex_digit(unit[i + 3]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(unit[i + 2]) * 16 + hex_digit(unit[i + 3]));
      i += 3;
    } else {
      out += unit[i];
    }
  }
  return out;
}

// systemd-run makes names up: "run-u12", "run-r<32 digits>", "run-p123-i456".
bool is_made_up(std::string_view unit) {
  constexpr std::string_view run = "run-";
  if (!unit.starts_with(run)) return false;
  unit.remove_prefix(run.size());
  if (unit.starts_with('u')) return is_number(unit.substr(1));
  if (unit.starts_with('r')) return unit.size() > 16 && is_hex(unit.substr(1));
  return unit.starts_with('p') && unit.find_first_not_of("0123456789-i", 1) == std::string_view::npos;
}

// Units that start other people's programs: supervisors, schedulers, what runs at boot, logins, runners of jobs.
bool starts_others(std::string_view unit) {
  constexpr std::string_view names =
      "supervisor supervisord cron crond cronie anacron fcron bcron atd rc-local rc.local cloud-init cloud-final cloud-config "
      "cloud-init-local cloud-init-main cloud-init-network ssh sshd dropbear runit runsvdir s6 s6-svscan daemontools svscan "
      "monit circus circusd god bluepill eye forever pm2 xinetd inetd openbsd-inetd inetutils-inetd immortal immortaldir "
      "gitlab-runner buildkite-agent jenkins-agent google-startup-scripts ecs-init walinuxagent amazon-ssm-agent nomad getty "
      "console-getty container-getty serial-getty login display-manager lightdm gdm";
  if (has_word(names, unit)) return true;
  constexpr std::array<std::string_view, 8> beginnings = {"pm2-", "ssh@", "sshd@", "user@", "getty@", "serial-getty@", "actions.runner.", "startup-script"};
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view one) { return unit.starts_with(one); });
}

// Empty when the unit names no service of its own: what starts other people's programs is only the parent of others.
std::string unit_name(std::string_view component) {
  component.remove_suffix(kService.size());
  if (is_made_up(component) || starts_others(component)) return {};
  const size_t at = component.find('@');
  // "worker@3" is one of the service "worker"; "postgresql@15-main" is a service by itself.
  if (at != std::string_view::npos && (at + 1 == component.size() || is_number(component.substr(at + 1))))
    component = component.substr(0, at);
  std::string name = unescape_unit(component);
  return starts_others(name) ? std::string() : name;
}

// A container below its engine's unit is no part of the engine.
bool is_engine(std::string_view unit) {
  return unit == "docker" || unit == "containerd" || unit == "crio" || unit == "podman" || unit == "kubelet";
}

}  // namespace

CgroupIdentity identify_cgroup(std::string_view path) {
  CgroupIdentity identity;
  std::string_view parent;
  while (!path.empty()) {
    const std::string_view component = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), component.size() + 1));
    if (component.empty()) continue;
    identity.kubernetes = identity.kubernetes || is_kubernetes(component);
    if (const std::string_view id = container_id_of(component, parent); !id.empty()) {
      identity.container_ids.insert(identity.container_ids.begin(), std::string(id));
      if (identity.container_ids.size() > kMaxNested) identity.container_ids.pop_back();
      if (is_engine(identity.unit)) identity.unit.clear();
    } else if (component.size() > kService.size() && component.ends_with(kService)) {
      if (std::string unit = unit_name(component); !unit.empty()) identity.unit = std::move(unit);
    }
    parent = component;
  }
  return identity;
}

CgroupIdentity identify_cgroup(const std::vector<std::string_view>& paths) {
  CgroupIdentity all;
  for (const std::string_view path : paths) {
    CgroupIdentity one = identify_cgroup(path);
    if (all.container_ids.empty()) all.container_ids = std::move(one.container_ids);
    if (all.unit.empty()) all.unit = std::move(one.unit);
    all.kubernetes = all.kubernetes || one.kubernetes;
  }
  return all;
}

std::vector<std::string_view> cgroup_paths(std::string_view text) {
  std::vector<std::string_view> paths;
  size_t first_others = 0;  // [unified, systemd's, others...]
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string_view path = line.substr(second + 1);
    constexpr std::string_view deleted = " (deleted)";
    if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
    if (line.starts_with("0::")) {
      paths.insert(paths.begin(), path);
      ++first_others;
    } else if (controllers == "name=systemd") {
      paths.insert(paths.begin() + static_cast<ptrdiff_t>(first_others), path);
      ++first_others;
    } else {
      paths.push_back(path);
    }
  }
  return paths;
}

std::string_view unified_cgroup_path(std::string_view text) {
  size_t at = text.starts_with("0::") ? 0 : text.find("\n0::");
  if (at == std::string_view::npos) return {};
  at = text.find("0::", at) + 3;
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace sockwatch
