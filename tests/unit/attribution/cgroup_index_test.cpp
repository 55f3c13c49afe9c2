#include "attribution/cgroup_index.h"

#include <gtest/gtest.h>

#include "fake_host.h"

namespace sockwatch {
namespace {

TEST(CgroupIndex, FindsTheTreeOfVersionTwo) {
  FakeHost host;
  const uint64_t shop = host.make_cgroup("/system.slice/shop.service");
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(shop), "/system.slice/shop.service");
  EXPECT_EQ(index.id("/system.slice/shop.service"), shop);
  EXPECT_EQ(index.id("/system.slice/none"), 0u);
  EXPECT_EQ(index.path(0), "");
}

TEST(CgroupIndex, AlsoInTheFolderBesideVersionOne) {
  FakeHost host;
  const uint64_t legacy = host.make_cgroup("/memory/system.slice/wrong.service");
  const uint64_t shop = host.make_cgroup("/unified/system.slice/shop.service");
  std::filesystem::rename(host.cgroupfs() + "/cgroup.controllers",
                          host.cgroupfs() + "/unified/cgroup.controllers");
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(shop), "/system.slice/shop.service");
  EXPECT_EQ(index.path(legacy), "");
}

TEST(CgroupIndex, TakesNothingFromVersionOneAlone) {
  FakeHost host;
  std::filesystem::remove(host.cgroupfs() + "/cgroup.controllers");
  const uint64_t legacy = host.make_cgroup("/memory/system.slice/wrong.service");
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(legacy), "");
}

TEST(CgroupIndex, FindsANewCgroupAfterAWhile) {
  FakeHost host;
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(1ull << 60), "");
  const uint64_t shop = host.make_cgroup("/shop.service");
  EXPECT_TRUE(becomes_true([&] { return index.path(shop) == "/shop.service"; }));
}

TEST(CgroupIndex, DropsWhatThereIsNoRoomFor) {
  FakeHost host;
  CgroupIndex index(host.cgroupfs());
  for (uint64_t id = 1; id <= CgroupIndex::kMaxPaths; ++id) index.learn(id, "/x");
  EXPECT_EQ(index.dropped(), 0u);
  index.learn(CgroupIndex::kMaxPaths + 1, "/y");
  EXPECT_EQ(index.dropped(), CgroupIndex::kMaxPaths);
  EXPECT_EQ(index.path(CgroupIndex::kMaxPaths + 1), "/y");
}

TEST(CgroupIndex, AWalkStops) {
  FakeHost host;
  for (size_t n = 0; n < CgroupIndex::kMaxDirectories + 10; ++n) host.make_cgroup("/" + std::to_string(n));
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(1ull << 60), "");
  EXPECT_EQ(index.dropped(), 11u);  // the root is one of those that it looked at
}

TEST(CgroupIndex, DoesNotFollowATreeForEver) {
  FakeHost host;
  std::string deep;
  for (int n = 0; n < CgroupIndex::kMaxDepth + 5; ++n) deep += "/d";
  const uint64_t bottom = host.make_cgroup(deep);
  CgroupIndex index(host.cgroupfs());
  EXPECT_EQ(index.path(bottom), "");
}

}  // namespace
}  // namespace sockwatch
