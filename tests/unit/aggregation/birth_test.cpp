// When series came to be: which snapshot had them first, and the time.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "aggregation/registry.h"
#include "aggregation/self_metrics.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

Transaction request(std::string_view path, Status status) {
  Transaction transaction;
  transaction.method = "GET";
  transaction.target = path;
  transaction.status = status;
  transaction.duration_ns = 1'000'000;
  return transaction;
}

Snapshot taken(Registry& registry) {
  Snapshot snapshot;
  registry.snapshot(snapshot);
  return snapshot;
}

/// "name{labels}" of counters and histograms -> number of the snapshot that had them first.
std::map<std::string, uint64_t> births(const Snapshot& snapshot) {
  std::map<std::string, uint64_t> found;
  for (const MetricFamily& family : snapshot.families) {
    const std::string name(family.name());
    for (const Sample& sample : family.samples) found[name + '{' + *sample.labels + '}'] = sample.birth.snapshot;
    for (const HistogramSample& sample : family.histograms)
      found[name + '{' + *sample.labels + '}'] = sample.birth.snapshot;
  }
  return found;
}

constexpr const char* kFine = R"(http_requests_total{service="shop",method="GET",path="/a",status="200"})";
constexpr const char* kFailed = R"(http_requests_total{service="shop",method="GET",path="/a",status="500"})";
constexpr const char* kDurations = R"(http_request_duration_seconds{service="shop",method="GET",path="/a"})";

TEST(Birth, ASeriesKeepsTheNumberOfTheSnapshotThatHadItFirst) {
  Registry registry({}, {});
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  EXPECT_EQ(births(taken(registry)), (std::map<std::string, uint64_t>{{kFine, 1}, {kDurations, 1}}));
  taken(registry);
  registry.record(0, "shop", "", request("/a", Status::code(500)));
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  const std::map<std::string, uint64_t> expected = {{kFine, 1}, {kDurations, 1}, {kFailed, 3}};
  EXPECT_EQ(births(taken(registry)), expected);
  EXPECT_EQ(births(taken(registry)), expected);
}

TEST(Birth, ASnapshotTellsTheNewestOfItself) {
  Registry registry({}, {});
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  EXPECT_EQ(taken(registry).newest_birth, 1u);
  EXPECT_EQ(taken(registry).newest_birth, 1u) << "nothing was born since";
  registry.record(1, "auth", "", request("/a", Status::code(200)));
  EXPECT_EQ(taken(registry).newest_birth, 3u);
}

TEST(Birth, WhatComesBackIsBornAnew) {
  Registry registry({}, {});
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  taken(registry);
  registry.forget_service(0);
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  EXPECT_EQ(births(taken(registry)).at(kFine), 2u);
}

TEST(Birth, OfEveryKindOfSeriesThatCounts) {
  for (const NamingMode mode : {NamingMode::classic, NamingMode::otel, NamingMode::both}) {
    MetricsConfig config;
    config.naming = mode;
    Registry registry(config, {});
    taken(registry);
    taken(registry);
    registry.record(0, "shop", "db", request("/a", Status::code(200)));
    registry.record_cache(0, "shop", "redis", 1, 1);
    registry.set_active_connections(0, "shop", 1);
    for (size_t protocol = 0; protocol < kProtocols; ++protocol) {
      for (const Role role : {Role::server, Role::client}) {
        const QueryLink link{.service = 0, .service_name = "shop", .protocol = &protocols()[protocol], .role = role, .peer = "db"};
        registry.record(link, {.role = role, .operation = "GET", .status = QueryStatus::ok, .duration_ns = 1'000'000, .hits = 1});
        registry.add_sessions(link, SessionState::idle, 1);
      }
    }
    const Snapshot snapshot = taken(registry);
    for (const MetricFamily& family : snapshot.families) {
      const bool counts = family.descriptor->type == MetricType::counter;
      for (const Sample& sample : family.samples) {
        EXPECT_EQ(sample.birth.snapshot, counts ? 3u : 0u) << family.name() << *sample.labels;
        EXPECT_EQ(sample.birth.at_ns != 0, counts) << family.name() << *sample.labels;
      }
      for (const HistogramSample& sample : family.histograms)
        EXPECT_EQ(sample.birth.snapshot, 3u) << family.name() << *sample.labels;
    }
  }
}

TEST(Birth, IsAtATimeBeforeTheFirstSnapshotThatHasIt) {
  Registry registry({}, {});
  const uint64_t before_ns = monotonic_ns();
  registry.record(0, "shop", "", request("/a", Status::code(200)));
  const uint64_t after_ns = monotonic_ns();
  const Snapshot snapshot = taken(registry);
  for (const MetricFamily& family : snapshot.families) {
    for (const Sample& sample : family.samples) {
      EXPECT_GE(sample.birth.at_ns, before_ns);
      EXPECT_LE(sample.birth.at_ns, after_ns);
    }
    for (const HistogramSample& sample : family.histograms) {
      EXPECT_GE(sample.birth.at_ns, before_ns);
      EXPECT_LE(sample.birth.at_ns, after_ns);
    }
  }
}

TEST(Birth, TheAgentsOwnSeriesAreAsOldAsTheAgentOrAsTheLastSnapshotWithoutThem) {
  SelfSeries own(NamingMode::classic, 1000);
  SelfMetrics self;
  self.lost_segments["ring_full"] = 0;
  auto append = [&](uint64_t number) {
    Snapshot snapshot;
    snapshot.number = number;
    snapshot.taken_ns = 1000 + 1000 * number;
    own.append(self, snapshot);
    std::map<std::string, Birth> found;
    for (const MetricFamily& family : snapshot.families)
      for (const Sample& sample : family.samples)
        if (family.name() == "sockwatch_lost_segments_total") found[*sample.labels] = sample.birth;
    return found;
  };
  EXPECT_EQ(append(1).at(R"(reason="ring_full")").at_ns, 1000u);
  append(2);
  self.lost_segments["memory_limit"] = 3;
  const auto found = append(3);
  EXPECT_EQ(found.at(R"(reason="ring_full")").snapshot, 1u);
  EXPECT_EQ(found.at(R"(reason="memory_limit")").snapshot, 3u);
  EXPECT_EQ(found.at(R"(reason="memory_limit")").at_ns, 3000u) << "it was not there when the second was taken";
  EXPECT_EQ(append(4).at(R"(reason="memory_limit")").snapshot, 3u);
}

}  // namespace
}  // namespace sockwatch
