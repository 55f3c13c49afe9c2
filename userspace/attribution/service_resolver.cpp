#include "attribution/service_resolver.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/cgroup_path.h"
#include "attribution/command_line.h"
#include "attribution/docker_client.h"
#include "attribution/proc_reader.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxProcesses = 65536;
constexpr size_t kMaxName = 128;
constexpr size_t kSweepBatch = 512;                    // processes looked at in one sweep
constexpr uint64_t kCheckNs = 100'000'000;             // a known pid is compared with its process at most once in so long
constexpr uint64_t kCgroupWalkNs = 1'000'000'000;      // the cgroup tree is walked at most once in so long
constexpr size_t kMaxCgroups = 65536;

// Valid in a label: no control characters, no bytes beyond ASCII that are not part of UTF-8 text, not too long.
std::string clean(std::string_view name) {
  std::string out;
  for (char c : name.substr(0, kMaxName)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '_' : c;
  // A multi-byte character that was cut, or bytes that are none, become one mark each.
  for (size_t i = 0; i < out.size();) {
    const auto c = static_cast<unsigned char>(out[i]);
    const size_t length = c < 0x80 ? 1 : c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
    bool valid = length > 0 && i + length <= out.size();
    for (size_t k = 1; valid && k < length; ++k) valid = (static_cast<unsigned char>(out[i + k]) & 0xc0) == 0x80;
    if (!valid) out[i] = '_';
    i += valid ? length : 1;
  }
  return out;
}

bool glob_matches(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

}  // namespace

struct ServiceResolver::Impl {
  struct Process {
    uint64_t start_time = 0;
    ServiceId service = kUnknown;
    std::string comm;
    uint64_t checked_ns = 0;  ///< when its start time was last compared
  };
  struct Service {
    std::string name;
    uint32_t processes = 0;
    uint64_t gone_since_ns = 0;
  };
  // Everything that a rule or a guess may look at.
  struct Facts {
    std::string executable;
    std::vector<std::string> arguments;
    CgroupIdentity cgroup;
    std::string cgroup_path;
    const ContainerInfo* container = nullptr;
  };

  Impl(const AttributionConfig& attribution, std::string procfs, std::string cgroup_root, uint32_t services_limit)
      : config(attribution),
        proc(std::move(procfs)),
        cgroupfs(std::move(cgroup_root)),
        docker(attribution.docker_socket.empty()
                   ? std::vector<std::string>{}
                   : std::vector<std::string>{attribution.docker_socket, "/run/podman/podman.sock"}),
        max_services(services_limit),
        rules_have_ports(std::any_of(config.rules.begin(), config.rules.end(),
                                     [](const ServiceRule& rule) { return !rule.ports.empty(); })) {
    intern("unknown");
    intern("_overflow");
  }

  ServiceId intern(std::string_view name) {
    const std::string key = clean(name);
    if (const auto it = ids.find(key); it != ids.end()) return it->second;
    if (services.size() >= static_cast<size_t>(max_services) + 2) return kOverflow;
    services.push_back({.name = key});
    return ids[key] = static_cast<ServiceId>(services.size() - 1);
  }

  Facts gather(uint32_t pid) {
    Facts facts;
    facts.executable = proc.executable(pid);
    facts.arguments = proc.arguments(pid);
    facts.cgroup_path = proc.cgroup(pid);
    facts.cgroup = identify_cgroup_file(facts.cgroup_path);
    if (!facts.cgroup.container_id.empty()) facts.container = docker.inspect(facts.cgroup.container_id);
    return facts;
  }

  bool rule_matches(const ServiceRule& rule, const Facts& facts, uint16_t port) const;
  ServiceId name_process(const ProcessHint& process, uint16_t port);
  std::string name_by_cgroup(const CgroupIdentity& cgroup, const ContainerInfo* container) const;
  std::string cgroup_path_of(uint64_t id);
  void remember(uint32_t tgid, Process process);
  void forget(std::unordered_map<uint32_t, Process>::iterator it);

  AttributionConfig config;
  ProcReader proc;
  std::string cgroupfs;
  DockerClient docker;
  uint32_t max_services;
  bool rules_have_ports;
  std::vector<Service> services;
  std::unordered_map<std::string, ServiceId> ids;
  std::unordered_map<uint32_t, Process> processes;
  std::vector<uint32_t> to_sweep;
  std::unordered_map<uint64_t, std::string> cgroups;  ///< by inode of cgroup v2
  uint64_t walked_ns = 0;
};

bool ServiceResolver::Impl::rule_matches(const ServiceRule& rule, const Facts& facts, uint16_t port) const {
  auto matches = [](const std::string& pattern, const std::string& text) {
    return pattern.empty() || glob_matches(pattern, text);
  };
  std::string command;
  for (const std::string& argument : facts.arguments) command += (command.empty() ? "" : " ") + argument;
  if (!matches(rule.exe, facts.executable) || !matches(rule.args, command)) return false;
  if (!rule.unit.empty() && !glob_matches(rule.unit, facts.cgroup.unit) &&
      !glob_matches(rule.unit, facts.cgroup.unit + ".service"))
    return false;
  if (!rule.cgroup.empty()) {
    bool any = false;
    std::string_view rest = facts.cgroup_path;
    while (!rest.empty() && !any) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest = line.size() < rest.size() ? rest.substr(line.size() + 1) : std::string_view();
      any = glob_matches(rule.cgroup, std::string(line.substr(line.find(':', line.find(':') + 1) + 1)));
    }
    if (!any) return false;
  }
  if (!rule.container_name.empty() || !rule.container_image.empty() || !rule.container_label.empty()) {
    if (facts.container == nullptr) return false;
    if (!matches(rule.container_name, facts.container->name) || !matches(rule.container_image, facts.container->image))
      return false;
    if (!rule.container_label.empty()) {
      const size_t equals = rule.container_label.find('=');
      const auto label = facts.container->labels.find(rule.container_label.substr(0, equals));
      if (label == facts.container->labels.end()) return false;
      if (equals != std::string::npos && !glob_matches(rule.container_label.substr(equals + 1), label->second))
        return false;
    }
  }
  return rule.ports.empty() || std::find(rule.ports.begin(), rule.ports.end(), port) != rule.ports.end();
}

std::string ServiceResolver::Impl::name_by_cgroup(const CgroupIdentity& cgroup, const ContainerInfo* container) const {
  if (!cgroup.container_id.empty()) {
    if (container != nullptr) {
      const auto label = container->labels.find("io.kubernetes.container.name");
      return label != container->labels.end() ? label->second : container->name;
    }
    return cgroup.container_id.substr(0, 12);
  }
  return cgroup.unit;
}

ServiceId ServiceResolver::Impl::name_process(const ProcessHint& process, uint16_t port) {
  const Facts facts = gather(process.tgid);
  for (const ServiceRule& rule : config.rules)
    if (rule_matches(rule, facts, port)) return intern(rule.service);
  if (const std::string name = proc.environment(process.tgid, config.service_env); !name.empty()) return intern(name);
  if (const std::string name = name_by_cgroup(facts.cgroup, facts.container); !name.empty()) return intern(name);
  if (facts.executable.empty() && facts.arguments.empty()) {
    // Gone already: its cgroup and its command name travelled with the event.
    const CgroupIdentity cgroup = identify_cgroup_path(cgroup_path_of(process.cgroup_id));
    const ContainerInfo* container = cgroup.container_id.empty() ? nullptr : docker.inspect(cgroup.container_id);
    if (const std::string name = name_by_cgroup(cgroup, container); !name.empty()) return intern(name);
    return process.comm.empty() ? kUnknown : intern(process.comm);
  }
  const std::string_view executable = base_name(facts.executable);
  if (const std::string name = script_name(executable, facts.arguments); !name.empty()) return intern(name);
  return intern(executable.empty() ? process.comm : executable);
}

// cgroup v2's id is the inode of its directory.
std::string ServiceResolver::Impl::cgroup_path_of(uint64_t id) {
  if (id == 0) return {};
  if (const auto it = cgroups.find(id); it != cgroups.end()) return it->second;
  const uint64_t now_ns = monotonic_ns();
  if (walked_ns != 0 && now_ns < walked_ns + kCgroupWalkNs) return {};
  walked_ns = now_ns;
  cgroups.clear();
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path root = fs::exists(cgroupfs + "/unified/cgroup.procs", error) ? cgroupfs + "/unified" : cgroupfs;
  for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
       it != end && !error && cgroups.size() < kMaxCgroups; it.increment(error)) {
    struct stat status {};
    if (!it->is_directory(error) || stat(it->path().c_str(), &status) != 0) continue;
    cgroups[status.st_ino] = it->path().string().substr(root.string().size());
  }
  const auto it = cgroups.find(id);
  return it == cgroups.end() ? std::string() : it->second;
}

void ServiceResolver::Impl::remember(uint32_t tgid, Process process) {
  if (processes.size() >= kMaxProcesses) forget(processes.begin());
  if (const auto it = processes.find(tgid); it != processes.end()) forget(it);
  Service& service = services[process.service];
  ++service.processes;
  service.gone_since_ns = 0;
  processes.emplace(tgid, std::move(process));
}

void ServiceResolver::Impl::forget(std::unordered_map<uint32_t, Process>::iterator it) {
  Service& service = services[it->second.service];
  if (--service.processes == 0) service.gone_since_ns = monotonic_ns();
  processes.erase(it);
}

ServiceResolver::ServiceResolver(const AttributionConfig& config, std::string procfs, std::string cgroupfs,
                                 uint32_t max_services)
    : impl_(std::make_unique<Impl>(config, std::move(procfs), std::move(cgroupfs), max_services)) {}
ServiceResolver::~ServiceResolver() = default;

ServiceId ServiceResolver::resolve(const ProcessHint& process, uint16_t listen_port) {
  if (process.tgid == 0) return process.comm.empty() ? kUnknown : impl_->intern(process.comm);
  const auto it = impl_->processes.find(process.tgid);
  const bool same_program =
      it != impl_->processes.end() && (process.comm.empty() || it->second.comm == process.comm);
  if (same_program && !impl_->rules_have_ports) {
    // A pid that was used again shows in its start time.
    const uint64_t now_ns = monotonic_ns();
    if (now_ns < it->second.checked_ns + kCheckNs) return it->second.service;
    it->second.checked_ns = now_ns;
    const auto start = impl_->proc.start_time(process.tgid);
    if (!start || *start == it->second.start_time) return it->second.service;
  }
  const ServiceId service = impl_->name_process(process, listen_port);
  impl_->remember(process.tgid, {.start_time = impl_->proc.start_time(process.tgid).value_or(0),
                                 .service = service,
                                 .comm = std::string(process.comm),
                                 .checked_ns = monotonic_ns()});
  return service;
}

ServiceId ServiceResolver::intern(std::string_view name) { return impl_->intern(name); }
std::string_view ServiceResolver::name(ServiceId service) const { return impl_->services[service].name; }
uint32_t ServiceResolver::count() const { return static_cast<uint32_t>(impl_->services.size()); }

void ServiceResolver::sweep(uint64_t) {
  if (impl_->to_sweep.empty())
    for (const auto& [tgid, process] : impl_->processes) impl_->to_sweep.push_back(tgid);
  for (size_t n = 0; n < kSweepBatch && !impl_->to_sweep.empty(); ++n) {
    const auto it = impl_->processes.find(impl_->to_sweep.back());
    impl_->to_sweep.pop_back();
    if (it == impl_->processes.end()) continue;
    const auto start = impl_->proc.start_time(it->first);
    if (!start || *start != it->second.start_time) impl_->forget(it);
  }
}

uint64_t ServiceResolver::gone_since_ns(ServiceId service) const { return impl_->services[service].gone_since_ns; }

}  // namespace sockwatch
