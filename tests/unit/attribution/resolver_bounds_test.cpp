// Every bound of the resolver, forced, and its count.
#include <gtest/gtest.h>

#include <fstream>

#include "attribution/cgroup_index.h"
#include "attribution/proc_reader.h"
#include "fake_host.h"

namespace sockwatch {
namespace {

TEST(ResolverBounds, TooManyServicesAreTheOverflow) {
  FakeHost host;
  ServiceResolver resolver = host.resolver(FakeHost::no_engine(), 3);
  for (uint32_t pid = 10; pid < 13; ++pid)
    EXPECT_NE(name_of(resolver, pid, "c" + std::to_string(pid)), "_overflow");
  EXPECT_EQ(limit_hit(resolver, "services"), 0u);
  EXPECT_EQ(resolver.resolve({.tgid = 13, .cgroup_id = 0, .comm = "one-more"}, 0),
            ServiceResolver::kOverflow);
  EXPECT_EQ(limit_hit(resolver, "services"), 1u);
  EXPECT_EQ(name_of(resolver, 10, "c10"), "c10");
  EXPECT_EQ(resolver.count(), 5u);
}

TEST(ResolverBounds, NamesAreAskedForAgainWhenThereIsRoom) {
  FakeHost host;
  FakeProcess process;
  host.start(7, process);
  ServiceResolver resolver = host.resolver(FakeHost::no_engine(), 1);
  const ServiceId first = resolver.intern("first");
  // What the kernel side told of a process when it was executed is told once.
  EXPECT_EQ(resolver.resolve({.tgid = 7, .cgroup_id = 0, .comm = "shopd", .service = "shop"}, 0), ServiceResolver::kOverflow);
  resolver.release(first);
  EXPECT_EQ(resolver.resolve({.tgid = 7, .cgroup_id = 0, .comm = "shopd"}, 0), ServiceResolver::kOverflow);
  resolver.sweep(1);
  EXPECT_EQ(resolver.take_renamed(), std::vector<ServiceId>{ServiceResolver::kOverflow});
  EXPECT_EQ(resolver.name(resolver.resolve({.tgid = 7, .cgroup_id = 0, .comm = "shopd"}, 0)), "shop");
}

TEST(ResolverBounds, NoUserTakesTheLastQuarter) {
  FakeHost host;
  ServiceResolver resolver = host.resolver(FakeHost::no_engine(), 8);
  const auto named = [&](uint32_t pid, uint32_t user) {
    const std::string name = "c" + std::to_string(pid);
    return resolver.name(resolver.resolve({.tgid = pid, .cgroup_id = 0, .comm = name, .user = user}, 0)) == name;
  };
  for (uint32_t pid = 10; pid < 16; ++pid) EXPECT_TRUE(named(pid, 1000)) << pid;
  EXPECT_FALSE(named(16, 1000));
  EXPECT_TRUE(named(17, 1001));
  EXPECT_TRUE(named(18, 0));
  EXPECT_FALSE(named(19, 0));
  EXPECT_EQ(limit_hit(resolver, "services"), 2u);
}

TEST(ResolverBounds, LongNamesAreCut) {
  FakeHost host;
  FakeProcess process;
  process.environment = {"SERVICE_NAME=" + std::string(300, 'x')};
  host.start(7, process);
  ServiceResolver resolver = host.resolver();
  EXPECT_EQ(name_of(resolver, 7), std::string(128, 'x'));
  EXPECT_EQ(limit_hit(resolver, "name_length"), 1u);
}

TEST(ResolverBounds, TooManyProcessesDriveOthersOut) {
  FakeHost host;
  ServiceResolver resolver = host.resolver();
  constexpr uint32_t first = 100;
  for (uint32_t pid = first; pid < first + ServiceResolver::kMaxProcesses; ++pid) name_of(resolver, pid);
  EXPECT_EQ(limit_hit(resolver, "processes"), 0u);
  EXPECT_EQ(name_of(resolver, 99), "shopd");
  EXPECT_EQ(limit_hit(resolver, "processes"), 1u);
}

TEST(ResolverBounds, ASweepLooksAtABatch) {
  FakeHost host;
  ServiceResolver resolver = host.resolver();
  constexpr size_t processes = ServiceResolver::kSweepBatch * 2 + 1;
  for (uint32_t pid = 1; pid <= processes; ++pid) name_of(resolver, pid);  // none of them lives
  const ServiceId service = resolver.intern("shopd");
  resolver.sweep(1);
  resolver.sweep(2);
  EXPECT_EQ(resolver.gone_since_ns(service), 0u);
  resolver.sweep(3);
  EXPECT_EQ(resolver.gone_since_ns(service), 3u);
}

TEST(ResolverBounds, AHugeEnvironmentIsReadInPart) {
  FakeHost host;
  FakeProcess process;
  process.environment = {"A=" + std::string(ProcReader::kMaxEnvironment, 'x'), "SERVICE_NAME=too-far"};
  host.start(7, process);
  ServiceResolver resolver = host.resolver();
  EXPECT_EQ(name_of(resolver, 7), "shopd");
  EXPECT_EQ(limit_hit(resolver, "proc_file_size"), 1u);
}

TEST(ResolverBounds, AFloodOfUnknownCgroupsDoesNotWalkTheTreeEachTime) {
  FakeHost host;
  host.make_cgroup("/a/b");
  ServiceResolver resolver = host.resolver();
  for (uint32_t pid = 1; pid <= 200; ++pid)
    EXPECT_EQ(name_of(resolver, pid, "sh", 0, 1ull << 60 | pid), "sh");
  EXPECT_GT(limit_hit(resolver, "cgroup_walk"), 100u);
}

TEST(ResolverBounds, UnreadableFilesAreLikeEmptyOnes) {
  FakeHost host;
  FakeProcess process;
  host.start(7, process);
  for (const char* file : {"environ", "cgroup", "cmdline", "stat"}) {
    std::filesystem::remove(host.of(7) / file);
    std::filesystem::create_directory(host.of(7) / file);  // opens, and cannot be read: for root as well
  }
  ServiceResolver resolver = host.resolver();
  EXPECT_EQ(name_of(resolver, 7), "shopd");
}

TEST(ResolverBounds, WithoutProcOrCgroupsThereIsStillTheCommandName) {
  ServiceResolver resolver(FakeHost::no_engine(), "/nowhere", "/nowhere", 10);
  EXPECT_EQ(name_of(resolver, 7, "shopd", 80, 5), "shopd");
  resolver.sweep(1);
}

}  // namespace
}  // namespace sockwatch
