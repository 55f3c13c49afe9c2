#include "attribution/proc_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fake_host.h"

namespace sockwatch {
namespace {

TEST(ProcessIdentity, IsTheStartTimeAndThePlaceInMemory) {
  const ProcessIdentity one{.start_time = 1, .image = 5};
  EXPECT_TRUE(one.same_as({.start_time = 1, .image = 5}));
  EXPECT_FALSE(one.same_as({.start_time = 2, .image = 5}));
  EXPECT_FALSE(one.same_as({.start_time = 1, .image = 6}));
  EXPECT_TRUE(one.same_as({.start_time = 1, .image = 0}));  // a zombie's
}

TEST(ProcReader, ACommandNameMayHoldAnything) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  FakeProcess process;
  for (const char* comm : {"x", "a b", ") S 1 1", "((", "))", "a\nb"}) {
    process.comm = comm;
    host.start(7, process);
    const auto identity = proc.identity(7);
    ASSERT_TRUE(identity) << comm;
    EXPECT_EQ(identity->start_time, 1000u) << comm;
  }
}

TEST(ProcReader, ABrokenStatIsNoProcess) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  host.start(7, {});
  for (const char* text :
       {"", "7", "7 (x)", "7 (x) S 1 2 3", "7 (x) S a b c d e f g h i j k l m n o p q r s t u v w"}) {
    std::ofstream(host.of(7) / "stat") << text;
    EXPECT_FALSE(proc.identity(7)) << text;
  }
  EXPECT_FALSE(proc.identity(8));
}

TEST(ProcReader, WithoutPermissionTheImageIsNotTold) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  FakeProcess process;
  process.image = 1;  // what the kernel says then
  host.start(7, process);
  ASSERT_TRUE(proc.identity(7));
  EXPECT_EQ(proc.identity(7)->image, 0u);
}

TEST(ProcReader, FindsListenersAndNoConnections) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  FakeProcess process;
  process.listens = {80, 8080};
  host.start(7, process);
  EXPECT_TRUE(proc.listens_on(7, 80));
  EXPECT_TRUE(proc.listens_on(7, 8080));
  EXPECT_FALSE(proc.listens_on(7, 81));
  EXPECT_FALSE(proc.listens_on(7, 0x1F99));
  std::filesystem::remove_all(host.of(7) / "fd");  // another process's socket
  EXPECT_FALSE(proc.listens_on(7, 80));
  EXPECT_FALSE(proc.listens_on(8, 80));
}

TEST(ProcReader, StopsAtTheLimitOfDescriptors) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  FakeProcess process;
  process.listens = {80};
  host.start(7, process);
  std::filesystem::remove(host.of(7) / "fd/3");
  for (size_t fd = 0; fd < ProcReader::kMaxDescriptors + 10; ++fd)
    std::filesystem::create_symlink("/dev/null", host.of(7) / "fd" / std::to_string(fd));
  EXPECT_FALSE(proc.listens_on(7, 80));
  EXPECT_EQ(proc.truncated(), 1u);
}

TEST(ProcReader, AGarbledSocketTableHoldsNothing) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  host.start(7, {});
  for (const std::string& text :
       {std::string("\n\n"), std::string(100000, ' '), std::string(100000, 'x'),
        std::string("0: :ZZZZ x 0A a b c d e f\n"), std::string("0: 50 x 0A a b c d e")}) {
    std::ofstream(host.of(7) / "net/tcp") << text;
    EXPECT_FALSE(proc.listens_on(7, 80));
  }
}

}  // namespace
}  // namespace sockwatch
