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
