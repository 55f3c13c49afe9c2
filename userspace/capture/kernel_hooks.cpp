#include "capture/kernel_hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <span>
#include <string>

#include "util/fd.h"

namespace sockwatch {
namespace {

// The id of the type that stands for the hook; negative when there is none.
int type_of(const btf& types, HookKind kind, std::string_view name) {
  const std::string text(name);
  switch (kind) {
    case HookKind::tracepoint: return btf__find_by_name_kind(&types, ("btf_trace_" + text).c_str(), BTF_KIND_TYPEDEF);
    case HookKind::function: return btf__find_by_name_kind(&types, text.c_str(), BTF_KIND_FUNC);
    case HookKind::iterator: return btf__find_by_name_kind(&types, ("bpf_iter_" + text).c_str(), BTF_KIND_FUNC);
  }
  return -ENOENT;
}

bpf_attach_type attach_type(HookKind kind) {
  switch (kind) {
    case HookKind::tracepoint: return BPF_TRACE_RAW_TP;
    case HookKind::function: return BPF_TRACE_FEXIT;
    case HookKind::iterator: return BPF_TRACE_ITER;
  }
  return BPF_TRACE_RAW_TP;
}

}  // namespace

bool kernel_has_function(const btf& types, std::string_view name) { return type_of(types, HookKind::function, name) > 0; }

bool kernel_has_member(const btf& types, std::string_view structure, std::string_view member) {
  const int id = btf__find_by_name_kind(&types, std::string(structure).c_str(), BTF_KIND_STRUCT);
  if (id <= 0) return false;
  const btf_type* type = btf__type_by_id(&types, static_cast<uint32_t>(id));
  const std::span members(btf_members(type), btf_vlen(type));
  return std::any_of(members.begin(), members.end(), [&](const btf_member& one) { return btf__name_by_offset(&types, one.name_off) == member; });
}

bool kernel_lets_preemption_be_disabled(const btf& types) {
  return kernel_has_function(types, "bpf_preempt_disable") && kernel_has_member(types, "bpf_subprog_info", "might_sleep");
}

int refusal(const btf& types, HookKind kind, std::string_view name) {
  const int type = type_of(types, kind, name);
  if (type <= 0) return ENOENT;
  const bpf_insn nothing[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = attach_type(kind);
  options.attach_btf_id = static_cast<uint32_t>(type);
  const Fd program(bpf_prog_load(BPF_PROG_TYPE_TRACING, "sw_probe", "GPL", nothing, std::size(nothing), &options));
  return program ? 0 : errno;
}

}  // namespace sockwatch
