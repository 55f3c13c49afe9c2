#include "capture/kernel_helpers.h"

#include <bpf/btf.h>

namespace sockwatch {
namespace {

constexpr KernelHelper kRequired[] = {
    {"bpf_probe_read_kernel", ""},
    {"bpf_probe_read_user", ""},
    {"bpf_ringbuf_output", ""},
    {"bpf_skc_to_tcp_sock", ""},
    {"bpf_get_current_task_btf", ""},
    {"bpf_sock_from_file", ""},
    {"bpf_sk_storage_get", "bpf_sk_storage_get_tracing"},
    {"bpf_get_socket_cookie", "bpf_get_socket_ptr_cookie"},
    {"bpf_task_storage_get", ""},
    {"bpf_task_storage_delete", ""},
    {"bpf_task_pt_regs", ""},
};

const btf_type* helper_numbers(const btf& types) {
  const int id = btf__find_by_name_kind(&types, "bpf_func_id", BTF_KIND_ENUM);
  return id > 0 ? btf__type_by_id(&types, static_cast<uint32_t>(id)) : nullptr;
}

bool has_number(const btf& types, const btf_type& numbers, std::string_view helper) {
  const std::string wanted = "BPF_FUNC_" + std::string(helper.substr(sizeof("bpf_") - 1));
  const struct btf_enum* values = btf_enum(&numbers);
  for (int i = 0; i < btf_vlen(&numbers); ++i) {
    const char* name = btf__name_by_offset(&types, values[i].name_off);
    if (name != nullptr && wanted == name) return true;
  }
  return false;
}

}  // namespace

std::span<const KernelHelper> required_helpers() { return kRequired; }

std::vector<std::string> missing_helpers(const btf& types) {
  std::vector<std::string> missing;
  const btf_type* numbers = helper_numbers(types);
  for (const KernelHelper& helper : kRequired) {
    const bool there = numbers != nullptr && has_number(types, *numbers, helper.name) &&
                       (helper.function.empty() || btf__find_by_name_kind(&types, std::string(helper.function).c_str(), BTF_KIND_FUNC) > 0);
    if (!there) missing.emplace_back(helper.name);
  }
  return missing;
}

bool charges_locked_memory(const btf& types) {
  // It came with the version that no longer charges.
  const btf_type* numbers = helper_numbers(types);
  return numbers != nullptr && !has_number(types, *numbers, "bpf_ktime_get_coarse_ns");
}

}  // namespace sockwatch
