#include "aggregation/labels.h"

#include <gtest/gtest.h>

#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

TEST(Labels, AreEscaped) {
  EXPECT_EQ(*render_labels({}), "");
  EXPECT_EQ(*render_labels({{"a", "1"}, {"b", ""}}), R"(a="1",b="")");
  EXPECT_EQ(*render_labels({{"a", "x\"y\\z\nend\\"}}), R"(a="x\"y\\z\nend\\")");
  EXPECT_EQ(*render_labels({{"a", "\xe2\x82\xac \t{},="}}), "a=\"\xe2\x82\xac \t{},=\"");
}

TEST(Labels, OfTheOtelColumnAreEscapedToo) {
  const SeriesLabels labels =
      render_labels(descriptor(Metric::http_request_duration), NamingMode::both,
                    {{"service", "a\"b"}, {"method", "GET"}, {"path", "/x\n"}, {"status", "200"}});
  EXPECT_EQ(
      *labels.otel,
      R"(service_name="a\"b",http_request_method="GET",http_route="/x\n",http_response_status_code="200",url_scheme="http")");
}

TEST(Labels, AreRenderedWhereTheMetricIsWritten) {
  const MetricDescriptor& absent = descriptor(Metric::http_requests);
  const MetricDescriptor& own = descriptor(Metric::http_request_duration);
  const MetricDescriptor& shared = descriptor(Metric::cache_hits);
  const struct {
    const MetricDescriptor& metric;
    NamingMode mode;
    bool classic;
    bool otel;
  } cases[] = {
      {absent, NamingMode::classic, true, false}, {absent, NamingMode::otel, false, false},
      {absent, NamingMode::both, true, false},    {own, NamingMode::classic, true, false},
      {own, NamingMode::otel, false, true},       {own, NamingMode::both, true, true},
      {shared, NamingMode::classic, true, false}, {shared, NamingMode::otel, false, true},
      {shared, NamingMode::both, true, false},
  };
  for (const auto& c : cases) {
    const SeriesLabels labels = render_labels(c.metric, c.mode, {{"service", "shop"}});
    EXPECT_EQ(labels.classic != nullptr, c.classic) << c.metric.name << ' ' << static_cast<int>(c.mode);
    EXPECT_EQ(labels.otel != nullptr, c.otel) << c.metric.name << ' ' << static_cast<int>(c.mode);
  }
}

}  // namespace
}  // namespace sockwatch
