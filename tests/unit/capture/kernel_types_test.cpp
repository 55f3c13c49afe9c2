#include "capture/kernel_types.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sockwatch {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

#if defined(__x86_64__)
constexpr const char* kHere = "orig_ax";
constexpr const char* kElsewhere = "syscallno";
constexpr const char* kItsName = "arm64";
#else
constexpr const char* kHere = "syscallno";
constexpr const char* kElsewhere = "orig_ax";
constexpr const char* kItsName = "x86-64";
#endif

class KernelTypes : public testing::Test {
 protected:
  KernelTypes() {
    std::string pattern = testing::TempDir() + "/types.XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~KernelTypes() override { fs::remove_all(root_); }

  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(root_ / name, std::ios::binary) << text;
    return root_ / name;
  }

  struct Shape {
    std::string member;        // of struct pt_regs; empty: there is no such struct
    size_t pointer_size = sizeof(void*);
    bool other_byte_order = false;
    uint32_t task_size = 1000;
  };
  std::string write_types(const std::string& name, const Shape& shape) {
    const BtfPtr types(btf__new_empty());
    btf__set_pointer_size(types.get(), shape.pointer_size);
    const int number = btf__add_int(types.get(), "long", shape.pointer_size, BTF_INT_SIGNED);
    if (!shape.member.empty()) {
      btf__add_struct(types.get(), "pt_regs", 8);
      btf__add_field(types.get(), shape.member.c_str(), number, 0, 0);
    }
    btf__add_struct(types.get(), "task_struct", shape.task_size);
    if (shape.other_byte_order) btf__set_endianness(types.get(), BTF_BIG_ENDIAN);
    uint32_t size = 0;
    const void* data = btf__raw_data(types.get(), &size);
    return write(name, {static_cast<const char*>(data), size});
  }

  static std::string why(const Result<BtfPtr>& result) { return result ? "" : result.error().message; }

  fs::path root_;
};

TEST_F(KernelTypes, AKernelsOfThisArchitecture) {
  const Result<BtfPtr> types = read_types(write_types("btf", {.member = kHere}));
  ASSERT_TRUE(types) << types.error().message;
  EXPECT_GT(btf__find_by_name(types.value().get(), "task_struct"), 0);
}

TEST_F(KernelTypes, WhatIsNoTypeDataIsRefusedInOneLine) {
  const std::string whole = write_types("btf", {.member = kHere});
  std::ifstream file(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  for (const std::string& path : {write("text", "no BTF at all\n"), write("empty", ""), write("short", bytes.substr(0, 3)),
                                  write("cut", bytes.substr(0, bytes.size() - 1)), write("header", bytes.substr(0, 24)),
                                  std::string("/proc/self/exe")}) {
    EXPECT_THAT(why(read_types(path)), HasSubstr("has no type data (BTF)")) << path;
  }
  EXPECT_THAT(why(read_types(root_)), HasSubstr("is no file"));
  EXPECT_THAT(why(read_types("/dev/zero")), HasSubstr("is no file"));
  EXPECT_THAT(why(read_types(root_ / "nowhere")), HasSubstr("cannot read"));
}

TEST_F(KernelTypes, AnotherArchitecturesAreRefused) {
  EXPECT_THAT(why(read_types(write_types("a", {.member = kElsewhere}))), HasSubstr(std::string("a kernel of ") + kItsName));
  EXPECT_THAT(why(read_types(write_types("b", {.member = "orig_gpr2"}))), HasSubstr("another architecture"));
  EXPECT_THAT(why(read_types(write_types("c", {.member = kHere, .pointer_size = 4}))), HasSubstr("another architecture"));
  EXPECT_THAT(why(read_types(write_types("d", {.member = kHere, .other_byte_order = true}))), HasSubstr("another architecture"));
  EXPECT_THAT(why(read_types(write_types("e", {.member = ""}))), HasSubstr("not a whole kernel's"));
}

TEST_F(KernelTypes, TheKernelsOwnAreWantedUnlessAFileIsNamed) {
  const std::string own = write_types("own", {.member = kHere});
  EXPECT_EQ(why(own_types("", own)), "");
  const std::string absent = why(own_types("", root_ / "nowhere"));
  EXPECT_THAT(absent, HasSubstr("nowhere; boot a kernel built with CONFIG_DEBUG_INFO_BTF=y"));
  EXPECT_THAT(absent, HasSubstr("--path.btf"));
}

TEST_F(KernelTypes, AFileMustBeOfTheKernelThatRuns) {
  const std::string own = write_types("own", {.member = kHere});
  EXPECT_EQ(why(own_types(write_types("same", {.member = kHere}), own)), "");
  EXPECT_THAT(why(own_types(write_types("other", {.member = kHere, .task_size = 1008}), own)), HasSubstr("another kernel than the one that runs"));
  EXPECT_THAT(why(own_types(write("text", "none"), own)), HasSubstr("name the BTF of this kernel with --path.btf, or leave it out"));
}

}  // namespace
}  // namespace sockwatch
