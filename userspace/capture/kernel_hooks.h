// Which of the places where programs can be attached this kernel offers, found by asking it and never by its version.
#pragma once

#include <string>
#include <string_view>

struct btf;

namespace sockwatch {

enum class HookKind {
  tracepoint,  ///< tp_btf: a tracepoint's arguments with their types
  function,    ///< fexit: the return of a kernel function
  iterator,    ///< iter: the elements of a kernel table, read when asked
};

/// Whether the kernel's types name the function; of those that programs may call (kfuncs) too.
bool kernel_has_function(const btf& types, std::string_view name);
/// Whether the kernel's struct of that name has the member.
bool kernel_has_member(const btf& types, std::string_view structure, std::string_view member);
/// Whether programs can disable preemption, and call global functions meanwhile, as ours do; compat.bpf.h tells from when on.
bool kernel_lets_preemption_be_disabled(const btf& types);
/// Loads an empty program for the hook. 0, or the errno with which the kernel refuses it; ENOENT where it does not name it.
int refusal(const btf& types, HookKind kind, std::string_view name);

}  // namespace sockwatch
