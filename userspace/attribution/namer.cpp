#include "attribution/namer.h"

#include <utility>

#include "attribution/program_name.h"
#include "attribution/rule_match.h"
#include "attribution/service_name.h"

namespace sockwatch {
namespace {

bool is_name(std::string_view text) { return !clean_service_name(text).empty(); }

// Asks the sources in their order; the first that tells a name ends it.
class Search {
 public:
  Search(const AttributionConfig& config, const ProcReader& proc, ProcessFacts& facts, const ProcessHint& hint,
         const Namer::Ask& ask, NamingTrace* trace)
      : config_(config), proc_(proc), facts_(facts), hint_(hint), ask_(ask), trace_(trace) {}

  Naming run(uint16_t listen_port) {
    static_cast<void>(by_rule(listen_port) || by_environment() || by_origin() || by_container() || by_unit() ||
                      by_container_id() || by_program() || by_command());
    found_.settled = found_.settled && facts_.settled();
    if (!found_.user) found_.user = facts_.user();
    return std::move(found_);
  }

 private:
  bool named(NameSource source, std::string name, std::string_view how) {
    if (!is_name(name)) return passed_over(source, how);
    if (trace_ != nullptr) trace_->push_back({facts_.pid(), source, true, std::string(how)});
    found_.name = std::move(name);
    found_.source = source;
    return true;
  }
  bool passed_over(NameSource source, std::string_view why) {
    if (trace_ != nullptr) trace_->push_back({facts_.pid(), source, false, std::string(why)});
    return false;
  }

  bool by_rule(uint16_t listen_port) {
    for (size_t i = 0; i < config_.rules.size(); ++i)
      if (rule_matches(config_.rules[i], facts_, listen_port))
        return named(NameSource::rule, config_.rules[i].service, "rule " + std::to_string(i + 1) + " of the configuration");
    return passed_over(NameSource::rule, config_.rules.empty() ? "the configuration has none" : "none of the configuration matches");
  }

  bool by_environment() {
    if (is_name(hint_.service))
      return named(NameSource::environment, std::string(hint_.service), "the environment that its program was executed with");
    if (auto [variable, name] = proc_.environment(facts_.pid(), config_.service_env); is_name(name))
      return named(NameSource::environment, std::move(name), variable);
    return passed_over(NameSource::environment, "no variable that names a service is set, or a title was written over them");
  }

  // What this process is since another one is: that one's rules and environment are its own.
  bool by_origin() {
    uint32_t origin = facts_.forked_from();
    std::string_view relation = "it was forked from";
    if (origin == 0 && !facts_.gone() && runs_code(program({})) && facts_.parent() != 0 &&
        proc_.executable(facts_.parent()) == facts_.executable()) {
      origin = facts_.parent();
      relation = "it runs code of the command line, started by";
    }
    if (origin == 0) return false;
    origin_ = ask_(origin);
    from_ = std::string(relation) + " process " + std::to_string(origin);
    found_.user = origin_.user;
    found_.settled = origin_.settled;
    if (origin_.source > NameSource::environment) return false;
    return named(origin_.source, origin_.name, from_);
  }

  bool by_container() {
    if (!facts_.in_container()) return passed_over(NameSource::container, "it is in none");
    if (is_name(facts_.container_name())) return named(NameSource::container, facts_.container_name(), "the name of its container");
    return passed_over(NameSource::container, "nobody knows the name of its container");
  }

  bool by_unit() {
    const CgroupIdentity& cgroup = facts_.cgroup();
    if (is_name(cgroup.unit)) return named(NameSource::unit, cgroup.unit, "its systemd unit");
    return passed_over(NameSource::unit, "it is in none that names it");
  }

  bool by_container_id() {
    const std::string_view id = facts_.short_container_id();
    return !id.empty() && named(NameSource::container_id, std::string(id), "the id of its container");
  }

  bool by_program() {
    if (std::string name = what_it_runs(program({})); is_name(name))
      return named(NameSource::program, std::move(name), "what it runs, by its arguments");
    passed_over(NameSource::program, "its arguments tell nothing that it runs");
    if (origin_.source == NameSource::program) return named(NameSource::program, origin_.name, from_);
    const std::string link = facts_.called_by();
    return named(NameSource::program, executable_name(program(link)), "its executable");
  }
  Program program(std::string_view called_by) {
    return {.executable = facts_.executable(), .called_by = called_by, .arguments = facts_.arguments(), .folder = facts_.folder()};
  }

  bool by_command() {
    if (is_name(origin_.name)) return named(origin_.source, origin_.name, from_);
    // As it is called now, if that can still be read.
    if (std::string comm = facts_.gone() ? std::string() : proc_.comm(facts_.pid()); is_name(comm))
      return named(NameSource::command, std::move(comm), "the name of the command");
    return named(NameSource::command, std::string(hint_.comm), "the name of the command, as the kernel told it");
  }

  const AttributionConfig& config_;
  const ProcReader& proc_;
  ProcessFacts& facts_;
  const ProcessHint& hint_;
  const Namer::Ask& ask_;
  NamingTrace* const trace_;
  Naming found_;
  Naming origin_;     ///< of the process that this one is a part of
  std::string from_;  ///< which that is
};

}  // namespace

std::string_view to_string(NameSource source) {
  switch (source) {
    case NameSource::rule:
      return "rule";
    case NameSource::environment:
      return "environment";
    case NameSource::container:
      return "container";
    case NameSource::unit:
      return "unit";
    case NameSource::container_id:
      return "container id";
    case NameSource::program:
      return "program";
    case NameSource::command:
      return "command";
    case NameSource::none:
      break;
  }
  return "nothing";
}

Naming Namer::name(ProcessFacts& facts, const ProcessHint& hint, uint16_t listen_port, const Ask& ask,
                   NamingTrace* trace) const {
  return Search(config_, proc_, facts, hint, ask, trace).run(listen_port);
}

}  // namespace sockwatch
