#include "capture/program_loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "capture/kernel_hooks.h"
#include "capture/kernel_types.h"
#include "capture/libbpf_log.h"
#include "records.h"
#include "sockwatch.skel.h"

namespace sockwatch {
namespace {

// Loads the programs of the plan and no others.
void select_programs(const CapturePlan& plan, bool preempt_disable, sockwatch_bpf& skeleton) {
  const auto use = [](bpf_program* program, bool wanted) { bpf_program__set_autoload(program, wanted); };
  auto& programs = skeleton.progs;
  const bool fexit = plan.attach == CapturePlan::Attach::fexit;
  for (bpf_program* program : {programs.sw_send, programs.sw_recv}) use(program, !fexit);
  for (bpf_program* program : {programs.sw_state, programs.sw_destroy, programs.sw_exec}) use(program, preempt_disable);
  for (bpf_program* program : {programs.sw_state_plain, programs.sw_destroy_plain, programs.sw_exec_plain}) use(program, !preempt_disable);
  for (bpf_program* program : {programs.sw_uring_submit, programs.sw_uring_poll}) use(program, plan.uring);
  for (bpf_program* program : {programs.sw_inet_sent, programs.sw_inet6_sent, programs.sw_unix_sent, programs.sw_inet_received,
                               programs.sw_inet6_received, programs.sw_unix_received})
    use(program, fexit);
  use(programs.sw_tcp_sent_page, plan.tcp_sendpage);
  use(programs.sw_unix_sent_page, plan.unix_sendpage);
  const bool by_storage = plan.listing == CapturePlan::Listing::storage;
  use(programs.sw_list_storage, by_storage);
  use(programs.sw_list_descriptors, !by_storage);
  // Iterators are run when asked, not attached for good.
  for (bpf_program* program : {programs.sw_seed, programs.sw_list_storage, programs.sw_list_descriptors})
    bpf_program__set_autoattach(program, false);
  skeleton.rodata->sw_by_iterator = fexit;
  skeleton.rodata->sw_has_preempt_disable = preempt_disable;
}

// 0 or the first error, negative.
int size_maps(const RingLayout& rings, sockwatch_bpf& skeleton) {
  const auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  for (const int error : {bpf_map__set_max_entries(skeleton.maps.sw_rings, rings.cpus),
                          bpf_map__set_value_size(skeleton.maps.sw_rings, rings.value_bytes),
                          bpf_map__set_max_entries(skeleton.maps.sw_bell, page),
                          bpf_map__set_max_entries(skeleton.maps.sw_scratch, rings.cpus)})
    if (error != 0) return error;
  return 0;
}

Result<SkeletonPtr> open_programs(const CaptureConfig& config, const RingLayout& rings) {
  const LibbpfLog log;
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  if (!config.btf.empty()) options.btf_custom_path = config.btf.c_str();
  SkeletonPtr skeleton(sockwatch_bpf__open_opts(&options));
  if (!skeleton) return Error{std::string("cannot open the BPF programs: ") + std::strerror(errno) + " (" + read_complaint(log.text()).reason + ")"};
  if (const int error = size_maps(rings, *skeleton); error != 0)
    return Error{std::string("cannot size the BPF maps: ") + std::strerror(-error)};
  skeleton->rodata->sw_agent_tgid = static_cast<uint32_t>(getpid());
  skeleton->rodata->sw_ring_size = rings.ring_bytes;
  return skeleton;
}

struct Hook {
  HookKind kind;
  std::string_view name;
  std::string words;
};

// By the program's section, "tp_btf/NAME".
std::optional<Hook> hook_of(const bpf_program& program) {
  const std::string_view section = bpf_program__section_name(&program);
  const size_t slash = section.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view type = section.substr(0, slash);
  const std::string_view name = section.substr(slash + 1);
  if (type == "tp_btf") return Hook{HookKind::tracepoint, name, "tracepoint " + std::string(name)};
  if (type == "fexit") return Hook{HookKind::function, name, "the return of " + std::string(name)};
  if (type == "iter") return Hook{HookKind::iterator, name, "iterator " + std::string(name)};
  return std::nullopt;
}

// Which hook's program the kernel refused, and in whose words.
RefusedHook explain_refusal(const sockwatch_bpf& skeleton, int error, const std::string& log) {
  const LoadComplaint complaint = read_complaint(log);
  std::string why = std::strerror(error);
  if (!complaint.reason.empty()) why += ": " + complaint.reason;
  const bpf_program* program =
      complaint.program.empty() ? nullptr : bpf_object__find_program_by_name(skeleton.obj, complaint.program.c_str());
  const std::optional<Hook> hook = program == nullptr ? std::nullopt : hook_of(*program);
  if (!hook) return {HookKind::tracepoint, "", error, Error{"this kernel refuses the BPF programs (" + why + ")"}};
  return {hook->kind, std::string(hook->name), error,
          Error{"this kernel refuses the program " + complaint.program + " at " + hook->words + " (" + why + ")"}};
}

}  // namespace

void SkeletonDeleter::operator()(sockwatch_bpf* skeleton) const { sockwatch_bpf__destroy(skeleton); }

Result<LoadedPrograms> load_programs(const CaptureConfig& config) {
  const LibbpfLog log;
  LoadedPrograms loaded;
  Result<RingLayout> rings = ring_layout(config.ring_bytes);
  if (!rings) return rings.error();
  loaded.rings = rings.value();
  Result<BtfPtr> types = own_types(config.btf);
  if (!types) return types.error();
  std::optional<Error> failed;
  const auto ask = [&](HookKind kind, std::string_view name) { return refusal(**types, kind, name); };
  const auto attempt = [&](const CapturePlan& plan) -> std::optional<RefusedHook> {
    Result<SkeletonPtr> skeleton = open_programs(config, loaded.rings);
    if (!skeleton) {
      failed = skeleton.error();
      return std::nullopt;
    }
    loaded.skeleton = std::move(skeleton).value();
    select_programs(plan, kernel_lets_preemption_be_disabled(**types), *loaded.skeleton);
    const LibbpfLog said;
    const int error = sockwatch_bpf__load(loaded.skeleton.get());
    if (error == 0) return std::nullopt;
    return explain_refusal(*loaded.skeleton, -error, said.text());
  };
  Result<CapturePlan> plan = settle_plan(ask, config, attempt);
  if (!plan) return plan.error();
  if (failed) return *failed;
  loaded.plan = std::move(plan).value();
  return loaded;
}

}  // namespace sockwatch
