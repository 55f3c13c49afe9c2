#include "aggregation/cache_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "aggregation/registry.h"

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::map<std::string, double> values(const MetricFamily& family) {
  std::map<std::string, double> found;
  for (const Sample& sample : family.samples) found[*sample.labels] = sample.value;
  return found;
}

struct Taken {
  MetricFamily hits;
  MetricFamily misses;
};

Taken taken(CacheSeries& series) {
  Families families(1);
  series.snapshot(families);
  Snapshot snapshot;
  families.move_to(snapshot);
  return {snapshot.families.at(0), snapshot.families.at(1)};
}

/// More room than any of these tests needs.
SeriesRoom& plenty() {
  static SeriesRoom room(1'000'000, [](uint32_t, uint64_t) {}, [](uint32_t, uint64_t) {});
  return room;
}

TEST(CacheSeries, CountsByServiceAndType) {
  CacheSeries series(NamingMode::classic, Metric::cache_hits, Metric::cache_misses, plenty());
  series.record(1, "shop", "redis", 3, 1);
  series.record(1, "shop", "redis", 1, 0);
  series.record(1, "shop", "cdn", 0, 2);
  series.record(0, "auth", "redis", 5, 0);
  const Taken now = taken(series);
  EXPECT_THAT(values(now.hits), ElementsAre(Pair(R"(service="auth",cache_type="redis")", 5),
                                            Pair(R"(service="shop",cache_type="cdn")", 0),
                                            Pair(R"(service="shop",cache_type="redis")", 4)));
  EXPECT_THAT(values(now.misses), ElementsAre(Pair(R"(service="auth",cache_type="redis")", 0),
                                              Pair(R"(service="shop",cache_type="cdn")", 2),
                                              Pair(R"(service="shop",cache_type="redis")", 1)));
  EXPECT_EQ(series.series(), 6u);
}

TEST(CacheSeries, NothingSaidMakesNoSeries) {
  CacheSeries series(NamingMode::classic, Metric::cache_hits, Metric::cache_misses, plenty());
  series.record(7, "shop", "redis", 0, 0);
  EXPECT_EQ(series.series(), 0u);
}

TEST(CacheSeries, TypesBeyondTheBoundAreCountedTogether) {
  CacheSeries series(NamingMode::classic, Metric::cache_hits, Metric::cache_misses, plenty());
  for (int i = 0; i < 100; ++i) series.record(0, "shop", "type" + std::to_string(i), 2, 1);
  EXPECT_EQ(series.series(), 2 * (CacheSeries::kMaxCacheTypes + 1));
  const uint64_t beyond = 100 - CacheSeries::kMaxCacheTypes;
  EXPECT_EQ(series.overflowed(), 3 * beyond);
  EXPECT_EQ(values(taken(series).hits)[R"(service="shop",cache_type="_overflow")"],
            static_cast<double>(2 * beyond));
  series.record(0, "shop", "type0", 1, 0);
  EXPECT_EQ(values(taken(series).hits)[R"(service="shop",cache_type="type0")"], 3);
  series.record(1, "auth", "type99", 1, 0);  // another service has room of its own
  EXPECT_EQ(series.overflowed(), 3 * beyond);
}

TEST(CacheSeries, AForgottenServiceIsGoneAndItsOverflowIsNot) {
  CacheSeries series(NamingMode::classic, Metric::cache_hits, Metric::cache_misses, plenty());
  for (int i = 0; i < 17; ++i) series.record(2, "shop", "type" + std::to_string(i), 1, 0);
  series.record(1, "auth", "redis", 1, 0);
  series.forget_service(2);
  series.forget_service(50);
  EXPECT_EQ(series.series(), 2u);
  EXPECT_EQ(series.overflowed(), 1u);
}

// What both ends of one request saw: the asking service has its hit, the answering one too, and neither
// twice.
TEST(CacheSeries, HttpCachesCountOnceForEachServiceOfARequest) {
  Registry registry({}, {});
  Transaction t;
  t.method = "GET";
  t.target = "/a";
  t.status = Status::code(200);
  t.cache = CacheAnswer::hit;
  t.role = Role::server;
  registry.record(0, "varnish", "", t);
  t.role = Role::client;
  registry.record(1, "shop", "varnish", t);
  t.role = Role::server;  // a service that asks itself
  t.cache = CacheAnswer::miss;
  registry.record(2, "loop", "", t);
  t.role = Role::client;
  registry.record(2, "loop", "loop", t);
  t.cache = CacheAnswer::none;
  registry.record(3, "plain", "varnish", t);
  Snapshot snapshot;
  registry.snapshot(snapshot);
  std::map<std::string, double> found;
  for (const MetricFamily& family : snapshot.families)
    if (family.descriptor->name.starts_with("cache_"))
      for (const Sample& sample : family.samples)
        found[std::string(family.descriptor->name) + "{" + *sample.labels + "}"] = sample.value;
  EXPECT_THAT(found, ElementsAre(Pair(R"(cache_hits_total{service="loop",cache_type="cdn"})", 0),
                                 Pair(R"(cache_hits_total{service="shop",cache_type="cdn"})", 1),
                                 Pair(R"(cache_hits_total{service="varnish",cache_type="cdn"})", 1),
                                 Pair(R"(cache_misses_total{service="loop",cache_type="cdn"})", 1),
                                 Pair(R"(cache_misses_total{service="shop",cache_type="cdn"})", 0),
                                 Pair(R"(cache_misses_total{service="varnish",cache_type="cdn"})", 0)));
}

TEST(CacheSeries, AreInTheRegistry) {
  Registry registry({}, {});
  registry.record_cache(3, "shop", "redis", 2, 1);
  Snapshot snapshot;
  registry.snapshot(snapshot);
  ASSERT_EQ(snapshot.families.size(), 2u);
  EXPECT_EQ(snapshot.families[0].descriptor->name, "cache_hits_total");
  EXPECT_EQ(snapshot.families[1].descriptor->name, "cache_misses_total");
  EXPECT_EQ(registry.series(), 2u);
  registry.forget_service(3);
  EXPECT_EQ(registry.series(), 0u);
}

}  // namespace
}  // namespace sockwatch
