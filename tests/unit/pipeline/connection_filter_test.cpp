#include "pipeline/connection_filter.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

using Facts = ConnectionFilter::Facts;

Facts facts(std::string_view service, uint16_t local = 8080, uint16_t remote = 50000,
            std::optional<std::string_view> cgroup = {}) {
  return {.service = service, .local_port = local, .remote_port = remote, .cgroup = cgroup};
}

TEST(ConnectionFilter, WithoutListsEverythingPasses) {
  const ConnectionFilter filter({});
  EXPECT_TRUE(filter.passes(facts("shop")));
  EXPECT_FALSE(filter.asks_for_cgroup());
  EXPECT_FALSE(filter.leaves_out("shop"));
}

TEST(ConnectionFilter, OneMatchOfAnyListIncludes) {
  const ConnectionFilter filter(
      {.include = {.services = {"shop-*"}, .ports = {80}, .cgroups = {}}, .exclude = {}});
  EXPECT_TRUE(filter.passes(facts("shop-1")));
  EXPECT_TRUE(filter.passes(facts("cart", 80)));
  EXPECT_TRUE(filter.passes(facts("cart", 50000, 80))) << "the port of the other end";
  EXPECT_FALSE(filter.passes(facts("cart")));
  EXPECT_FALSE(filter.leaves_out("cart")) << "its connections on port 80 are counted";
}

TEST(ConnectionFilter, ExclusionWins) {
  const ConnectionFilter filter({.include = {.services = {"*"}, .ports = {}, .cgroups = {}},
                                 .exclude = {.services = {"secret"}, .ports = {9100}, .cgroups = {}}});
  EXPECT_TRUE(filter.passes(facts("shop")));
  EXPECT_FALSE(filter.passes(facts("secret")));
  EXPECT_FALSE(filter.passes(facts("shop", 9100)));
  EXPECT_TRUE(filter.leaves_out("secret"));
}

TEST(ConnectionFilter, ACgroupCountsOnlyWhereItWasLookedUp) {
  const ConnectionFilter filter(
      {.include = {.services = {}, .ports = {}, .cgroups = {"/web.slice/*"}}, .exclude = {}});
  EXPECT_TRUE(filter.asks_for_cgroup());
  EXPECT_TRUE(filter.passes(facts("shop", 1, 2, "/web.slice/shop")));
  EXPECT_FALSE(filter.passes(facts("shop", 1, 2, "/db.slice/shop")));
  EXPECT_FALSE(filter.passes(facts("shop", 1, 2, ""))) << "it was looked up and is not known";
  EXPECT_TRUE(filter.passes(facts("shop", 1, 2)));
}

}  // namespace
}  // namespace sockwatch
