#include "attribution/name_explainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_engine.h"
#include "fake_host.h"

namespace sockwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kId = "3f2a9c1be7d84560a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718";

FakeProcess orders() {
  FakeProcess process;
  process.executable = "/usr/bin/python3.11";
  process.arguments = {"python3", "/srv/orders/app.py", "--password=secret"};
  process.environment = {"TOKEN=secret"};
  return process;
}

TEST(NameExplainer, TellsWhatNamedAProcessAndWhatDidNot) {
  FakeHost host;
  host.start(7, orders());
  AttributionConfig config = FakeHost::no_engine();
  config.rules.resize(1);
  config.rules[0].service = "x";
  config.rules[0].exe = "/none";
  NameExplainer explainer(config, host.procfs());
  const auto found = explainer.of_process(7);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->naming.name, "orders");
  EXPECT_EQ(found->naming.source, NameSource::program);
  const std::string text = to_text(*found);
  EXPECT_THAT(text, HasSubstr("process 7 (/usr/bin/python3.11) is the service \"orders\"\n"));
  EXPECT_THAT(text, HasSubstr("  rule          passed over: none of the configuration matches\n"));
  EXPECT_THAT(text, HasSubstr("  environment   passed over: "));
  EXPECT_THAT(text, HasSubstr("  program       names it: what it runs, by its arguments\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_FALSE(explainer.of_process(8));
}

TEST(NameExplainer, NamesTheRuleAndTheVariable) {
  FakeHost host;
  FakeProcess process = orders();
  process.environment.emplace_back("SERVICE_NAME=by-environment");
  host.start(7, process);
  EXPECT_THAT(to_text(*NameExplainer(FakeHost::no_engine(), host.procfs()).of_process(7)), HasSubstr("environment   names it: SERVICE_NAME\n"));
  AttributionConfig config = FakeHost::no_engine();
  config.rules.resize(2);
  config.rules[0].exe = "/none";
  config.rules[1].exe = "*python*";
  config.rules[1].service = "by-rule";
  EXPECT_THAT(to_text(*NameExplainer(config, host.procfs()).of_process(7)), HasSubstr("rule          names it: rule 2 of the configuration\n"));
}

TEST(NameExplainer, FollowsWhomAProcessWasForkedFrom) {
  FakeHost host;
  FakeProcess parent = orders();
  parent.environment = {"SERVICE_NAME=by-environment"};
  host.start(7, parent);
  FakeProcess child = orders();
  child.arguments = {"a title"};
  child.parent = 7;
  child.forked = true;
  host.start(8, child);
  const std::string text = to_text(*NameExplainer(FakeHost::no_engine(), host.procfs()).of_process(8));
  EXPECT_THAT(text, HasSubstr("is the service \"by-environment\""));
  EXPECT_THAT(text, HasSubstr("names it: SERVICE_NAME (process 7)\n"));
  EXPECT_THAT(text, HasSubstr("names it: it was forked from process 7\n"));
}

TEST(NameExplainer, FindsTheProcessesOfAName) {
  FakeHost host;
  host.start(7, orders());
  host.start(8, orders());
  host.start(9, {});
  NameExplainer explainer(FakeHost::no_engine(), host.procfs());
  EXPECT_EQ(explainer.of_name("orders", 20).size(), 2u);
  EXPECT_EQ(explainer.of_name("orders", 1).size(), 1u);
  EXPECT_TRUE(explainer.of_name("nobody", 20).empty());
}

TEST(NameExplainer, KnowsTheContainersOfOtherProjects) {
  FakeHost host;
  const std::string other(64, 'a');
  const FakeEngine engine([&](const std::string& id) {
    const std::string project = id == kId ? "shop" : "blog";
    return container_answer(project + "-web-1", "web:1",
                            R"({"com.docker.compose.project":")" + project + R"(","com.docker.compose.service":"web"})");
  });
  AttributionConfig config;
  config.docker_socket = engine.socket();
  FakeProcess process = orders();
  process.environment.clear();
  process.cgroup = "0::/system.slice/docker-" + kId + ".scope\n";
  host.start(7, process);
  EXPECT_EQ(NameExplainer(config, host.procfs()).of_process(7)->naming.name, "web");
  process.cgroup = "0::/system.slice/docker-" + other + ".scope\n";
  host.start(8, process);
  NameExplainer explainer(config, host.procfs());
  EXPECT_EQ(explainer.of_process(7)->naming.name, "shop/web");
  EXPECT_EQ(explainer.of_process(8)->naming.name, "blog/web");
  ServiceResolver resolver = host.resolver(config);
  EXPECT_EQ(name_of(resolver, 7), "web");
  EXPECT_EQ(name_of(resolver, 8), "blog/web");
  EXPECT_EQ(resolver.take_renamed().size(), 1u);
  EXPECT_EQ(name_of(resolver, 7), "shop/web");
  EXPECT_TRUE(resolver.take_renamed().empty());
}

}  // namespace
}  // namespace sockwatch
