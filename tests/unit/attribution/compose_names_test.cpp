#include "attribution/compose_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockwatch {
namespace {

ContainerInfo container(const std::string& name, std::map<std::string, std::string> labels) {
  return {.name = name, .image = "", .labels = std::move(labels)};
}

ContainerInfo compose(const std::string& name, const std::string& project, const std::string& service) {
  return container(name, {{"com.docker.compose.project", project}, {"com.docker.compose.service", service}});
}

TEST(ComposeService, IsToldByLabels) {
  for (const char* name : {"shop-web-1", "shop_web_12", "shop-web-run-3f2a9c1be7d8"}) {
    const auto service = compose_service(compose(name, "shop", "web"));
    ASSERT_TRUE(service) << name;
    EXPECT_EQ(service->project, "shop");
    EXPECT_EQ(service->service, "web");
  }
  const auto podman = compose_service(
      container("shop_web_1", {{"io.podman.compose.project", "shop"}, {"com.docker.compose.service", "web"}}));
  ASSERT_TRUE(podman);
  EXPECT_EQ(podman->service, "web");
}

TEST(ComposeService, IsToldBySwarm) {
  const auto stack = compose_service(container(
      "shop_web.1.x7a", {{"com.docker.swarm.service.name", "shop_web"}, {"com.docker.stack.namespace", "shop"}}));
  ASSERT_TRUE(stack);
  EXPECT_EQ(stack->project, "shop");
  EXPECT_EQ(stack->service, "web");
  const auto alone = compose_service(container("web.1.x7a", {{"com.docker.swarm.service.name", "web"}}));
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->project, "");
  EXPECT_EQ(alone->service, "web");
}

TEST(ComposeService, ANameThatSomebodyGaveStays) {
  EXPECT_FALSE(compose_service(compose("storefront", "shop", "web")));
  EXPECT_FALSE(compose_service(compose("shop-web-blue", "shop", "web")));
  EXPECT_FALSE(compose_service(compose("shop-web", "shop", "web")));
  EXPECT_FALSE(compose_service(container("shop-web-1", {})));
}

TEST(ComposeNames, HoldTheProjectWhereTwoHaveOneName) {
  ComposeNames names;
  EXPECT_EQ(names.name({"shop", "web"}), "web");
  EXPECT_EQ(names.name({"shop", "web"}), "web");
  EXPECT_TRUE(names.take_contested().empty());
  EXPECT_EQ(names.name({"blog", "web"}), "blog/web");
  EXPECT_THAT(names.take_contested(), testing::ElementsAre("web"));
  EXPECT_EQ(names.name({"shop", "web"}), "shop/web");
  EXPECT_EQ(names.name({"", "web"}), "web");
  EXPECT_TRUE(names.take_contested().empty());
  EXPECT_EQ(names.name({"blog", "db"}), "db");
}

TEST(ComposeNames, AreBounded) {
  ComposeNames names;
  for (size_t i = 0; i < ComposeNames::kMaxServices; ++i) names.name({"p", "s" + std::to_string(i)});
  EXPECT_EQ(names.name({"p", "more"}), "p/more");
}

}  // namespace
}  // namespace sockwatch
