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

TEST(ProcReader, TellsWhoStartedAProcessAndWhetherItExecutedAnything) {
  FakeHost host;
  const ProcReader proc(host.procfs());
  FakeProcess process;
  process.parent = 6;
  process.user = 33;
  host.start(7, process);
  ASSERT_TRUE(proc.state(7));
  EXPECT_EQ(proc.state(7)->parent, 6u);
  EXPECT_FALSE(proc.state(7)->forked);
  EXPECT_EQ(proc.user(7), 33u);
  process.forked = true;
  host.start(7, process);
  EXPECT_TRUE(proc.state(7)->forked);
  EXPECT_FALSE(proc.state(8));
  EXPECT_FALSE(proc.user(8));
}

}  // namespace
}  // namespace sockwatch
