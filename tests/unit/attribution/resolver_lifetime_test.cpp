// Processes come, execute other programs, go, and leave their pid to others.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "fake_engine.h"
#include "fake_host.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

const std::string kId = "3f2a9c1be7d84560a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718";

FakeProcess named(const std::string& name) {
  FakeProcess process;
  process.executable = "/usr/bin/" + name;
  process.arguments = {name};
  process.comm = name;
  return process;
}

class ResolverLifetime : public testing::Test {
 protected:
  FakeHost host_;
  ServiceResolver resolver_ = host_.resolver();
};

TEST_F(ResolverLifetime, AProcessIsResolvedOnce) {
  host_.start(7, named("shopd"));
  EXPECT_EQ(name_of(resolver_, 7), "shopd");
  std::ofstream(host_.of(7) / "environ") << std::string("SERVICE_NAME=late\0", 18);
  // Long enough for several looks at whether it is the same process.
  const uint64_t until_ns = monotonic_ns() + 350'000'000;
  while (monotonic_ns() < until_ns) ASSERT_EQ(name_of(resolver_, 7), "shopd");
}

TEST_F(ResolverLifetime, AKnownProcessKeepsItsNameWhenItHasGone) {
  host_.start(7, named("shopd"));
  EXPECT_EQ(name_of(resolver_, 7), "shopd");
  host_.end(7);
  const uint64_t until_ns = monotonic_ns() + 250'000'000;
  while (monotonic_ns() < until_ns) ASSERT_EQ(name_of(resolver_, 7), "shopd");
}

TEST_F(ResolverLifetime, APidUsedAgainHasTheNameOfItsNewProcess) {
  host_.start(7, named("shopd"));
  EXPECT_EQ(name_of(resolver_, 7, "shopd"), "shopd");
  FakeProcess next = named("cartd");
  next.start_time = 2000;
  host_.start(7, next);
  EXPECT_TRUE(becomes_true([&] { return name_of(resolver_, 7, "cartd") == "cartd"; }));
}

TEST_F(ResolverLifetime, EvenWhenTheCommandNameIsTheSame) {
  FakeProcess first = named("python3");
  first.arguments = {"python3", "orders.py"};
  host_.start(7, first);
  EXPECT_EQ(name_of(resolver_, 7, "python3"), "orders");
  FakeProcess next = first;
  next.arguments = {"python3", "carts.py"};
  next.start_time = 2000;
  host_.start(7, next);
  EXPECT_TRUE(becomes_true([&] { return name_of(resolver_, 7, "python3") == "carts"; }));
}

TEST_F(ResolverLifetime, AProcessThatExecutesAnotherProgramIsNamedForThat) {
  FakeProcess shell = named("bash");
  host_.start(7, shell);
  EXPECT_EQ(name_of(resolver_, 7, "bash"), "bash");
  FakeProcess program = named("shopd");
  program.image = 0x9000;  // the same process, another program
  host_.start(7, program);
  EXPECT_TRUE(becomes_true([&] { return name_of(resolver_, 7, "shopd") == "shopd"; }));
}

TEST_F(ResolverLifetime, ThreadsAreTheirProcess) {
  FakeProcess java = named("java");
  java.arguments = {"java", "-jar", "shop.jar"};
  host_.start(7, java);
  EXPECT_EQ(name_of(resolver_, 7, "main"), "shop");
  host_.start(8, java);
  EXPECT_EQ(name_of(resolver_, 8, "http-exec-1"), "shop");
  const uint64_t until_ns = monotonic_ns() + 50'000'000;
  while (monotonic_ns() < until_ns) {
    ASSERT_EQ(name_of(resolver_, 7, "http-exec-1"), "shop");
    ASSERT_EQ(name_of(resolver_, 7, "http-exec-2"), "shop");
  }
  host_.end(7);  // and a thread's last bytes may be told after its process has gone
  EXPECT_EQ(name_of(resolver_, 7, "http-exec-3"), "shop");
  EXPECT_EQ(resolver_.count(), 3u);  // unknown, _overflow, shop
}

TEST_F(ResolverLifetime, OneThatIsGoneIsItsCommandName) {
  EXPECT_EQ(name_of(resolver_, 7, "shopd"), "shopd");
}

TEST_F(ResolverLifetime, AGoneOnesPidMayBeUsedAgainByOneThatIsGoneToo) {
  EXPECT_EQ(name_of(resolver_, 7, "shopd"), "shopd");
  EXPECT_TRUE(becomes_true([&] { return name_of(resolver_, 7, "cartd") == "cartd"; }));
}

TEST_F(ResolverLifetime, OneThatIsGoneIsNamedByItsCgroup) {
  const uint64_t unit = host_.make_cgroup("/system.slice/shop.service");
  const uint64_t container = host_.make_cgroup("/system.slice/docker-" + kId + ".scope");
  EXPECT_EQ(name_of(resolver_, 7, "sh", 0, unit), "shop");
  EXPECT_EQ(name_of(resolver_, 8, "sh", 0, container), "3f2a9c1be7d8");
  EXPECT_EQ(name_of(resolver_, 9, "sh", 0, host_.make_cgroup("/")), "sh");
}

TEST_F(ResolverLifetime, AnEngineIsAskedForOneThatIsGone) {
  const FakeEngine engine([](const std::string&) { return container_answer("shop-1"); });
  AttributionConfig config;
  config.docker_socket = engine.socket();
  ServiceResolver resolver = host_.resolver(config);
  const uint64_t container = host_.make_cgroup("/system.slice/docker-" + kId + ".scope");
  EXPECT_EQ(name_of(resolver, 8, "sh", 0, container), "shop-1");
}

TEST_F(ResolverLifetime, ACgroupThatWasSeenIsKnownWhenItIsGone) {
  const uint64_t unit = host_.make_cgroup("/system.slice/shop.service");
  FakeProcess process = named("shopd");
  process.cgroup = "0::/system.slice/shop.service\n";
  host_.start(7, process);
  EXPECT_EQ(name_of(resolver_, 7, "shopd", 0, unit), "shop");
  std::filesystem::remove_all(host_.cgroupfs() + "/system.slice");
  EXPECT_EQ(name_of(resolver_, 8, "sh", 0, unit), "shop");
}

TEST_F(ResolverLifetime, AZombieIsNamedLikeOneThatIsGone) {
  FakeProcess zombie = named("python3");
  zombie.executable = "";
  zombie.arguments = {};
  zombie.image = 0;
  host_.start(7, zombie);
  const uint64_t unit = host_.make_cgroup("/system.slice/shop.service");
  EXPECT_EQ(name_of(resolver_, 7, "python3", 0, unit), "shop");
}

TEST_F(ResolverLifetime, AServiceIsGoneWithItsLastProcess) {
  host_.start(7, named("shopd"));
  host_.start(8, named("shopd"));
  const ServiceId shop = resolver_.resolve({.tgid = 7, .cgroup_id = 0, .comm = "shopd"}, 0);
  EXPECT_EQ(resolver_.resolve({.tgid = 8, .cgroup_id = 0, .comm = "shopd"}, 0), shop);
  resolver_.sweep(10);
  EXPECT_EQ(resolver_.gone_since_ns(shop), 0u);
  host_.end(7);
  resolver_.sweep(20);
  EXPECT_EQ(resolver_.gone_since_ns(shop), 0u);
  host_.end(8);
  resolver_.sweep(30);
  EXPECT_EQ(resolver_.gone_since_ns(shop), 30u);
  resolver_.sweep(40);
  EXPECT_EQ(resolver_.gone_since_ns(shop), 30u);
  host_.start(9, named("shopd"));
  EXPECT_EQ(resolver_.resolve({.tgid = 9, .cgroup_id = 0, .comm = "shopd"}, 0), shop);
  EXPECT_EQ(resolver_.gone_since_ns(shop), 0u);
  EXPECT_EQ(resolver_.gone_since_ns(resolver_.intern("replayed")), 0u);
}

TEST_F(ResolverLifetime, ANameThatComesLateIsTakenUp) {
  std::atomic<bool> awake = false;
  const FakeEngine engine([&](const std::string&) {
    while (!awake) std::this_thread::yield();
    return container_answer("shop-1");
  });
  AttributionConfig config;
  config.docker_socket = engine.socket();
  ServiceResolver resolver = host_.resolver(config);
  FakeProcess process = named("shopd");
  process.cgroup = "0::/docker/" + kId + "\n";
  host_.start(7, process);
  EXPECT_EQ(name_of(resolver, 7), "3f2a9c1be7d8");
  EXPECT_GT(limit_hit(resolver, "container_answer"), 0u);
  awake = true;
  EXPECT_TRUE(becomes_true([&] { return name_of(resolver, 7) == "shop-1"; }));
}

}  // namespace
}  // namespace sockwatch
