// The two columns of the table of metrics, and what a registry writes under each naming.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/registry.h"
#include "aggregation/self_metrics.h"
#include "config/values.h"

namespace sockwatch {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    parts.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return parts;
}

/// "name{labels}" -> value; of a histogram its count.
std::map<std::string, double> values(const Snapshot& snapshot) {
  std::map<std::string, double> found;
  for (const MetricFamily& family : snapshot.families) {
    const std::string name(family.name());
    for (const Sample& sample : family.samples) found[name + '{' + *sample.labels + '}'] += sample.value;
    for (const HistogramSample& sample : family.histograms) {
      double count = 0;
      for (const uint64_t n : sample.counts) count += static_cast<double>(n);
      EXPECT_TRUE(found.emplace(name + '{' + *sample.labels + '}', count).second)
          << "twice: " << *sample.labels;
    }
  }
  return found;
}

Transaction transaction(Role role, std::string_view target, Status status) {
  Transaction t;
  t.role = role;
  t.method = "GET";
  t.target = target;
  t.status = status;
  t.duration_ns = 60'000'000;
  return t;
}

Snapshot counted(NamingMode naming) {
  MetricsConfig config;
  config.naming = naming;
  Registry registry(config, {});
  registry.record(0, "shop", "", transaction(Role::server, "/a/1", Status::code(200)));
  registry.record(0, "shop", "", transaction(Role::server, "/a/2", Status::code(200)));
  registry.record(0, "shop", "", transaction(Role::server, "/a/2", Status::code(404)));
  registry.record(0, "shop", "", transaction(Role::server, "/a/2", Status::code(503)));
  registry.record(0, "shop", "", transaction(Role::server, "/a/2", Status::aborted()));
  registry.record(0, "shop", "", transaction(Role::server, "/a/2", Status::unknown()));
  registry.record(0, "shop", "10.0.0.1:8080", transaction(Role::client, "/b", Status::code(404)));
  registry.record(0, "shop", "[::1]:81", transaction(Role::client, "/b", Status::code(200)));
  registry.record(0, "shop", "auth", transaction(Role::client, "/b", Status::code(200)));
  registry.record_cache(0, "shop", "redis", 3, 1);
  registry.set_active_connections(0, "shop", 2);
  Snapshot snapshot;
  registry.snapshot(snapshot);
  return snapshot;
}

const std::map<std::string, double> kOtel = {
    {R"(http_server_request_duration_seconds{service_name="shop",http_request_method="GET",http_route="/a/{id}",http_response_status_code="200",url_scheme="http"})",
     2},
    {R"(http_server_request_duration_seconds{service_name="shop",http_request_method="GET",http_route="/a/{id}",http_response_status_code="404",url_scheme="http"})",
     1},
    {R"(http_server_request_duration_seconds{service_name="shop",http_request_method="GET",http_route="/a/{id}",http_response_status_code="503",error_type="503",url_scheme="http"})",
     1},
    {R"(http_server_request_duration_seconds{service_name="shop",http_request_method="GET",http_route="/a/{id}",error_type="aborted",url_scheme="http"})",
     1},
    {R"(http_client_request_duration_seconds{service_name="shop",http_request_method="GET",url_template="/b",http_response_status_code="404",error_type="404",server_address="10.0.0.1",server_port="8080",url_scheme="http"})",
     1},
    {R"(http_client_request_duration_seconds{service_name="shop",http_request_method="GET",url_template="/b",http_response_status_code="200",server_address="::1",server_port="81",url_scheme="http"})",
     1},
    {R"(http_client_request_duration_seconds{service_name="shop",http_request_method="GET",url_template="/b",http_response_status_code="200",server_address="auth",url_scheme="http"})",
     1},
};

TEST(Naming, OtelHasTheConventionsNamesAndLabelsAndNoOthers) {
  std::map<std::string, double> expected = kOtel;
  // What the conventions have no name for keeps its own, by service_name.
  expected[R"(active_connections{service_name="shop"})"] = 2;
  expected[R"(cache_hits_total{service_name="shop",cache_type="redis"})"] = 3;
  expected[R"(cache_misses_total{service_name="shop",cache_type="redis"})"] = 1;
  EXPECT_EQ(values(counted(NamingMode::otel)), expected);
}

TEST(Naming, BothIsTheClassicOnesAndTheConventions) {
  std::map<std::string, double> expected = values(counted(NamingMode::classic));
  ASSERT_EQ(expected.count(R"(http_requests_total{service="shop",method="GET",path="/a/{id}",status="200"})"),
            1u);
  ASSERT_EQ(expected.count(R"(active_connections{service="shop"})"), 1u);
  for (const auto& [series, value] : expected)
    EXPECT_EQ(series.find("service_name"), std::string::npos) << series;
  expected.insert(kOtel.begin(), kOtel.end());
  EXPECT_EQ(values(counted(NamingMode::both)), expected);
}

TEST(Naming, FamiliesOfOneNameFollowOneAnother) {
  for (const NamingMode mode : {NamingMode::classic, NamingMode::otel, NamingMode::both}) {
    std::set<std::string_view> seen;
    std::string_view last;
    for (const MetricFamily& family : counted(mode).families) {
      if (family.name() != last) {
        EXPECT_TRUE(seen.insert(family.name()).second) << family.name();
      }
      last = family.name();
    }
  }
}

TEST(Naming, EachNamingHasItsBuckets) {
  for (const MetricFamily& family : counted(NamingMode::both).families) {
    if (family.histograms.empty()) continue;
    ASSERT_TRUE(family.bounds);
    if (family.naming == Naming::classic) {
      EXPECT_EQ(*family.bounds, MetricsConfig().duration_buckets);
    } else {
      EXPECT_THAT(*family.bounds,
                  ElementsAre(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10));
    }
    const size_t bucket = family.naming == Naming::classic ? 6 : 4;  // of 60 ms
    for (const HistogramSample& sample : family.histograms) {
      ASSERT_EQ(sample.counts.size(), family.bounds->size() + 1);
      EXPECT_GT(sample.counts[bucket], 0u);
      EXPECT_DOUBLE_EQ(sample.sum, 0.06 * static_cast<double>(sample.counts[bucket]));
    }
  }
}

TEST(Naming, SeriesAreCountedAsTheyAreWritten) {
  for (const NamingMode mode : {NamingMode::classic, NamingMode::otel, NamingMode::both}) {
    MetricsConfig config;
    config.naming = mode;
    Registry registry(config, {});
    registry.record(0, "shop", "", transaction(Role::server, "/a", Status::code(200)));
    registry.record(0, "shop", "", transaction(Role::server, "/a", Status::code(500)));
    Snapshot snapshot;
    registry.snapshot(snapshot);
    EXPECT_EQ(registry.series(), values(snapshot).size());
  }
}

TEST(Naming, TheAgentsOwnMetricsNameServicesAsTheOthersDo) {
  SelfMetrics self;
  self.unreadable_segments[{"shop", "io_uring"}] = 1;
  auto names = [&](NamingMode mode) {
    Snapshot snapshot;
    SelfSeries(mode, 0).append(self, snapshot);
    const auto found = values(snapshot);
    return std::pair(
        found.size(),
        found.count(mode == NamingMode::otel
                        ? R"(sockwatch_unreadable_segments_total{service_name="shop",reason="io_uring"})"
                        : R"(sockwatch_unreadable_segments_total{service="shop",reason="io_uring"})"));
  };
  EXPECT_EQ(names(NamingMode::classic).second, 1u);
  EXPECT_EQ(names(NamingMode::otel).second, 1u);
  EXPECT_EQ(names(NamingMode::both), names(NamingMode::classic));
  EXPECT_EQ(names(NamingMode::otel).first, names(NamingMode::classic).first);
}

// The labels of the rows of databases and caches; which parsers there are is of no account.
TEST(Naming, DatabasesAndCaches) {
  auto otel = [](Metric metric, std::vector<Label> more) {
    std::vector<Label> labels = {{"service", "shop"}, {"db_system", "postgresql"}, {"peer", "10.0.0.9:5432"}};
    labels.insert(labels.end(), more.begin(), more.end());
    return std::string(descriptor(metric).otel.name) + '{' +
           *render_labels(descriptor(metric), NamingMode::otel, labels).otel + '}';
  };
  EXPECT_EQ(
      otel(Metric::db_query_duration, {{"operation", "SELECT"}, {"status", "ok"}}),
      R"(db_client_operation_duration_seconds{service_name="shop",db_system_name="postgresql",db_operation_name="SELECT",server_address="10.0.0.9",server_port="5432"})");
  EXPECT_EQ(
      otel(Metric::db_query_duration, {{"operation", "SELECT"}, {"status", "error"}}),
      R"(db_client_operation_duration_seconds{service_name="shop",db_system_name="postgresql",db_operation_name="SELECT",error_type="_OTHER",server_address="10.0.0.9",server_port="5432"})");
  EXPECT_EQ(
      otel(Metric::cache_operation_duration,
           {{"cache_type", "redis"}, {"operation", "GET"}, {"status", "aborted"}}),
      R"(db_client_operation_duration_seconds{service_name="shop",db_system_name="redis",db_operation_name="GET",error_type="aborted"})");
  EXPECT_EQ(
      otel(Metric::db_connections_active, {}),
      R"(db_client_connection_count{service_name="shop",db_system_name="postgresql",db_client_connection_pool_name="10.0.0.9:5432",db_client_connection_state="used"})");
  EXPECT_EQ(
      otel(Metric::db_connections_idle, {}),
      R"(db_client_connection_count{service_name="shop",db_system_name="postgresql",db_client_connection_pool_name="10.0.0.9:5432",db_client_connection_state="idle"})");
}

/// A database's row of the table of protocols; of a build that has none any other, which then has no peer.
const Protocol& some_database() {
  for (const Protocol& protocol : protocols())
    if (protocol.kind == ProtocolKind::database) return protocol;
  return protocols()[0];
}

TEST(Naming, QueriesUnderEachNaming) {
  auto counted_queries = [](NamingMode mode) {
    MetricsConfig config;
    config.naming = mode;
    Registry registry(config, {});
    QueryLink link{.service = 0,
                   .service_name = "shop",
                   .protocol = &some_database(),
                   .role = Role::client,
                   .peer = "db"};
    for (const QueryStatus status :
         {QueryStatus::ok, QueryStatus::ok, QueryStatus::error, QueryStatus::unknown})
      registry.record(link, {.operation = "SELECT", .status = status, .duration_ns = 60'000'000});
    link.role = Role::server;
    registry.record(
        link,
        {.role = Role::server, .operation = "SELECT", .status = QueryStatus::ok, .duration_ns = 60'000'000});
    Snapshot snapshot;
    registry.snapshot(snapshot);
    EXPECT_EQ(registry.series(), values(snapshot).size());
    return values(snapshot);
  };
  const std::string peer = some_database().kind == ProtocolKind::database ? "db" : "";
  const std::string address = peer.empty() ? "" : R"(,server_address="db")";
  const std::string system = "db_system=\"" + std::string(some_database().name) + '"';
  const std::string otel_system = "db_system_name=\"" + std::string(some_database().name) + '"';
  const std::string client = "{service=\"shop\"," + system + ",peer=\"" + peer + R"(",operation="SELECT")";
  const std::string server = "{service=\"shop\"," + system + R"(,operation="SELECT")";
  const std::map<std::string, double> classic = {
      {"db_queries_total" + client + R"(,status="ok"})", 2},
      {"db_queries_total" + client + R"(,status="error"})", 1},
      {"db_queries_total" + client + R"(,status="unknown"})", 1},
      {"db_query_duration_seconds" + client + "}", 3},
      {"db_server_queries_total" + server + R"(,status="ok"})", 1},
      {"db_server_query_duration_seconds" + server + "}", 1},
  };
  const std::string otel_client = "db_client_operation_duration_seconds{service_name=\"shop\"," +
                                  otel_system + R"(,db_operation_name="SELECT")";
  const std::map<std::string, double> conventions = {
      {otel_client + address + "}", 2},
      {otel_client + R"(,error_type="_OTHER")" + address + "}", 1},
  };
  EXPECT_EQ(counted_queries(NamingMode::classic), classic);
  std::map<std::string, double> expected = classic;
  expected.insert(conventions.begin(), conventions.end());
  EXPECT_EQ(counted_queries(NamingMode::both), expected);
  expected = conventions;
  const std::string otel_server = "{service_name=\"shop\"," + system + R"(,operation="SELECT")";
  expected["db_server_queries_total" + otel_server + R"(,status="ok"})"] = 1;
  expected["db_server_query_duration_seconds" + otel_server + "}"] = 1;
  EXPECT_EQ(counted_queries(NamingMode::otel), expected);
}

TEST(Peers, AddressAndPort) {
  const MetricDescriptor& metric = descriptor(Metric::http_client_request_duration);
  const std::pair<const char*, const char*> cases[] = {
      {"10.0.0.1:8080", R"(server_address="10.0.0.1",server_port="8080")"},
      {"[::1]:80", R"(server_address="::1",server_port="80")"},
      {"shop", R"(server_address="shop")"},
      {"unix:/run/app.sock", R"(server_address="unix:/run/app.sock")"},
      {"unix", R"(server_address="unix")"},
      {"_overflow", R"(server_address="_overflow")"},
      // Services may be named anything; no two peers may come out the same.
      {"::1:80", R"(server_address="::1:80")"},
      {"[10.0.0.1]:80", R"(server_address="[10.0.0.1]:80")"},
      {"[::1]", R"(server_address="[::1]")"},
      {"shop:", R"(server_address="shop:")"},
      {":80", R"(server_address=":80")"},
      {"a\"b", R"(server_address="a\"b")"},
  };
  for (const auto& [peer, expected] : cases)
    EXPECT_EQ(*render_labels(metric, NamingMode::otel, {{"peer", peer}}).otel,
              std::string(expected) + R"(,url_scheme="http")")
        << peer;
}

TEST(MetricTable, EveryOtelLabelComesFromALabelOfItsRow) {
  for (const MetricDescriptor& metric : metric_table()) {
    std::vector<std::string> labels = split(metric.labels);
    if (metric.type == MetricType::histogram) labels.emplace_back("status");  // a counter beside it has it
    for (const OtelLabel& label : metric.otel.labels) {
      if (label.rule == LabelRule::constant) continue;
      EXPECT_THAT(labels, testing::Contains(label.from)) << metric.name << ' ' << label.name;
    }
    if (!metric.otel.has_own_name()) continue;
    EXPECT_EQ(metric.otel.bounds.empty(), metric.type != MetricType::histogram) << metric.name;
    EXPECT_FALSE(metric.otel.labels.empty()) << metric.name;
  }
}

// Or a constant label of the configuration could be one of a metric's own.
TEST(MetricTable, EveryLabelIsReserved) {
  std::set<std::string> labels = {"le", "quantile", "trace_id", "service_name"};
  for (const MetricDescriptor& metric : metric_table()) {
    for (const std::string& label : split(metric.labels)) labels.insert(label);
    for (const OtelLabel& label : metric.otel.labels) labels.insert(std::string(label.name));
  }
  EXPECT_THAT(labels, testing::ElementsAreArray(reserved_labels()));
}

TEST(MetricTable, NamesAreSound) {
  std::set<std::string_view> names;
  std::string_view last_otel;
  for (const MetricDescriptor& metric : metric_table()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.type == MetricType::counter, metric.name.ends_with("_total")) << metric.name;
    EXPECT_FALSE(metric.help.empty()) << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.') || metric.name.starts_with("process_")) << metric.name;
    EXPECT_TRUE(metric.type != MetricType::histogram || metric.name.ends_with("_seconds")) << metric.name;
  }
  std::set<std::string_view> otel_names;
  for (const MetricDescriptor& metric : metric_table()) {
    const std::string_view name = metric.otel.name;
    if (!metric.otel.has_own_name()) continue;
    EXPECT_TRUE(name == last_otel || otel_names.insert(name).second) << "not neighbours: " << name;
    EXPECT_TRUE(name == metric.name || names.count(name) == 0) << name << " is another row's classic name";
    last_otel = name;
  }
}

}  // namespace
}  // namespace sockwatch
