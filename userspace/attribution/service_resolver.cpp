#include "attribution/service_resolver.h"

#include <algorithm>

#include "attribution/cgroup_index.h"
#include "attribution/container_directory.h"
#include "attribution/listener_search.h"
#include "attribution/proc_reader.h"
#include "attribution/process_facts.h"
#include "attribution/process_table.h"
#include "attribution/program_name.h"
#include "attribution/rule_match.h"
#include "attribution/service_name.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr uint64_t kCheckNs = 100'000'000;  // a known pid is compared with its process at most so often
constexpr uint64_t kOtherCommCheckNs = 1'000'000;  // and so often when its command name is not the one known
constexpr uint64_t kRecentNs = 1'000'000'000;      // a pid is not used again within so long
constexpr uint64_t kRetryNs = 30'000'000'000;      // a container's name is asked for again after so long
constexpr int kNamingTries = 3;
constexpr const char* kPodmanSocket = "/run/podman/podman.sock";

std::vector<std::string> engine_sockets(const AttributionConfig& config) {
  if (config.docker_socket.empty()) return {};
  return {config.docker_socket, kPodmanSocket};
}

std::vector<std::string> wanted_labels(const AttributionConfig& config) {
  std::vector<std::string> labels = {kKubernetesNameLabel};
  for (const ServiceRule& rule : config.rules)
    if (!rule.container_label.empty())
      labels.push_back(rule.container_label.substr(0, rule.container_label.find('=')));
  return labels;
}

std::vector<uint16_t> ports_of_rules(const AttributionConfig& config) {
  std::vector<uint16_t> ports;
  for (const ServiceRule& rule : config.rules)
    ports.insert(ports.end(), rule.ports.begin(), rule.ports.end());
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

bool is_name(std::string_view text) { return !clean_service_name(text).empty(); }

}  // namespace

struct ServiceResolver::Impl {
  struct Naming {
    ServiceId service = kUnknown;
    bool settled = true;  ///< false: a container engine may still tell more
  };

  Impl(const AttributionConfig& attribution, std::string procfs, const std::string& cgroupfs,
       uint32_t max_services)
      : config(attribution),
        rule_ports(ports_of_rules(attribution)),
        proc(std::move(procfs)),
        containers(engine_sockets(attribution), wanted_labels(attribution)),
        cgroups(cgroupfs),
        listeners(proc, cgroups),
        services(max_services),
        processes(proc, services, kMaxProcesses) {}

  ServiceId resolve(const ProcessHint& hint, uint16_t listen_port, bool look_for_server);
  bool still_known(KnownProcess& process, const ProcessHint& hint, uint64_t now_ns);
  std::pair<std::optional<ProcessIdentity>, Naming> name_image(const ProcessHint& hint, uint16_t listen_port,
                                                               bool look_for_server);
  Naming name_process(const ProcessHint& hint, uint16_t listen_port, bool look_for_server);
  std::string find_name(const ProcessHint& hint, uint16_t listen_port, ProcessFacts& facts);

  void rename(const AttributionConfig& fresh);

  AttributionConfig config;
  std::vector<uint16_t> rule_ports;  ///< sorted
  ProcReader proc;
  ContainerDirectory containers;
  CgroupIndex cgroups;
  ListenerSearch listeners;
  ServiceTable services;
  ProcessTable processes;
};

ServiceId ServiceResolver::Impl::resolve(const ProcessHint& hint, uint16_t listen_port,
                                         bool look_for_server) {
  if (hint.tgid == 0) return services.intern(hint.comm);
  const uint64_t now_ns = monotonic_ns();
  const bool port_matters = std::binary_search(rule_ports.begin(), rule_ports.end(), listen_port);
  const uint16_t port = port_matters ? listen_port : 0;
  KnownProcess* process = processes.find(hint.tgid);
  if (process != nullptr && !still_known(*process, hint, now_ns)) process = nullptr;
  if (process != nullptr)
    for (const auto& [of_port, service] : process->services)
      if (of_port == port) return service;

  const uint64_t revision = containers.revision();  // before the question, so that no answer is missed
  const auto [identity, naming] = name_image(hint, listen_port, look_for_server);
  process = process != nullptr ? processes.find(hint.tgid) : nullptr;  // naming may have changed the table
  if (process == nullptr)
    process = &processes.insert(hint.tgid,
                                {.identity = identity,
                                 .comm = std::string(hint.comm),
                                 .checked_ns = now_ns,
                                 .alive_ns = now_ns,
                                 .retry_ns = 0,
                                 .revision = revision,
                                 .services = {}},
                                now_ns);
  if (!naming.settled) process->retry_ns = now_ns + kRetryNs;
  processes.add_service(*process, port, naming.service);
  return naming.service;
}

void ServiceResolver::Impl::rename(const AttributionConfig& fresh) {
  config.rules = fresh.rules;
  config.service_env = fresh.service_env;
  rule_ports = ports_of_rules(config);
  containers.want(wanted_labels(config));
  for (const auto& [pid, process] : processes.take_all(monotonic_ns())) {
    const std::optional<ProcessIdentity> now = proc.identity(pid);
    if (!now || !process.identity || !now->same_as(*process.identity)) continue;
    for (const auto& [port, service] : process.services)
      resolve({.tgid = pid, .cgroup_id = 0, .comm = process.comm}, port, true);
  }
}

bool ServiceResolver::Impl::still_known(KnownProcess& process, const ProcessHint& hint, uint64_t now_ns) {
  if (process.retry_ns != 0 && (now_ns >= process.retry_ns || containers.revision() != process.revision))
    return false;
  const bool same_comm = hint.comm.empty() || hint.comm == process.comm;
  if (now_ns < process.checked_ns + (same_comm ? kCheckNs : kOtherCommCheckNs)) return true;
  process.checked_ns = now_ns;
  const std::optional<ProcessIdentity> identity = proc.identity(hint.tgid);
  if (!identity) return same_comm || (process.identity && now_ns < process.alive_ns + kRecentNs);
  if (!process.identity || !process.identity->same_as(*identity)) return false;
  if (identity->image == 0 && !same_comm) return false;  // it may have executed another program
  process.alive_ns = now_ns;
  if (!hint.comm.empty()) process.comm = hint.comm;  // a process may change its name
  return true;
}

// The name and of what program it is: one may be executed while we look.
std::pair<std::optional<ProcessIdentity>, ServiceResolver::Impl::Naming> ServiceResolver::Impl::name_image(
    const ProcessHint& hint, uint16_t listen_port, bool look_for_server) {
  std::optional<ProcessIdentity> identity = proc.identity(hint.tgid);
  for (int tries = 1;; ++tries) {
    const Naming naming = name_process(hint, listen_port, look_for_server);
    const std::optional<ProcessIdentity> after = proc.identity(hint.tgid);
    if (tries == kNamingTries || !after || identity == after) return {identity, naming};
    identity = after;
  }
}

ServiceResolver::Impl::Naming ServiceResolver::Impl::name_process(const ProcessHint& hint,
                                                                  uint16_t listen_port,
                                                                  bool look_for_server) {
  ProcessFacts facts(proc, containers, hint.tgid);
  if (facts.gone() && listen_port != 0 && look_for_server) {
    const uint32_t server = listeners.find(hint.comm, listen_port, hint.cgroup_id);
    if (server != 0 && proc.identity(server))
      return {.service = resolve({.tgid = server, .cgroup_id = hint.cgroup_id, .comm = hint.comm},
                                 listen_port, false)};
  }
  if (facts.gone() || facts.cgroups().empty()) {
    facts.assume_cgroup(cgroups.path(hint.cgroup_id));
  } else if (const std::string_view path = facts.unified_cgroup();
             path.find("/..") == std::string_view::npos) {
    cgroups.learn(hint.cgroup_id, path);
  }
  const std::string name = find_name(hint, listen_port, facts);
  return {.service = services.intern(name), .settled = facts.settled()};
}

// The first that tells, in the order of docs/attribution.md.
std::string ServiceResolver::Impl::find_name(const ProcessHint& hint, uint16_t listen_port,
                                             ProcessFacts& facts) {
  for (const ServiceRule& rule : config.rules)
    if (rule_matches(rule, facts, listen_port)) return rule.service;
  if (std::string name = proc.environment(hint.tgid, config.service_env); is_name(name)) return name;
  if (is_name(facts.container_name())) return facts.container_name();
  if (is_name(facts.cgroup().unit)) return facts.cgroup().unit;
  if (const std::string_view id = facts.short_container_id(); !id.empty()) return std::string(id);
  if (std::string name = program_name(facts.executable(), facts.arguments()); is_name(name)) return name;
  // As it is called now, if that can still be read.
  std::string comm = facts.gone() ? std::string() : proc.comm(hint.tgid);
  return is_name(comm) ? comm : std::string(hint.comm);
}

ServiceResolver::ServiceResolver(const AttributionConfig& config, std::string procfs, const std::string& cgroupfs,
                                 uint32_t max_services)
    : impl_(std::make_unique<Impl>(config, std::move(procfs), cgroupfs, max_services)) {}
ServiceResolver::~ServiceResolver() = default;

ServiceId ServiceResolver::resolve(const ProcessHint& process, uint16_t listen_port) {
  return impl_->resolve(process, listen_port, true);
}
ServiceId ServiceResolver::intern(std::string_view name) { return impl_->services.intern(name); }
void ServiceResolver::rename(const AttributionConfig& config) { impl_->rename(config); }
std::string_view ServiceResolver::cgroup(uint64_t id) { return impl_->cgroups.path(id); }
std::string_view ServiceResolver::name(ServiceId service) const { return impl_->services.name(service); }
uint32_t ServiceResolver::count() const { return impl_->services.count(); }
void ServiceResolver::sweep(uint64_t now_ns) { impl_->processes.sweep(kSweepBatch, now_ns); }
uint64_t ServiceResolver::gone_since_ns(ServiceId service) const {
  return impl_->services.gone_since_ns(service);
}

void ServiceResolver::release(ServiceId service) { impl_->services.release(service); }

std::vector<std::pair<std::string, uint64_t>> ServiceResolver::limits_hit() const {
  const ContainerDirectory::Counters containers = impl_->containers.counters();
  return {{"services", impl_->services.overflowed()},   {"name_length", impl_->services.shortened()},
          {"processes", impl_->processes.evicted()},    {"proc_file_size", impl_->proc.truncated()},
          {"containers", containers.evicted},           {"container_answer", containers.unanswered},
          {"cgroups", impl_->cgroups.dropped()},        {"cgroup_walk", impl_->cgroups.skipped_walks()},
          {"server_search", impl_->listeners.skipped()}};
}

}  // namespace sockwatch
