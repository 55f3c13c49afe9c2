// The kernel/user contract: the records of the compiled BPF object lie in memory as C++ believes. The structs that the
// programs only reach through pointers are not in the object's BTF; records.h asserts their sizes in both languages.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "records.h"

namespace {

struct Field {
  const char* name;
  size_t offset;
};

struct BtfDeleter {
  void operator()(btf* b) const { btf__free(b); }
};

class Contract : public ::testing::Test {
 protected:
  void SetUp() override {
    btf_.reset(btf__parse(SOCKWATCH_BPF_OBJECT, nullptr));
    ASSERT_NE(btf_, nullptr) << SOCKWATCH_BPF_OBJECT;
  }

  void expect_layout(const char* name, size_t size, const std::vector<Field>& fields) {
    const int id = btf__find_by_name_kind(btf_.get(), name, BTF_KIND_STRUCT);
    ASSERT_GT(id, 0) << name << " is not in the object's BTF";
    const btf_type* type = btf__type_by_id(btf_.get(), static_cast<unsigned>(id));
    EXPECT_EQ(type->size, size) << name;
    ASSERT_EQ(btf_vlen(type), fields.size()) << name << ": the test must name every field";
    for (unsigned i = 0; i < btf_vlen(type); ++i) {
      const btf_member& member = btf_members(type)[i];
      EXPECT_STREQ(btf__name_by_offset(btf_.get(), member.name_off), fields[i].name) << name;
      EXPECT_EQ(btf_member_bit_offset(type, i), fields[i].offset * 8) << name << "." << fields[i].name;
    }
  }

  std::unique_ptr<btf, BtfDeleter> btf_;
};

#define FIELD(type, name) \
  Field { #name, offsetof(type, name) }

TEST_F(Contract, Header) {
  expect_layout("sw_header", sizeof(sw_header),
                {FIELD(sw_header, socket), FIELD(sw_header, ts_ns), FIELD(sw_header, offset), FIELD(sw_header, length),
                 FIELD(sw_header, tgid), FIELD(sw_header, flight), FIELD(sw_header, captured), FIELD(sw_header, tail),
                 FIELD(sw_header, kind), FIELD(sw_header, flags), FIELD(sw_header, hidden)});
}

TEST_F(Contract, Open) {
  expect_layout("sw_process", sizeof(sw_process), {FIELD(sw_process, cgroup_id), FIELD(sw_process, comm), FIELD(sw_process, parent), FIELD(sw_process, user),
                 FIELD(sw_process, forked), FIELD(sw_process, service_length), FIELD(sw_process, pad)});
  expect_layout("sw_variable", sizeof(sw_variable),
                {FIELD(sw_variable, text), FIELD(sw_variable, mask), FIELD(sw_variable, length), FIELD(sw_variable, pad)});
  expect_layout("sw_names", sizeof(sw_names),
                {FIELD(sw_names, local), FIELD(sw_names, remote), FIELD(sw_names, local_port), FIELD(sw_names, remote_port),
                 FIELD(sw_names, family), FIELD(sw_names, unix_path_len), FIELD(sw_names, pad), FIELD(sw_names, netns),
                 FIELD(sw_names, peer)});
  expect_layout("sw_open", sizeof(sw_open),
                {FIELD(sw_open, process), FIELD(sw_open, names), FIELD(sw_open, from_start), FIELD(sw_open, accepted),
                 FIELD(sw_open, pad), FIELD(sw_open, unix_path)});
}

}  // namespace
