#include "attribution/process_facts.h"

#include <algorithm>

#include "attribution/kubernetes.h"
#include "attribution/path_name.h"

namespace sockwatch {
namespace {

constexpr size_t kShortId = 12;

}  // namespace

ProcessFacts::ProcessFacts(const ProcReader& proc, ContainerDirectory& containers, ComposeNames& compose,
                           const ProcessHint& hint)
    : proc_(proc),
      containers_(containers),
      compose_(compose),
      pid_(hint.tgid),
      executable_(proc.executable(pid_)),
      arguments_text_(proc.command_line(pid_)),
      arguments_(split_command_line(arguments_text_)),
      command_line_(arguments_text_) {
  if (arguments_text_.empty()) executable_ = proc.executable(pid_);  // it may have ended between the two
  constexpr std::string_view deleted = " (deleted)";
  if (executable_.ends_with(deleted)) executable_.resize(executable_.size() - deleted.size());
  while (command_line_.ends_with('\0')) command_line_.pop_back();
  std::replace(command_line_.begin(), command_line_.end(), '\0', ' ');
  set_cgroup(proc.cgroup(pid_));
  find_parent(hint);
}

// As it is now, or, of a process that has gone, as the kernel side told.
void ProcessFacts::find_parent(const ProcessHint& hint) {
  const std::optional<ProcessState> state = gone() ? std::nullopt : proc_.state(pid_);
  if (!state) {
    parent_ = forked_from_ = hint.parent;
    user_ = hint.user;
    return;
  }
  parent_ = state->parent;
  if (!state->forked || state->parent == 0) return;
  const std::optional<ProcessState> parent = proc_.state(state->parent);
  // One whose parent has gone belongs to another one now, which runs something else.
  if (!parent || parent->identity.image != state->identity.image) return;
  if (state->identity.image == 0 && proc_.executable(state->parent) != proc_.executable(pid_)) return;
  forked_from_ = state->parent;
}

const std::string& ProcessFacts::folder() {
  if (!folder_) folder_ = proc_.folder(pid_);
  return *folder_;
}

std::string ProcessFacts::called_by() {
  if (executable_.empty() || arguments_.empty()) return {};
  std::string_view called = arguments_[0];
  if (arguments_.size() == 1) called = called.substr(0, called.find(' '));  // a title
  if (called.ends_with(':')) called.remove_suffix(1);
  const std::string_view name = base_name(called);
  if (name.empty() || name.starts_with('-') || name == base_name(executable_)) return {};
  std::vector<std::string> places = {executable_.substr(0, executable_.rfind('/') + 1)};
  for (const char* place : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) places.emplace_back(place);
  if (called.find('/') != std::string_view::npos)
    places.insert(places.begin(), (called.starts_with('/') ? std::string() : folder() + "/") + std::string(called.substr(0, called.rfind('/') + 1)));
  for (const std::string& place : places)
    if (proc_.same_file(pid_, place + std::string(name), executable_)) return std::string(name);
  return {};
}

std::optional<uint32_t> ProcessFacts::user() {
  if (!user_) user_ = proc_.user(pid_);
  return user_;
}

void ProcessFacts::set_cgroup(std::string text) {
  cgroup_text_ = std::move(text);
  cgroup_paths_ = cgroup_paths(cgroup_text_);
  cgroup_ = identify_cgroup(cgroup_paths_);
}

void ProcessFacts::assume_cgroup(std::string_view path) {
  if (!path.empty()) set_cgroup("0::" + std::string(path));
}

const ContainerInfo* ProcessFacts::container() {
  if (asked_) return container_.get();
  asked_ = true;
  for (const std::string& id : cgroup_.container_ids) {
    const ContainerDirectory::Finding found = containers_.find(id);
    settled_ = settled_ && found.settled;
    container_ = found.container;
    if (container_) break;  // an engine within a container is asked by nobody: the outer one counts
  }
  return container_.get();
}

const std::string& ProcessFacts::container_name() {
  if (!container_name_) container_name_ = in_container() ? find_container_name() : std::string();
  return *container_name_;
}

std::string ProcessFacts::find_container_name() {
  if (cgroup_.kubernetes) {
    const std::string mounts = proc_.mounts(pid_);
    if (const std::string_view name = kubernetes_container_name(mounts); !name.empty())
      return std::string(name);
  }
  if (const ContainerInfo* info = container()) {
    const auto label = info->labels.find(kKubernetesNameLabel);
    if (label != info->labels.end() && !label->second.empty()) return label->second;
    const std::optional<ComposeService> service = compose_service(*info);
    return service ? compose_.name(*service) : info->name;
  }
  if (!cgroup_.kubernetes) return {};
  // A pod on the host's network has the host's name, which tells nothing.
  const std::string pod = proc_.environment(pid_, {"HOSTNAME"}).value;
  return pod.empty() || pod == proc_.host_name() ? std::string() : std::string(workload_of_pod(pod));
}

std::string_view ProcessFacts::short_container_id() const {
  if (cgroup_.kubernetes || cgroup_.container_ids.empty()) return {};
  return std::string_view(cgroup_.container_ids.front()).substr(0, kShortId);
}

}  // namespace sockwatch
