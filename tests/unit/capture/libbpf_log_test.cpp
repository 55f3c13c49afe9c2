#include "capture/libbpf_log.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <gtest/gtest.h>

namespace sockwatch {
namespace {

TEST(LibbpfLog, TheVerifiersLastWordIsTheReason) {
  const LoadComplaint complaint = read_complaint(
      "libbpf: prog 'sw_send': BPF program load failed: Permission denied\n"
      "libbpf: prog 'sw_send': -- BEGIN PROG LOAD LOG --\n"
      "func#0 @0\n0: R1=ctx(off=0,imm=0) R10=fp0\n12: (79) r1 = *(u64 *)(r2 +8)\n"
      "R2 invalid mem access 'scalar'\n"
      "processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n\n"
      "-- END PROG LOAD LOG --\n"
      "libbpf: prog 'sw_send': failed to load: -13\nlibbpf: failed to load object 'sockwatch_bpf'\n");
  EXPECT_EQ(complaint.program, "sw_send");
  EXPECT_EQ(complaint.reason, "R2 invalid mem access 'scalar'");
}

TEST(LibbpfLog, ARefusalWithoutAWord) {
  const LoadComplaint complaint = read_complaint(
      "libbpf: prog 'sw_list_storage': BPF program load failed: Operation not permitted\n"
      "libbpf: prog 'sw_list_storage': failed to load: -1\n");
  EXPECT_EQ(complaint.program, "sw_list_storage");
  EXPECT_EQ(complaint.reason, "");
}

TEST(LibbpfLog, WhatConcernsNoProgram) {
  const LoadComplaint complaint = read_complaint("libbpf: map 'sw_rings': failed to create: Cannot allocate memory(-12)\nlibbpf: more\n");
  EXPECT_EQ(complaint.program, "");
  EXPECT_EQ(complaint.reason, "map 'sw_rings': failed to create: Cannot allocate memory(-12)");
  EXPECT_EQ(read_complaint("").reason, "");
}

TEST(LibbpfLog, AReasonIsOneBoundedLine) {
  const std::string reason = read_complaint(std::string(5000, 'a') + "\x1b[31m").reason;
  EXPECT_LE(reason.size(), 200u);
  EXPECT_EQ(read_complaint("a\tb\x1b c").reason, "a b  c");
}

TEST(LibbpfLog, TheLatestThatLivesHears) {
  const LibbpfLog outer;
  {
    const LibbpfLog inner;
    btf__free(btf__parse("/proc/version", nullptr));
    EXPECT_NE(inner.text(), "");
    EXPECT_EQ(outer.text(), "");
  }
  btf__free(btf__parse("/proc/version", nullptr));
  EXPECT_NE(outer.text(), "");
}

}  // namespace
}  // namespace sockwatch
