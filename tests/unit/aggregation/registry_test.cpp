// What transactions become: series, bounded, whose counters never decrease.
#include "aggregation/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Values = std::map<std::string, double>;

/// "name{labels}" -> value; of a histogram "name_count" and "name_sum".
Values values(Registry& registry) {
  Snapshot snapshot;
  registry.snapshot(snapshot);
  Values found;
  for (const MetricFamily& family : snapshot.families) {
    const std::string name(family.name());
    for (const Sample& sample : family.samples)
      EXPECT_TRUE(found.emplace(name + '{' + *sample.labels + '}', sample.value).second)
          << "twice: " << *sample.labels;
    for (const HistogramSample& sample : family.histograms) {
      double count = 0;
      for (const uint64_t n : sample.counts) count += static_cast<double>(n);
      found[name + "_count{" + *sample.labels + '}'] = count;
      found[name + "_sum{" + *sample.labels + '}'] = sample.sum;
    }
  }
  return found;
}

double total(const Values& found, std::string_view name) {
  double sum = 0;
  for (const auto& [series, value] : found)
    if (series.starts_with(std::string(name) + '{')) sum += value;
  return sum;
}

size_t series(const Values& found, std::string_view name) {
  return static_cast<size_t>(std::count_if(found.begin(), found.end(), [&](const auto& s) {
    return s.first.starts_with(std::string(name) + '{');
  }));
}

struct Asked {
  std::string method = "GET";
  std::string target = "/";
  Status status = Status::code(200);
  Role role = Role::server;
  std::string peer = {};
  uint64_t duration_ns = 2'000'000;
  uint64_t start_ns = 0;
};

void record(Registry& registry, const Asked& asked, uint32_t service = 0, std::string_view name = "shop") {
  Transaction t;
  t.role = asked.role;
  t.method = asked.method;
  t.target = asked.target;
  t.status = asked.status;
  t.start_ns = asked.start_ns;
  t.duration_ns = asked.duration_ns;
  registry.record(service, name, asked.peer, t);
}

std::string word(int n) {
  std::string text = "na";
  for (; n > 0; n /= 5) text += std::string(1, "bdmst"[n % 5]) + 'a';
  return text;
}

TEST(Registry, CountsByEveryLabel) {
  Registry registry({}, {});
  record(registry, {.target = "/users/1?x=secret"});
  record(registry, {.target = "/users/2"});
  record(registry, {.target = "/users/2", .status = Status::code(404)});
  record(registry, {.method = "POST", .target = "/users/2", .status = Status::aborted()});
  record(registry, {.method = "BREW", .target = "/pot", .status = Status::unknown()});
  record(registry, {.method = "get", .target = "/pot"}, 3, "teapot");
  record(registry, {.target = "/a", .role = Role::client, .peer = "auth"});
  record(registry, {.target = "/a", .role = Role::client, .peer = "10.0.0.1:80"});
  EXPECT_THAT(
      values(registry),
      ElementsAre(
          Pair(
              R"(http_client_request_duration_seconds_count{service="shop",method="GET",path="/a",peer="10.0.0.1:80"})",
              1),
          Pair(
              R"(http_client_request_duration_seconds_count{service="shop",method="GET",path="/a",peer="auth"})",
              1),
          Pair(
              R"(http_client_request_duration_seconds_sum{service="shop",method="GET",path="/a",peer="10.0.0.1:80"})",
              0.002),
          Pair(
              R"(http_client_request_duration_seconds_sum{service="shop",method="GET",path="/a",peer="auth"})",
              0.002),
          Pair(
              R"(http_client_requests_total{service="shop",method="GET",path="/a",status="200",peer="10.0.0.1:80"})",
              1),
          Pair(
              R"(http_client_requests_total{service="shop",method="GET",path="/a",status="200",peer="auth"})",
              1),
          Pair(R"(http_request_duration_seconds_count{service="shop",method="GET",path="/users/{id}"})", 3),
          Pair(R"(http_request_duration_seconds_count{service="shop",method="POST",path="/users/{id}"})", 1),
          Pair(R"(http_request_duration_seconds_count{service="shop",method="_OTHER",path="/pot"})", 0),
          Pair(R"(http_request_duration_seconds_count{service="teapot",method="_OTHER",path="/pot"})", 1),
          Pair(R"(http_request_duration_seconds_sum{service="shop",method="GET",path="/users/{id}"})", 0.006),
          Pair(R"(http_request_duration_seconds_sum{service="shop",method="POST",path="/users/{id}"})",
               0.002),
          Pair(R"(http_request_duration_seconds_sum{service="shop",method="_OTHER",path="/pot"})", 0),
          Pair(R"(http_request_duration_seconds_sum{service="teapot",method="_OTHER",path="/pot"})", 0.002),
          Pair(R"(http_requests_total{service="shop",method="GET",path="/users/{id}",status="200"})", 2),
          Pair(R"(http_requests_total{service="shop",method="GET",path="/users/{id}",status="404"})", 1),
          Pair(R"(http_requests_total{service="shop",method="POST",path="/users/{id}",status="aborted"})", 1),
          Pair(R"(http_requests_total{service="shop",method="_OTHER",path="/pot",status="unknown"})", 1),
          Pair(R"(http_requests_total{service="teapot",method="_OTHER",path="/pot",status="200"})", 1)));
}

TEST(Registry, EveryMethodOfTheStandardIsItself) {
  Registry registry({}, {});
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
                             "PROPFIND", "", "\"}\n"})
    record(registry, {.method = method});
  EXPECT_EQ(series(values(registry), "http_requests_total"), 10u);
  EXPECT_EQ(
      values(registry).at(R"(http_requests_total{service="shop",method="_OTHER",path="/",status="200"})"), 3);
  EXPECT_EQ(values(registry).at(
                R"(http_requests_total{service="shop",method="CONNECT",path="_authority",status="200"})"),
            1);
}

TEST(Registry, NamesOfServicesAndPeersAreEscaped) {
  Registry registry({}, {});
  record(registry, {.role = Role::client, .peer = "p\"\\\n"}, 0, "s\"\\\n");
  EXPECT_EQ(
      values(registry).count(
          R"(http_client_requests_total{service="s\"\\\n",method="GET",path="/",status="200",peer="p\"\\\n"})"),
      1u);
}

TEST(Registry, ConnectionsAreAGauge) {
  Registry registry({}, {});
  registry.set_active_connections(2, "shop", 5);
  registry.set_active_connections(2, "shop", 3);
  registry.set_active_connections(7, "idle", 0);
  EXPECT_THAT(values(registry), ElementsAre(Pair(R"(active_connections{service="idle"})", 0),
                                            Pair(R"(active_connections{service="shop"})", 3)));
}

// Beyond max_series, whatever is varied: every request is counted, the series are bounded, and the overflow
// is told.
TEST(Registry, WhatHasNoRoomIsCountedTogether) {
  MetricsConfig metrics;
  metrics.max_series = 10;
  RoutesConfig routes;
  routes.max_children = 1000;
  const auto vary = [&](const char* what, const std::function<Asked(int)>& asked) {
    SCOPED_TRACE(what);
    Registry registry(metrics, routes);
    for (int i = 0; i < 100; ++i) record(registry, asked(i));
    const Values found = values(registry);
    const bool client = asked(0).role == Role::client;
    const std::string name = client ? "http_client_requests_total" : "http_requests_total";
    const std::string durations =
        client ? "http_client_request_duration_seconds_count" : "http_request_duration_seconds_count";
    EXPECT_EQ(total(found, name), 100);
    EXPECT_EQ(total(found, durations), 100);
    EXPECT_EQ(registry.series_overflowed(), 90u);
    double overflow = 0;
    for (const auto& [labels, value] : found)
      if (labels.starts_with(name) && labels.find("path=\"_overflow\"") != std::string::npos)
        overflow += value;
    EXPECT_EQ(overflow, 90);
    EXPECT_LE(registry.series(), 20u);
  };
  vary("path", [](int i) { return Asked{.target = '/' + word(i)}; });
  vary("peer",
       [](int i) { return Asked{.role = Role::client, .peer = "10.0.0." + std::to_string(i) + ":80"}; });
  vary("status", [](int i) { return Asked{.status = Status::code(static_cast<uint16_t>(200 + i))}; });
}

TEST(Registry, AServiceThatOverflowsTakesNoRoomFromAnother) {
  MetricsConfig metrics;
  metrics.max_series = 10;
  Registry registry(metrics, {});
  for (int i = 0; i < 40; ++i) record(registry, {.target = '/' + word(i)});
  const uint64_t overflowed = registry.series_overflowed();
  EXPECT_GT(overflowed, 0u);
  for (int i = 0; i < 10; ++i) record(registry, {.target = '/' + word(i)}, 1, "auth");
  EXPECT_EQ(registry.series_overflowed(), overflowed);
}

TEST(Registry, StatusesOfTheOverflowAreBoundedThemselves) {
  MetricsConfig metrics;
  metrics.max_series = 1;
  Registry registry(metrics, {});
  for (uint16_t code = 100; code < 1000; ++code) record(registry, {.status = Status::code(code)});
  const Values found = values(registry);
  EXPECT_EQ(total(found, "http_requests_total"), 900);
  EXPECT_LT(series(found, "http_requests_total"), 70u);
  EXPECT_GT(
      found.at(R"(http_requests_total{service="shop",method="GET",path="_overflow",status="_overflow"})"),
      800);
}

TEST(Registry, RoutesThatHaveNoRoomOverflowToo) {
  RoutesConfig routes;
  routes.max_nodes = 5;
  Registry registry({}, routes);
  for (int i = 0; i < 30; ++i) record(registry, {.target = '/' + word(i)});
  EXPECT_EQ(values(registry).at(
                R"(http_requests_total{service="shop",method="GET",path="_overflow",status="200"})"),
            25);
  EXPECT_EQ(registry.series_overflowed(), 25u);
}

// Under every kind of trouble, from one scrape to the next: no counter, bucket or sum decreases, and none
// goes.
TEST(Registry, CountersNeverDecrease) {
  MetricsConfig metrics;
  metrics.max_series = 30;
  metrics.naming = NamingMode::both;
  RoutesConfig routes;
  routes.max_children = 8;
  Registry registry(metrics, routes);
  std::mt19937 random(3);
  std::map<std::string, std::vector<double>> before;
  uint64_t overflowed = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 50; ++i) {
      const bool client = random() % 3 == 0;
      const uint32_t service = random() % 4;
      record(registry,
             {.method = random() % 9 == 0 ? "POST" : "GET",
              .target = '/' + word(static_cast<int>(random() % 40)) + '/' + std::to_string(random()),
              .status = random() % 10 == 0 ? Status::unknown()
                                           : Status::code(static_cast<uint16_t>(200 + random() % 30)),
              .role = client ? Role::client : Role::server,
              .peer = client ? word(static_cast<int>(random() % 50)) : std::string(),
              .duration_ns = random()},
             service, "shop" + std::to_string(service));
    }
    registry.record_cache(0, "shop0", word(static_cast<int>(random() % 40)), random() % 3, random() % 2);
    Snapshot snapshot;
    registry.snapshot(snapshot);
    std::map<std::string, std::vector<double>> now;
    for (const MetricFamily& family : snapshot.families) {
      const std::string name =
          std::string(family.name()) + std::to_string(static_cast<int>(family.naming)) + '{';
      for (const Sample& sample : family.samples) now[name + *sample.labels] = {sample.value};
      for (const HistogramSample& sample : family.histograms) {
        auto& value = now[name + *sample.labels];
        value.assign(sample.counts.begin(), sample.counts.end());
        value.push_back(sample.sum);
      }
    }
    for (const auto& [labels, value] : before) {
      ASSERT_EQ(now.count(labels), 1u) << "gone: " << labels;
      for (size_t i = 0; i < value.size(); ++i) ASSERT_GE(now[labels][i], value[i]) << labels;
    }
    ASSERT_GE(registry.series_overflowed(), overflowed);
    overflowed = registry.series_overflowed();
    before = std::move(now);
  }
  EXPECT_GT(overflowed, 0u);
  for (uint32_t service = 0; service < 4; ++service) registry.forget_service(service);
  EXPECT_EQ(registry.series_overflowed(), overflowed);
}

std::set<std::string> paths(const Values& found, std::string_view status) {
  std::set<std::string> all;
  for (const auto& [series, value] : found) {
    const size_t at = series.find("path=\"");
    if (!series.starts_with("http_requests_total{") || series.find("status=\"" + std::string(status)) == std::string::npos) continue;
    all.insert(series.substr(at + 6, series.find('"', at + 6) - at - 6));
  }
  return all;
}

// A stranger asks a service for what it does not have: its routes keep their names and their room.
TEST(Registry, JunkTakesNothingFromAServersRoutes) {
  for (const uint16_t code : {400, 404, 405}) {
    Registry registry({}, {});
    record(registry, {.target = "/login"});
    for (int i = 0; i < 5000; ++i) record(registry, {.target = '/' + word(i % 60) + '/' + word(i), .status = Status::code(code)});
    for (const char* path : {"/login", "/checkout", "/orders/recent"}) record(registry, {.target = path});
    const Values found = values(registry);
    EXPECT_THAT(paths(found, "200"), ElementsAre("/checkout", "/login", "/orders/recent"));
    EXPECT_EQ(paths(found, std::to_string(code)).size(), 21u);
    EXPECT_EQ(found.at("http_requests_total{service=\"shop\",method=\"GET\",path=\"_unmatched\",status=\"" + std::to_string(code) + "\"}"), 4980);
    EXPECT_EQ(registry.series_overflowed(), 0u);
  }
  Registry registry({}, {});
  for (int i = 0; i < 40; ++i) record(registry, {.target = '/' + word(i), .status = Status::code(404), .role = Role::client, .peer = "x"});
  EXPECT_EQ(series(values(registry), "http_client_requests_total"), 40u) << "what others answer says nothing of a client's routes";
}

uint64_t lines(Registry& registry) {
  Snapshot snapshot;
  registry.snapshot(snapshot);
  uint64_t n = 0;
  for (const MetricFamily& family : snapshot.families)
    n += family.samples.size() + (family.bounds ? family.histograms.size() * (family.bounds->size() + 3) : 0);
  return n;
}

/// What a service has under `_overflow` is always kept: the page may exceed its bound by the last two histograms of it.
constexpr uint64_t kKeptAnyway = 2 * 17;

// Caps multiply: many services with many routes each. The page has one bound, and a service that is modest its routes.
TEST(Registry, TheLinesOfAllServicesTogetherAreBoundedAndFair) {
  for (const NamingMode naming : {NamingMode::classic, NamingMode::otel, NamingMode::both}) {
    MetricsConfig metrics;
    metrics.naming = naming;
    metrics.max_total_lines = 5000;
    RoutesConfig routes;
    routes.max_children = 1000;
    Registry registry(metrics, routes);
    const auto modest = [&](uint64_t second) {
      for (int i = 0; i < 3; ++i) record(registry, {.target = "/real" + word(i), .start_ns = second * 1'000'000'000}, 90, "modest");
    };
    for (uint32_t service = 0; service < 20; ++service)
      for (int i = 0; i < 300; ++i)
        record(registry, {.method = i % 2 ? "GET" : "PUT", .target = '/' + word(i), .start_ns = 1'000'000'000}, service, "greedy" + std::to_string(service));
    EXPECT_LE(lines(registry), 5000u + kKeptAnyway);
    EXPECT_GT(lines(registry), 3500u) << "what is there is used";
    modest(2);
    QueryLink link{.service = 91, .service_name = "asks", .protocol = &protocols()[kProtocols - 1], .role = Role::client, .peer = "db"};
    registry.record(link, {.operation = "SELECT", .status = QueryStatus::ok, .start_ns = 2, .duration_ns = 1});
    link.service = 92;
    for (int i = 0; i < 500; ++i) {
      const std::string peer = "10.0." + std::to_string(i / 100) + '.' + std::to_string(i) + ":5432";
      link.peer = peer;
      registry.record(link, {.operation = "SELECT", .status = QueryStatus::ok, .start_ns = 2, .duration_ns = 1});
      registry.add_sessions(link, SessionState::idle, 1);
    }
    modest(3);
    const Values found = values(registry);
    EXPECT_LE(lines(registry), 5000u + kKeptAnyway);
    if (naming != NamingMode::otel) {
      EXPECT_THAT(paths(found, "200"), testing::IsSupersetOf({"/real" + word(0), "/real" + word(1), "/real" + word(2)}));
    }
    EXPECT_GT(registry.series_overflowed(), 0u);
    EXPECT_GT(registry.total_lines_hits(), 0u);
    registry.set_page_lines(lines(registry) + 500);
    EXPECT_LE(lines(registry), 4500u);
    for (uint32_t service = 0; service < 100; ++service) registry.forget_service(service);
    EXPECT_EQ(lines(registry), 0u);
    const uint64_t overflowed = registry.series_overflowed();
    for (int i = 0; i < 100; ++i) record(registry, {.target = '/' + word(i)});
    EXPECT_EQ(registry.series_overflowed(), overflowed) << "what was let go of is there again";
  }
}

// Whose routes fill the memory that all share gives way, too.
TEST(Registry, RoutesOfAllServicesTogetherAreBounded) {
  RoutesConfig routes;
  routes.max_children = 5000;
  MetricsConfig metrics;
  metrics.max_series = 10;
  Registry registry(metrics, routes);
  for (uint32_t service = 0; service < 30; ++service)
    for (int i = 0; i < 4000; ++i) record(registry, {.target = '/' + word(i), .start_ns = 1000}, service, "junk" + std::to_string(service));
  for (int i = 0; i < 5; ++i) record(registry, {.target = "/real" + word(i), .start_ns = 2000}, 90, "modest");
  EXPECT_EQ(paths(values(registry), "200").count("/real" + word(4)), 1u);
}

constexpr uint64_t kSecondNs = 1'000'000'000;

TEST(Registry, NamesOfBrokenLinksExpireInALivingService) {
  Registry registry({}, {});
  record(registry, {.target = "/login", .start_ns = 400 * kSecondNs});
  record(registry, {.target = "/typo", .status = Status::code(404), .start_ns = 400 * kSecondNs});
  registry.advance(600 * kSecondNs);
  EXPECT_THAT(paths(values(registry), "404"), ElementsAre("/typo"));
  registry.advance(701 * kSecondNs);
  EXPECT_THAT(paths(values(registry), "404"), IsEmpty());
  EXPECT_THAT(paths(values(registry), "200"), ElementsAre("/login"));
  EXPECT_EQ(registry.series(), 2u);
}

// Full, and some of it unused for expire_after: peers that are addresses make room first.
TEST(Registry, WhatIsUnusedMakesRoomInALivingService) {
  MetricsConfig metrics;
  metrics.max_series = 10;
  Registry registry(metrics, {});
  const auto ask = [&](const std::string& peer, uint64_t second) {
    record(registry, {.target = "/a", .role = Role::client, .peer = peer, .start_ns = second * kSecondNs});
  };
  for (int i = 0; i < 5; ++i) ask("10.0.0." + std::to_string(i) + ":80", 1000);
  for (int i = 0; i < 5; ++i) ask("named" + std::to_string(i), 1000);
  ask("fresh", 1200);
  EXPECT_EQ(registry.series_overflowed(), 1u) << "nothing is unused for long enough";
  ask("named0", 1300);
  ask("fresh", 1310);
  EXPECT_EQ(registry.series_overflowed(), 1u);
  const auto has = [&](const std::string& peer) { return series(values(registry), "http_client_requests_total") > 0 &&
    values(registry).contains("http_client_requests_total{service=\"shop\",method=\"GET\",path=\"/a\",status=\"200\",peer=\"" + peer + "\"}"); };
  EXPECT_TRUE(has("fresh") && has("named4") && has("named0"));
  EXPECT_FALSE(has("10.0.0.1:80"));
  for (int i = 0; i < 4; ++i) ask("more" + std::to_string(i), 1311);
  ask("last", 1313);
  EXPECT_FALSE(has("named4")) << "then those that have a name";
  EXPECT_TRUE(has("named0") && has("last") && has("fresh"));
  EXPECT_EQ(registry.series_overflowed(), 1u);
}

TEST(Registry, AForgottenServiceIsGoneAndComesBackFromZero) {
  Registry registry({}, {});
  record(registry, {}, 0, "shop");
  record(registry, {.role = Role::client, .peer = "x"}, 0, "shop");
  registry.set_active_connections(0, "shop", 1);
  registry.record_cache(0, "shop", "redis", 1, 1);
  record(registry, {}, 1, "auth");
  const size_t all = values(registry).size();
  registry.forget_service(0);
  registry.forget_service(99);
  for (const auto& [labels, value] : values(registry))
    EXPECT_EQ(labels.find("shop"), std::string::npos) << labels;
  EXPECT_LT(values(registry).size(), all);
  EXPECT_EQ(registry.series(), 2u);
  record(registry, {}, 0, "shop");
  EXPECT_EQ(values(registry).at(R"(http_requests_total{service="shop",method="GET",path="/",status="200"})"),
            1);
  registry.forget_service(0);
  registry.forget_service(1);
  EXPECT_THAT(values(registry), IsEmpty());
  EXPECT_EQ(registry.series(), 0u);
}

}  // namespace
}  // namespace sockwatch
