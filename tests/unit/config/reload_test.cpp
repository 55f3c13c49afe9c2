#include "config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Reload, TakesWhatCanChange) {
  Config fresh;
  fresh.attribution.rules.emplace_back().service = "shop";
  fresh.attribution.service_env = {"NAME"};
  fresh.filter.exclude.ports = {9100};
  fresh.routes.patterns = {"/a/*"};
  fresh.metrics.labels = {{"cluster", "a"}};
  fresh.metrics.expire_after = std::chrono::seconds(7);
  fresh.log.level = "debug";
  const Reloaded reloaded = reload(Config{}, fresh);
  EXPECT_THAT(reloaded.pending, IsEmpty());
  EXPECT_EQ(reloaded.config.attribution.rules.size(), 1u);
  EXPECT_THAT(reloaded.config.attribution.service_env, ElementsAre("NAME"));
  EXPECT_THAT(reloaded.config.filter.exclude.ports, ElementsAre(9100));
  EXPECT_THAT(reloaded.config.routes.patterns, ElementsAre("/a/*"));
  EXPECT_EQ(reloaded.config.metrics.labels.size(), 1u);
  EXPECT_EQ(reloaded.config.metrics.expire_after, std::chrono::seconds(7));
  EXPECT_EQ(reloaded.config.log.level, "debug");
}

TEST(Reload, LeavesWhatCannotAndNamesIt) {
  Config fresh;
  fresh.attribution.docker_socket = "/elsewhere";
  fresh.routes.max_children = fresh.routes.max_nodes = fresh.routes.max_segments = 3;
  fresh.routes.max_length = 64;
  fresh.metrics.max_total_lines = 2000;
  fresh.metrics.naming = NamingMode::both;
  fresh.metrics.duration_buckets = {1};
  fresh.metrics.born_at_zero = {};
  fresh.metrics.max_series = fresh.metrics.max_services = 2;
  fresh.capture.attach = AttachMode::fexit;
  fresh.capture.listing = ListingMode::descriptors;
  fresh.capture.ring_bytes = fresh.capture.max_connections = 65536 * 2;
  fresh.web.listen_address = ":1";
  fresh.capture.btf = "/host/btf";
  const Reloaded reloaded = reload(Config{}, fresh);
  EXPECT_THAT(reloaded.pending, ElementsAre("attribution.docker_socket",
                                            "routes.max_children",
                                            "routes.max_nodes",
                                            "routes.max_segments",
                                            "routes.max_length",
                                            "metrics.naming",
                                            "metrics.duration_buckets",
                                            "metrics.born_at_zero",
                                            "metrics.max_series",
                                            "metrics.max_total_lines",
                                            "metrics.max_services",
                                            "capture.ring_bytes",
                                            "capture.max_connections",
                                            "capture.attach",
                                            "capture.listing",
                                            "web",
                                            "paths"));
  EXPECT_EQ(reloaded.config.metrics.max_series, Config{}.metrics.max_series);
  EXPECT_EQ(reloaded.config.web, Config{}.web);
}

}  // namespace
}  // namespace sockwatch
