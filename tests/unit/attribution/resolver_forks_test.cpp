// A process that has executed nothing since it was forked is what the one is that it was forked from.
#include <gtest/gtest.h>

#include "fake_host.h"

namespace sockwatch {
namespace {

constexpr uint64_t kImage = 0x5000;

FakeProcess server() {
  FakeProcess process;
  process.executable = "/usr/bin/python3.11";
  process.arguments = {"python3", "orders.py"};
  process.comm = "python3";
  process.image = kImage;
  return process;
}

FakeProcess child_of(uint32_t parent) {
  FakeProcess process = server();
  process.parent = parent;
  process.forked = true;
  process.arguments = {"a title that tells nothing"};
  return process;
}

ProcessHint gone(uint32_t pid, uint32_t parent) {
  return {.tgid = pid, .cgroup_id = 0, .comm = "python3", .parent = parent, .forked = true};
}

class ResolverForks : public testing::Test {
 protected:
  std::string name(const ProcessHint& hint, uint16_t port = 80) {
    return std::string(resolver_.name(resolver_.resolve(hint, port)));
  }
  FakeHost host_;
  ServiceResolver resolver_ = host_.resolver();
};

TEST_F(ResolverForks, AChildThatHasGoneIsItsServer) {
  host_.start(7, server());
  EXPECT_EQ(name(gone(1001, 7)), "orders");
  for (uint32_t pid = 1002; pid < 1300; ++pid) ASSERT_EQ(name(gone(pid, 7)), "orders");
}

TEST_F(ResolverForks, AlsoWhenItsServerHasGoneAfterIt) {
  host_.start(7, server());
  EXPECT_EQ(name(gone(1001, 7)), "orders");
  host_.end(7);
  EXPECT_EQ(name(gone(1002, 7)), "orders");
}

TEST_F(ResolverForks, AChildThatWasTheOnlyOneLeftIsItsCommand) {
  EXPECT_EQ(name(gone(1001, 0)), "python3");
}

TEST_F(ResolverForks, AChildWithATitleOfItsOwnHasTheNameOfItsParent) {
  FakeProcess parent = server();
  parent.environment = {"OTEL_SERVICE_NAME=by-otel"};
  host_.start(7, parent);
  host_.start(8, child_of(7));  // which wrote its title over its environment
  host_.start(9, child_of(8));
  EXPECT_EQ(name_of(resolver_, 8), "by-otel");
  EXPECT_EQ(name_of(resolver_, 9), "by-otel");
}

TEST_F(ResolverForks, TheRulesForTheParentCountForTheChild) {
  AttributionConfig config = FakeHost::no_engine();
  config.rules.resize(1);
  config.rules[0].service = "by-rule";
  config.rules[0].args = "*orders*";
  ServiceResolver resolver = host_.resolver(config);
  host_.start(7, server());
  host_.start(8, child_of(7));
  EXPECT_EQ(name_of(resolver, 8), "by-rule");
  EXPECT_EQ(resolver.name(resolver.resolve(gone(1001, 7), 80)), "by-rule");
}

TEST_F(ResolverForks, WhatTheChildSaysOfItselfCountsForMore) {
  FakeProcess master = server();
  master.executable = "/usr/sbin/php-fpm8.2";
  master.arguments = {"php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"};
  host_.start(7, master);
  FakeProcess worker = master;
  worker.parent = 7;
  worker.forked = true;
  worker.arguments = {"php-fpm: pool shop"};
  host_.start(8, worker);
  EXPECT_EQ(name_of(resolver_, 8), "shop");
  EXPECT_EQ(name_of(resolver_, 7), "php-fpm8.2");
  worker.cgroup = "0::/system.slice/another.service\n";  // it was moved
  host_.start(9, worker);
  EXPECT_EQ(name_of(resolver_, 9), "another");
}

TEST_F(ResolverForks, OneThatLostItsParentIsNotWhatTookItIn) {
  FakeProcess first = server();
  first.executable = "/usr/lib/systemd/systemd";
  first.arguments = {"/sbin/init"};
  first.environment = {"SERVICE_NAME=init"};
  first.image = 0x1000;
  host_.start(1, first);
  FakeProcess child = child_of(1);
  child.arguments = {"python3", "orders.py"};
  host_.start(8, child);
  EXPECT_EQ(name_of(resolver_, 8), "orders");
}

TEST_F(ResolverForks, WhatAChildExecutesIsNamedForItself) {
  FakeProcess parent = server();
  parent.environment = {"SERVICE_NAME=parent"};
  host_.start(7, parent);
  FakeProcess child = child_of(7);
  child.forked = false;
  child.arguments = {"python3", "carts.py"};
  host_.start(8, child);
  EXPECT_EQ(name_of(resolver_, 8), "carts");
}

TEST_F(ResolverForks, TheNameThatAProgramWasExecutedWithOutlivesItsEnvironment) {
  FakeProcess process = server();
  process.arguments = {"a title"};
  host_.start(7, process);
  const ProcessHint hint{.tgid = 7, .cgroup_id = 0, .comm = "python3", .service = "by-otel"};
  EXPECT_EQ(name(hint), "by-otel");
  EXPECT_EQ(name_of(resolver_, 7), "by-otel");  // known by now
  AttributionConfig config = FakeHost::no_engine();
  config.rules.resize(1);
  config.rules[0].service = "none";
  config.rules[0].exe = "/none";
  resolver_.rename(config);  // other rules, the same variables
  EXPECT_EQ(name_of(resolver_, 7), "by-otel");
  config.service_env = {"ANOTHER"};
  resolver_.rename(config);
  EXPECT_EQ(name_of(resolver_, 7), "python3.11");
}

TEST_F(ResolverForks, AlsoOfOneThatHasGone) {
  EXPECT_EQ(name({.tgid = 7, .cgroup_id = 0, .comm = "sh", .parent = 0, .forked = false, .user = 0, .service = "by-otel"}), "by-otel");
}

TEST_F(ResolverForks, CodeOfTheCommandLineIsWhoStartedIt) {
  host_.start(7, server());
  FakeProcess worker = server();
  worker.parent = 7;
  worker.image = 0x9000;
  worker.arguments = {"/usr/bin/python3", "-c", "from multiprocessing.spawn import spawn_main; spawn_main()", "--multiprocessing-fork"};
  host_.start(8, worker);
  EXPECT_EQ(name_of(resolver_, 8), "orders");
  FakeProcess shell = server();
  shell.executable = "/usr/bin/dash";
  shell.arguments = {"sh", "deploy.sh"};
  host_.start(9, shell);
  worker.parent = 9;  // another program is none of it
  host_.start(10, worker);
  EXPECT_EQ(name_of(resolver_, 10), "python3.11");
}

TEST_F(ResolverForks, ChainsAndCirclesEnd) {
  FakeProcess process = server();
  process.arguments = {"a title"};
  host_.start(100, process);
  for (uint32_t pid = 101; pid < 140; ++pid) host_.start(pid, child_of(pid - 1));
  EXPECT_EQ(name_of(resolver_, 139), "python3.11");
  host_.start(200, child_of(201));  // no kernel tells so
  host_.start(201, child_of(200));
  EXPECT_EQ(name_of(resolver_, 200), "python3.11");
}

}  // namespace
}  // namespace sockwatch
