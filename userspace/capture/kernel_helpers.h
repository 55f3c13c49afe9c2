// The functions of the kernel that every program of ours calls (helpers), whichever hooks are used.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

struct btf;

namespace sockwatch {

struct KernelHelper {
  std::string_view name;      ///< as programs call it
  std::string_view function;  ///< the kernel's function behind it, where its name alone does not tell that tracing programs may call it
};

/// Those without which nothing works and which are younger than the oldest kernel with type data. What has a stand-in
/// (bpf/compat.bpf.h) is not among them.
std::span<const KernelHelper> required_helpers();

/// Of these, those that the kernel's types do not name.
std::vector<std::string> missing_helpers(const btf& types);

/// Whether the kernel charges what BPF programs hold against RLIMIT_MEMLOCK: before 5.11 it did, later a control group is charged.
bool charges_locked_memory(const btf& types);

}  // namespace sockwatch
