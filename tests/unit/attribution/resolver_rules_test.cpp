// The configuration's rules: which processes they are for.
#include <gtest/gtest.h>

#include "fake_engine.h"
#include "fake_host.h"

// Rules are written down with the fields that matter; the others stay empty.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace sockwatch {
namespace {

const std::string kId = "3f2a9c1be7d84560a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718";

FakeProcess process() {
  FakeProcess shop;
  shop.executable = "/srv/shop/bin/shopd";
  shop.arguments = {"shopd", "--port", "80"};
  shop.cgroup = "0::/system.slice/shop.service/docker-" + kId + ".scope\n9:name=systemd:/legacy\n";
  return shop;
}

struct Case {
  const char* what;
  ServiceRule rule;
  bool matches;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class ResolverRule : public testing::TestWithParam<Case> {};

TEST_P(ResolverRule, Matches) {
  const FakeEngine engine(
      [](const std::string&) { return container_answer("shop-1", "acme/shop:1.2", R"({"team":"blue"})"); });
  FakeHost host;
  host.start(7, process());
  AttributionConfig config;
  config.docker_socket = engine.socket();
  config.rules = {GetParam().rule};
  config.rules[0].service = "by-rule";
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7, "shopd", 8080) == "by-rule", GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    All, ResolverRule,
    testing::Values(Case{"exe", {.exe = "/srv/*/shopd"}, true}, Case{"another exe", {.exe = "shopd"}, false},
                    Case{"args", {.args = "shopd --port *"}, true},
                    Case{"other args", {.args = "*--port 81"}, false}, Case{"unit", {.unit = "sho?"}, true},
                    Case{"unit with its type", {.unit = "shop.service"}, true},
                    Case{"another unit", {.unit = "shops"}, false},
                    Case{"cgroup", {.cgroup = "/system.slice/*"}, true},
                    Case{"cgroup of version 1", {.cgroup = "/legacy"}, true},
                    Case{"another cgroup", {.cgroup = "/x/*"}, false},
                    Case{"container name", {.container_name = "shop-*"}, true},
                    Case{"another container", {.container_name = "cart-*"}, false},
                    Case{"image", {.container_image = "acme/shop:*"}, true},
                    Case{"another image", {.container_image = "shop"}, false},
                    Case{"label", {.container_label = "team=b*"}, true},
                    Case{"another value", {.container_label = "team=red"}, false},
                    Case{"another label", {.container_label = "tier=*"}, false},
                    Case{"port", {.ports = {1, 8080}}, true}, Case{"another port", {.ports = {80}}, false},
                    Case{"everything",
                         {.exe = "*shopd",
                          .args = "*80",
                          .unit = "shop",
                          .cgroup = "*",
                          .container_name = "shop-1",
                          .container_image = "*",
                          .container_label = "team=blue",
                          .ports = {8080}},
                         true},
                    Case{"everything but the port",
                         {.exe = "*shopd",
                          .args = "*80",
                          .unit = "shop",
                          .cgroup = "*",
                          .container_name = "shop-1",
                          .container_image = "*",
                          .container_label = "team=blue",
                          .ports = {8081}},
                         false},
                    Case{"everything but the label",
                         {.exe = "*shopd",
                          .args = "*80",
                          .unit = "shop",
                          .cgroup = "*",
                          .container_name = "shop-1",
                          .container_image = "*",
                          .container_label = "team=green",
                          .ports = {8080}},
                         false}));

TEST(ResolverRules, MayAskForTheUser) {
  FakeHost host;
  AttributionConfig config = FakeHost::no_engine();
  config.rules.resize(1);
  config.rules[0].service = "payments";
  config.rules[0].users = {990, 991};
  FakeProcess process;
  process.user = 991;
  host.start(7, process);
  process.user = 1000;
  host.start(8, process);
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "payments");
  EXPECT_EQ(name_of(resolver, 8), "shopd");
  const auto gone = [&](uint32_t pid, std::optional<uint32_t> user) {
    return resolver.name(resolver.resolve({.tgid = pid, .cgroup_id = 0, .comm = "x", .parent = 0, .forked = false, .user = user}, 0));
  };
  EXPECT_EQ(gone(9, 990), "payments");
  EXPECT_EQ(gone(10, 0), "x");
  EXPECT_EQ(gone(11, std::nullopt), "x");
}

TEST(ResolverRules, TheUsersOfANameAreCounted) {
  FakeHost host;
  FakeProcess process;
  process.user = 0;
  host.start(7, process);
  process.user = 33;  // its worker
  process.parent = 7;
  process.forked = true;
  host.start(8, process);
  process.forked = false;
  process.user = 1000;
  ServiceResolver resolver = host.resolver();
  const ServiceId shop = resolver.resolve({.tgid = 7, .cgroup_id = 0, .comm = "x"}, 0);
  EXPECT_EQ(resolver.resolve({.tgid = 8, .cgroup_id = 0, .comm = "x"}, 0), shop);
  EXPECT_EQ(resolver.users(shop), 1u);
  host.start(9, process);
  EXPECT_EQ(resolver.resolve({.tgid = 9, .cgroup_id = 0, .comm = "x"}, 0), shop);
  EXPECT_EQ(resolver.users(shop), 2u);
  host.end(9);
  resolver.sweep(5);
  EXPECT_EQ(resolver.users(shop), 1u);
}

TEST(ResolverRules, TheFirstOneWins) {
  FakeHost host;
  host.start(7, process());
  AttributionConfig config = FakeHost::no_engine();
  config.rules = {
      {.service = "a", .exe = "/nowhere"}, {.service = "b", .exe = "*shopd"}, {.service = "c", .exe = "*"}};
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "b");
}

TEST(ResolverRules, AboutContainersMatchNoProcessOutsideOfOne) {
  FakeHost host;
  FakeProcess outside = process();
  outside.cgroup = "0::/system.slice/shop.service\n";
  host.start(7, outside);
  AttributionConfig config = FakeHost::no_engine();
  config.rules = {{.service = "by-rule", .container_name = "*"}};
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "shop");
}

TEST(ResolverRules, MatchAContainerOfKubernetesByTheNameItHasThere) {
  FakeHost host;
  FakeProcess pod = process();
  pod.cgroup = "0::/kubepods/pod2c48913c/" + kId + "\n";
  pod.mounts = "1 2 8:1 /pods/2c48913c/containers/shop-api/0f3a /dev/termination-log rw\n";
  host.start(7, pod);
  AttributionConfig config = FakeHost::no_engine();
  config.rules = {{.service = "by-rule", .container_name = "shop-*"}};
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "by-rule");
}

TEST(ResolverRules, OneProcessMayServeSeveralPortsUnderSeveralNames) {
  FakeHost host;
  FakeProcess both = process();
  both.cgroup = "";
  host.start(7, both);
  AttributionConfig config = FakeHost::no_engine();
  config.rules = {{.service = "shop", .ports = {80}}, {.service = "admin", .ports = {81}}};
  ServiceResolver resolver = host.resolver(config);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(name_of(resolver, 7, "shopd", 80), "shop");
    EXPECT_EQ(name_of(resolver, 7, "shopd", 81), "admin");
    EXPECT_EQ(name_of(resolver, 7, "shopd", 40000), "shopd");  // no rule's port
    EXPECT_EQ(name_of(resolver, 7, "shopd", 0), "shopd");
  }
  // All of them go with the process.
  host.end(7);
  resolver.sweep(77);
  for (const char* name : {"shop", "admin", "shopd"})
    EXPECT_EQ(resolver.gone_since_ns(resolver.intern(name)), 77u) << name;
}

TEST(ResolverRules, TheEngineIsNotAskedWhenNobodyNeedsIt) {
  const FakeEngine engine([](const std::string&) { return container_answer("shop-1"); });
  FakeHost host;
  FakeProcess named = process();
  named.environment = {"SERVICE_NAME=shop"};
  host.start(7, named);
  AttributionConfig config;
  config.docker_socket = engine.socket();
  config.rules = {{.service = "x", .exe = "/nowhere", .container_name = "*"}};
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "shop");
  EXPECT_EQ(engine.questions(), 0);
}

}  // namespace
}  // namespace sockwatch
