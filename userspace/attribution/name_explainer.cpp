#include "attribution/name_explainer.h"

#include <utility>

#include "attribution/engine_questions.h"
#include "attribution/process_facts.h"
#include "attribution/service_name.h"

namespace sockwatch {
namespace {

constexpr int kMaxOthers = 8;

// Nobody waits for the next packet here: an engine may take its time.
ContainerDirectory::Limits patient() {
  ContainerDirectory::Limits limits;
  limits.patience = std::chrono::seconds(2);
  limits.budget = std::chrono::seconds(20);
  return limits;
}

}  // namespace

NameExplainer::NameExplainer(const AttributionConfig& config, std::string procfs)
    : config_(config),
      proc_(std::move(procfs)),
      namer_(config_, proc_),
      containers_(engine_sockets(config), wanted_labels(config), patient()) {}

std::optional<Explanation> NameExplainer::of_process(uint32_t pid) {
  if (!proc_.state(pid)) return std::nullopt;
  learn_containers();
  return explain(pid, kMaxOthers);
}

std::vector<Explanation> NameExplainer::of_name(std::string_view name, size_t most) {
  learn_containers();
  std::vector<Explanation> found;
  proc_.each_process([&](uint32_t pid) {
    Explanation one = explain(pid, kMaxOthers);
    if (clean_service_name(one.naming.name) == name && !one.executable.empty()) found.push_back(std::move(one));
    return found.size() < most;
  });
  return found;
}

// Whether two projects have a service of one name is known when all containers are.
void NameExplainer::learn_containers() {
  proc_.each_process([&](uint32_t pid) {
    ProcessFacts facts(proc_, containers_, compose_, {.tgid = pid, .cgroup_id = 0, .comm = {}});
    if (facts.in_container()) facts.container_name();
    return true;
  });
}

Explanation NameExplainer::explain(uint32_t pid, int others) {
  const ProcessHint hint{.tgid = pid, .cgroup_id = 0, .comm = {}};
  ProcessFacts facts(proc_, containers_, compose_, hint);
  Explanation one{.pid = pid, .executable = facts.executable(), .naming = {}, .trace = {}};
  const Namer::Ask ask = [&](uint32_t other) {
    if (others == 0) return Naming();
    Explanation origin = explain(other, others - 1);
    one.trace.insert(one.trace.end(), origin.trace.begin(), origin.trace.end());
    return origin.naming;
  };
  one.naming = namer_.name(facts, hint, 0, ask, &one.trace);
  return one;
}

std::string to_text(const Explanation& explanation) {
  std::string text = "process " + std::to_string(explanation.pid) + " (" +
                     (explanation.executable.empty() ? "no program" : explanation.executable) + ") is the service \"" +
                     clean_service_name(explanation.naming.name) + "\"\n";
  for (const NamingStep& step : explanation.trace) {
    constexpr size_t column = 14;
    std::string source(to_string(step.source));
    source.resize(std::max(column, source.size() + 1), ' ');
    text += "  " + source + (step.named ? "names it: " : "passed over: ") + step.what;
    if (step.pid != explanation.pid) text += " (process " + std::to_string(step.pid) + ")";
    text += '\n';
  }
  return text;
}

}  // namespace sockwatch
