// The list of helpers is the programs' own: each that any of them calls is known here.
#include "capture/kernel_helpers.h"

#include <bpf/btf.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "capture/kernel_types.h"

namespace sockwatch {
namespace {

// Older than any kernel with type data in /sys, or called where a kernel lacks it by no one (bpf/compat.bpf.h).
const std::set<std::string> kEverywhere = {"bpf_map_lookup_elem",     "bpf_map_update_elem",      "bpf_map_delete_elem",
                                           "bpf_ktime_get_ns",        "bpf_get_smp_processor_id", "bpf_get_current_pid_tgid",
                                           "bpf_get_current_comm",    "bpf_get_current_uid_gid", "bpf_get_current_task",     "bpf_get_current_cgroup_id",
                                           "bpf_seq_write",           "bpf_probe_read_kernel_str", "bpf_probe_read_user_str"};
const std::set<std::string> kGuarded = {"bpf_loop", "bpf_skc_to_unix_sock"};

#define NAME(name, ...) "bpf_" #name
const char* const kNames[] = {__BPF_FUNC_MAPPER(NAME)};
#undef NAME

std::set<std::string> called() {
  std::ifstream file(SOCKWATCH_BPF_OBJECT, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> names;
  Elf64_Ehdr header;
  if (bytes.size() < sizeof(header)) return names;
  std::memcpy(&header, bytes.data(), sizeof(header));
  for (size_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    std::memcpy(&section, bytes.data() + header.e_shoff + i * sizeof(section), sizeof(section));
    if (section.sh_type != SHT_PROGBITS || (section.sh_flags & SHF_EXECINSTR) == 0) continue;
    for (size_t at = 0; at + sizeof(bpf_insn) <= section.sh_size; at += sizeof(bpf_insn)) {
      bpf_insn insn;
      std::memcpy(&insn, bytes.data() + section.sh_offset + at, sizeof(insn));
      if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0 && insn.imm > 0 && insn.imm < static_cast<int>(std::size(kNames)))
        names.insert(kNames[insn.imm]);
      if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) at += sizeof(bpf_insn);
    }
  }
  return names;
}

TEST(KernelHelpers, EachThatAProgramCallsIsKnown) {
  const std::set<std::string> names = called();
  ASSERT_GT(names.size(), 10u);
  std::set<std::string> required;
  for (const KernelHelper& helper : required_helpers()) required.emplace(helper.name);
  for (const std::string& name : names)
    EXPECT_TRUE(required.contains(name) || kEverywhere.contains(name) || kGuarded.contains(name)) << name;
  for (const std::string& name : required) EXPECT_TRUE(names.contains(name)) << name << " is called by no program";
}

TEST(KernelHelpers, ATypelessKernelHasNone) {
  const BtfPtr types(btf__new_empty());
  EXPECT_EQ(missing_helpers(*types).size(), required_helpers().size());
}

}  // namespace
}  // namespace sockwatch
