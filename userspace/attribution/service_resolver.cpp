#include "attribution/service_resolver.h"

#include <algorithm>
#include <utility>

#include "attribution/cgroup_index.h"
#include "attribution/compose_names.h"
#include "attribution/container_directory.h"
#include "attribution/engine_questions.h"
#include "attribution/namer.h"
#include "attribution/proc_reader.h"
#include "attribution/process_facts.h"
#include "attribution/process_table.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr uint64_t kCheckNs = 100'000'000;  // a known pid is compared with its process at most so often
constexpr uint64_t kOtherCommCheckNs = 1'000'000;  // and so often when its command name is not the one known
constexpr uint64_t kRecentNs = 1'000'000'000;      // a pid is not used again within so long
constexpr uint64_t kRetryNs = 30'000'000'000;      // a container's name is asked for again after so long
constexpr int kNamingTries = 3;
constexpr int kMaxOthers = 8;  // processes that have their names from one another: a chain of forks
std::vector<uint16_t> ports_of_rules(const AttributionConfig& config) {
  std::vector<uint16_t> ports;
  for (const ServiceRule& rule : config.rules)
    ports.insert(ports.end(), rule.ports.begin(), rule.ports.end());
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

}  // namespace

struct ServiceResolver::Impl {
  Impl(const AttributionConfig& attribution, std::string procfs, const std::string& cgroupfs,
       uint32_t max_services)
      : config(attribution),
        rule_ports(ports_of_rules(attribution)),
        proc(std::move(procfs)),
        namer(config, proc),
        containers(engine_sockets(attribution), wanted_labels(attribution)),
        cgroups(cgroupfs),
        services(max_services),
        processes(proc, services, kMaxProcesses) {}

  KnownName resolve(const ProcessHint& hint, uint16_t listen_port, int others);
  bool still_known(KnownProcess& process, const ProcessHint& hint, uint64_t now_ns);
  std::pair<std::optional<ProcessIdentity>, Naming> name_image(const ProcessHint& hint, uint16_t listen_port, int others);
  Naming name_process(const ProcessHint& hint, uint16_t listen_port, int others);
  Naming name_of_other(uint32_t pid, const ProcessHint& asking, uint16_t listen_port, int others);

  void rename(const AttributionConfig& fresh);
  void take_contested(uint64_t now_ns);
  void ask_again(ServiceId service, uint64_t now_ns);

  AttributionConfig config;
  std::vector<uint16_t> rule_ports;  ///< sorted
  ProcReader proc;
  Namer namer;
  ContainerDirectory containers;
  ComposeNames compose;
  std::vector<ServiceId> renamed;  ///< to be told
  bool released = false;           ///< a name's room, since the last sweep
  uint64_t refused_seen = 0;
  CgroupIndex cgroups;
  ServiceTable services;
  ProcessTable processes;
};

// `others` processes may have their names from one another.
KnownName ServiceResolver::Impl::resolve(const ProcessHint& hint, uint16_t listen_port, int others) {
  if (hint.tgid == 0)
    return {.port = 0, .service = services.intern(hint.comm), .source = NameSource::command, .user = {}};
  const uint64_t now_ns = monotonic_ns();
  const bool port_matters = std::binary_search(rule_ports.begin(), rule_ports.end(), listen_port);
  const uint16_t port = port_matters ? listen_port : 0;
  KnownProcess* process = processes.find(hint.tgid);
  if (process != nullptr && !still_known(*process, hint, now_ns)) process = nullptr;
  if (process != nullptr)
    for (const KnownName& name : process->services)
      if (name.port == port) return name;

  ProcessHint asked = hint;
  const ToldProcess told = process != nullptr ? process->told : ToldProcess();  // naming may change the table
  if (asked.service.empty()) asked.service = told.service;
  if (asked.parent == 0 && !asked.forked) {
    asked.parent = told.parent;
    asked.forked = told.forked;
  }
  if (!asked.user) asked.user = told.user;
  const uint64_t revision = containers.revision();  // before the question, so that no answer is missed
  const auto [identity, naming] = name_image(asked, listen_port, others);
  take_contested(now_ns);
  process = process != nullptr ? processes.find(hint.tgid) : nullptr;  // naming may have changed the table
  if (process == nullptr)
    process = &processes.insert(hint.tgid,
                                {.identity = identity,
                                 .comm = std::string(hint.comm),
                                 .checked_ns = now_ns,
                                 .alive_ns = now_ns,
                                 .retry_ns = 0,
                                 .revision = revision,
                                 .told = {.parent = hint.parent,
                                          .forked = hint.forked,
                                          .user = hint.user,
                                          .service = std::string(hint.service)},
                                 .services = {}},
                                now_ns);
  if (!naming.settled) process->retry_ns = now_ns + kRetryNs;
  const KnownName known{.port = port,
                        .service = services.intern(naming.name, naming.user),
                        .source = naming.source,
                        .user = naming.user};
  processes.add_service(*process, known);
  return known;
}

void ServiceResolver::Impl::rename(const AttributionConfig& fresh) {
  const bool same_variables = fresh.service_env == config.service_env;
  config.rules = fresh.rules;
  config.service_env = fresh.service_env;
  rule_ports = ports_of_rules(config);
  containers.want(wanted_labels(config));
  for (const auto& [pid, process] : processes.take_all(monotonic_ns())) {
    const std::optional<ProcessIdentity> now = proc.identity(pid);
    if (!now || !process.identity || !now->same_as(*process.identity)) continue;
    const ProcessHint hint{.tgid = pid,
                           .cgroup_id = 0,
                           .comm = process.comm,
                           .parent = process.told.parent,
                           .forked = process.told.forked,
                           .user = process.told.user,
                           .service = same_variables ? std::string_view(process.told.service) : std::string_view()};
    for (const KnownName& name : process.services) resolve(hint, name.port, kMaxOthers);
  }
}

// Two projects have a service of one name: from now on both names hold the project, also of processes that are known.
void ServiceResolver::Impl::take_contested(uint64_t now_ns) {
  for (const std::string& name : compose.take_contested()) {
    ask_again(services.intern(name), now_ns);
  }
}

void ServiceResolver::Impl::ask_again(ServiceId service, uint64_t now_ns) {
  processes.forget_service(service, now_ns);
  renamed.push_back(service);
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
std::pair<std::optional<ProcessIdentity>, Naming> ServiceResolver::Impl::name_image(const ProcessHint& hint,
                                                                                    uint16_t listen_port, int others) {
  std::optional<ProcessIdentity> identity = proc.identity(hint.tgid);
  for (int tries = 1;; ++tries) {
    Naming naming = name_process(hint, listen_port, others);
    const std::optional<ProcessIdentity> after = proc.identity(hint.tgid);
    if (tries == kNamingTries || !after || identity == after) return {identity, std::move(naming)};
    identity = after;
  }
}

Naming ServiceResolver::Impl::name_process(const ProcessHint& hint, uint16_t listen_port, int others) {
  ProcessFacts facts(proc, containers, compose, hint);
  if (facts.gone() || facts.cgroups().empty()) {
    facts.assume_cgroup(cgroups.path(hint.cgroup_id));
  } else if (const std::string_view path = facts.unified_cgroup();
             path.find("/..") == std::string_view::npos) {
    cgroups.learn(hint.cgroup_id, path);
  }
  return namer.name(facts, hint, listen_port,
                    [&](uint32_t pid) { return name_of_other(pid, hint, listen_port, others); });
}

// What is known of the other process is used again: a server with a child for each connection is looked at once.
Naming ServiceResolver::Impl::name_of_other(uint32_t pid, const ProcessHint& asking, uint16_t listen_port, int others) {
  if (others == 0) return {};
  ProcessHint hint{.tgid = pid, .cgroup_id = asking.cgroup_id, .comm = {}};
  if (const KnownProcess* known = processes.find(pid)) hint.comm = known->comm;
  const std::string comm(hint.comm.empty() ? asking.comm : hint.comm);  // the table may change
  hint.comm = comm;
  const KnownName known = resolve(hint, listen_port, others - 1);
  const KnownProcess* process = processes.find(pid);
  return {.name = std::string(services.name(known.service)),
          .source = known.source,
          .user = known.user,
          .settled = process == nullptr || process->retry_ns == 0};
}

ServiceResolver::ServiceResolver(const AttributionConfig& config, std::string procfs, const std::string& cgroupfs,
                                 uint32_t max_services)
    : impl_(std::make_unique<Impl>(config, std::move(procfs), cgroupfs, max_services)) {}
ServiceResolver::~ServiceResolver() = default;

ServiceId ServiceResolver::resolve(const ProcessHint& process, uint16_t listen_port) {
  return impl_->resolve(process, listen_port, kMaxOthers).service;
}
ServiceId ServiceResolver::intern(std::string_view name) { return impl_->services.intern(name); }
std::vector<ServiceId> ServiceResolver::take_renamed() { return std::exchange(impl_->renamed, {}); }
size_t ServiceResolver::users(ServiceId service) const { return impl_->services.users(service); }
void ServiceResolver::rename(const AttributionConfig& config) { impl_->rename(config); }
std::string_view ServiceResolver::cgroup(uint64_t id) { return impl_->cgroups.path(id); }
std::string_view ServiceResolver::name(ServiceId service) const { return impl_->services.name(service); }
uint32_t ServiceResolver::count() const { return impl_->services.count(); }
void ServiceResolver::sweep(uint64_t now_ns) {
  impl_->processes.sweep(kSweepBatch, now_ns);
  if (std::exchange(impl_->released, false)) impl_->ask_again(kOverflow, now_ns);
}
uint64_t ServiceResolver::gone_since_ns(ServiceId service) const {
  return impl_->services.gone_since_ns(service);
}

uint64_t ServiceResolver::take_refused() {
  return impl_->services.overflowed() - std::exchange(impl_->refused_seen, impl_->services.overflowed());
}

void ServiceResolver::release(ServiceId service) {
  impl_->services.release(service);
  impl_->released = true;
}

std::vector<std::pair<std::string, uint64_t>> ServiceResolver::limits_hit() const {
  const ContainerDirectory::Counters containers = impl_->containers.counters();
  return {{"services", impl_->services.overflowed()},   {"name_length", impl_->services.shortened()},
          {"processes", impl_->processes.evicted()},    {"proc_file_size", impl_->proc.truncated()},
          {"containers", containers.evicted},           {"container_answer", containers.unanswered},
          {"cgroups", impl_->cgroups.dropped()},        {"cgroup_walk", impl_->cgroups.skipped_walks()}};
}

}  // namespace sockwatch
