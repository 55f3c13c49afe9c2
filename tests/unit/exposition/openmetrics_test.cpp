#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exposition/text_format.h"
#include "sample_snapshot.h"

namespace sockwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string written(const Snapshot& snapshot, TextFormat format = TextFormat::openmetrics) {
  std::string out;
  write_text(snapshot, format, out);
  return out;
}

Exemplar exemplar(uint32_t bucket, std::string_view trace, uint64_t duration_ns, uint64_t at_ns) {
  return {.bucket = bucket, .trace = TraceId(trace), .duration_ns = duration_ns, .at_ns = at_ns};
}

TEST(OpenMetrics, WritesEveryTypeExactly) {
  const std::string expected = R"(# HELP http_requests HTTP requests by outcome.
# TYPE http_requests counter
http_requests_total{service="shop",method="GET",path="/",status="200"} 7
http_requests_total{service="shop",method="GET",path="/a\"b\\c\n",status="404"} 1
# HELP http_request_duration_seconds Time from a request's first byte to its response's last.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="0.005"} 3
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="1.0"} 3
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="2.5"} 5
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="+Inf"} 7
http_request_duration_seconds_sum{service="shop",method="GET",path="/"} 12.25
http_request_duration_seconds_count{service="shop",method="GET",path="/"} 7
# HELP active_connections Connections now open.
# TYPE active_connections gauge
active_connections 3
# EOF
)";
  EXPECT_EQ(written(*small_snapshot()), expected);
  EXPECT_EQ(written(*small_snapshot(), TextFormat::openmetrics_draft), expected);
}

TEST(OpenMetrics, AnEmptySnapshotHasAnEnd) { EXPECT_EQ(written({}), "# EOF\n"); }

TEST(OpenMetrics, UnitsThatEndTheNameAreTold) {
  static constexpr MetricDescriptor metrics[] = {
      {"a_seconds_total", MetricType::counter, "seconds", "h"},
      {"b_bytes", MetricType::gauge, "bytes", "h"},
      {"c_bytes_max", MetricType::gauge, "bytes", "h"},
      {"kilobytes", MetricType::gauge, "bytes", "h"},
      {"bytes", MetricType::gauge, "bytes", "h"},
  };
  Snapshot snapshot;
  for (const MetricDescriptor& metric : metrics) {
    MetricFamily& family = snapshot.families.emplace_back();
    family.descriptor = &metric;
    family.samples.push_back({nullptr, 1});
  }
  EXPECT_EQ(written(snapshot), R"(# HELP a_seconds h
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total 1
# HELP b_bytes h
# TYPE b_bytes gauge
# UNIT b_bytes bytes
b_bytes 1
# HELP c_bytes_max h
# TYPE c_bytes_max gauge
c_bytes_max 1
# HELP kilobytes h
# TYPE kilobytes gauge
kilobytes 1
# HELP bytes h
# TYPE bytes gauge
bytes 1
# EOF
)");
  EXPECT_THAT(written(snapshot, TextFormat::prometheus), Not(HasSubstr("UNIT")));
}

TEST(OpenMetrics, EscapesQuotesInHelpToo) {
  static constexpr MetricDescriptor metric = describe("m", MetricType::gauge, "a\\b\nc\"d");
  Snapshot snapshot;
  snapshot.families.emplace_back().descriptor = &metric;
  snapshot.families.back().samples.push_back({nullptr, 1});
  EXPECT_THAT(written(snapshot), HasSubstr("# HELP m a\\\\b\\nc\\\"d\n"));
}

TEST(OpenMetrics, BucketsShowTheTraceThatFellIntoThem) {
  const auto snapshot = std::make_shared<Snapshot>(*small_snapshot());
  snapshot->wall_clock_offset_ns = 1'700'000'000'000'000'000;
  snapshot->families[1].histograms[0].exemplars = {
      exemplar(3, "4bf92f3577b34da6a3ce929d0e0e4736", 3'000'000'001, 5'123'456'789),
      exemplar(0, "64fe8b2a57d3eff7", 4'500'000, 0)};
  const std::string text = written(*snapshot);
  EXPECT_THAT(text,
              HasSubstr(R"(path="/",le="0.005"} 3 # {trace_id="64fe8b2a57d3eff7"} 0.004500000 1700000000.000)"
                        "\n"));
  EXPECT_THAT(text, HasSubstr(R"(path="/",le="1.0"} 3)"
                              "\n"));
  EXPECT_THAT(text, HasSubstr(R"(path="/",le="2.5"} 5)"
                              "\n"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(le="+Inf"} 7 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 3.000000001 1700000005.123)"
                "\n"));
  EXPECT_THAT(written(*snapshot, TextFormat::prometheus), Not(HasSubstr("trace_id")));
}

TEST(OpenMetrics, WithoutAClockExemplarsHaveNoTime) {
  const auto snapshot = std::make_shared<Snapshot>(*small_snapshot());
  snapshot->families[1].histograms[0].exemplars = {exemplar(0, "64fe8b2a57d3eff7", 4'500'000, 77)};
  EXPECT_THAT(written(*snapshot), HasSubstr("} 3 # {trace_id=\"64fe8b2a57d3eff7\"} 0.004500000\n"));
}

/// The sample, each series of which was born at 5 s, in the snapshot of the number that is its place in its family.
Snapshot born() {
  Snapshot snapshot = *small_snapshot();
  snapshot.wall_clock_offset_ns = 1'700'000'000'000'000'000;
  for (MetricFamily& family : snapshot.families) {
    if (family.descriptor->type == MetricType::gauge) continue;
    uint64_t number = 0;
    for (Sample& sample : family.samples) sample.birth = {.at_ns = 5'123'456'789, .snapshot = ++number};
    for (HistogramSample& sample : family.histograms) sample.birth = {.at_ns = 5'000'000'000, .snapshot = ++number};
  }
  return snapshot;
}

TEST(OpenMetrics, SaysSinceWhenCountersAndHistogramsCount) {
  const std::string text = written(born());
  EXPECT_THAT(text, HasSubstr("http_requests_total{service=\"shop\",method=\"GET\",path=\"/\",status=\"200\"} 7\n"
                              "http_requests_created{service=\"shop\",method=\"GET\",path=\"/\",status=\"200\"} 1700000005.123\n"
                              "http_requests_total{"));
  EXPECT_THAT(text, HasSubstr("http_request_duration_seconds_count{service=\"shop\",method=\"GET\",path=\"/\"} 7\n"
                              "http_request_duration_seconds_created{service=\"shop\",method=\"GET\",path=\"/\"} 1700000005.000\n"));
  EXPECT_THAT(text, Not(HasSubstr("active_connections_created")));
  EXPECT_THAT(written(born(), TextFormat::prometheus), Not(HasSubstr("_created")));
  Snapshot recorded = born();
  recorded.wall_clock_offset_ns.reset();
  EXPECT_THAT(written(recorded), Not(HasSubstr("_created"))) << "a time that means nothing";
}

TEST(OpenMetrics, WhoStoresSeriesIsShownTheNewOnesAtZero) {
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    const auto shown = [&](std::optional<uint64_t> seen) {
      std::string out;
      write_text(born(), format, out, {.stores = true, .seen = seen});
      EXPECT_THAT(out, Not(HasSubstr("_created"))) << "it would be stored as a series";
      EXPECT_THAT(out, HasSubstr("active_connections 3\n")) << "a gauge is what it is";
      return out;
    };
    EXPECT_EQ(shown(2), shown(std::nullopt)) << "who has seen all, and who comes first, are shown what is";
    EXPECT_THAT(shown(2), HasSubstr("status=\"404\"} 1\n"));
    EXPECT_THAT(shown(1), HasSubstr("status=\"200\"} 7\n"));
    EXPECT_THAT(shown(1), HasSubstr("status=\"404\"} 0\n"));
    EXPECT_THAT(shown(1), HasSubstr("_count{service=\"shop\",method=\"GET\",path=\"/\"} 7\n"));
    EXPECT_THAT(shown(0), HasSubstr("status=\"200\"} 0\n"));
  }
}

TEST(OpenMetrics, AHistogramBeginsAtZeroAsAWhole) {
  Snapshot snapshot = born();
  snapshot.families[1].histograms[0].exemplars = {exemplar(0, "64fe8b2a57d3eff7", 4'500'000, 77)};
  std::string out;
  write_text(snapshot, TextFormat::openmetrics, out, {.stores = true, .seen = 0});
  EXPECT_THAT(out, HasSubstr(R"(le="0.005"} 0
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="1.0"} 0
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="2.5"} 0
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="+Inf"} 0
http_request_duration_seconds_sum{service="shop",method="GET",path="/"} 0
http_request_duration_seconds_count{service="shop",method="GET",path="/"} 0
)"));
}

TEST(OpenMetrics, NeighboursOfOneNameAreOneFamily) {
  static constexpr MetricDescriptor used = {
      "pool_used", MetricType::gauge, "", "u", "", {.name = "pool", .help = "The pool."}};
  static constexpr MetricDescriptor idle = {"pool_idle", MetricType::gauge, "", "i", "", {.name = "pool"}};
  Snapshot snapshot;
  for (const MetricDescriptor* metric : {&used, &idle}) {
    MetricFamily& family = snapshot.families.emplace_back();
    family.descriptor = metric;
    family.naming = Naming::otel;
    family.samples.push_back(
        {std::make_shared<const std::string>("of=\"" + std::string(metric->name) + '"'), 1});
  }
  EXPECT_EQ(written(snapshot),
            "# HELP pool The pool.\n# TYPE pool gauge\npool{of=\"pool_used\"} 1\npool{of=\"pool_idle\"} 1\n# "
            "EOF\n");
  snapshot.families[1].naming = Naming::classic;
  EXPECT_THAT(written(snapshot), HasSubstr("# HELP pool_idle i\n# TYPE pool_idle gauge\npool_idle{"));
}

}  // namespace
}  // namespace sockwatch
