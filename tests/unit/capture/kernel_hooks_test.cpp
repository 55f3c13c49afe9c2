#include "capture/kernel_hooks.h"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <memory>

namespace sockwatch {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};

/// A kernel's types with the function that disables preemption, and with the struct that tells of each function whether it might sleep.
std::unique_ptr<btf, Free> types_with(bool function, const char* member) {
  std::unique_ptr<btf, Free> types(btf__new_empty());
  const int number = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
  if (function) btf__add_func(types.get(), "bpf_preempt_disable", BTF_FUNC_GLOBAL, btf__add_func_proto(types.get(), 0));
  btf__add_struct(types.get(), "bpf_subprog_info", 4);
  btf__add_field(types.get(), member, number, 0, 0);
  return types;
}

// 6.12 has the function, and refuses calls of global functions while preemption is off.
TEST(KernelHooks, PreemptionIsLeftAloneWhereNoGlobalFunctionMayBeCalledMeanwhile) {
  EXPECT_TRUE(kernel_lets_preemption_be_disabled(*types_with(true, "might_sleep")));
  EXPECT_FALSE(kernel_lets_preemption_be_disabled(*types_with(true, "start")));
  EXPECT_FALSE(kernel_lets_preemption_be_disabled(*types_with(false, "might_sleep")));
}

}  // namespace
}  // namespace sockwatch
