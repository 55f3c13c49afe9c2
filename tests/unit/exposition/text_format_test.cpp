#include "exposition/text_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "sample_snapshot.h"

namespace sockwatch {
namespace {

using testing::HasSubstr;

std::string written(const Snapshot& snapshot) {
  std::string out;
  write_text(snapshot, TextFormat::prometheus, out);
  return out;
}

std::string written_value(double value) {
  static constexpr MetricDescriptor metric = describe("m", MetricType::gauge, "h");
  Snapshot snapshot;
  snapshot.families.push_back(
      {.descriptor = &metric, .samples = {{nullptr, value}}, .histograms = {}, .bounds = nullptr});
  const std::string text = written(snapshot);
  const std::string_view start = "# HELP m h\n# TYPE m gauge\nm ";
  EXPECT_TRUE(text.starts_with(start)) << text;
  return text.substr(start.size(), text.size() - start.size() - 1);
}

TEST(TextFormat, WritesEveryTypeExactly) {
  EXPECT_EQ(written(*small_snapshot()), R"(# HELP http_requests_total HTTP requests by outcome.
# TYPE http_requests_total counter
http_requests_total{service="shop",method="GET",path="/",status="200"} 7
http_requests_total{service="shop",method="GET",path="/a\"b\\c\n",status="404"} 1
# HELP http_request_duration_seconds Time from a request's first byte to its response's last.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="0.005"} 3
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="1"} 3
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="2.5"} 5
http_request_duration_seconds_bucket{service="shop",method="GET",path="/",le="+Inf"} 7
http_request_duration_seconds_sum{service="shop",method="GET",path="/"} 12.25
http_request_duration_seconds_count{service="shop",method="GET",path="/"} 7
# HELP active_connections Connections now open.
# TYPE active_connections gauge
active_connections 3
)");
}

TEST(TextFormat, AppendsAndLeavesOutFamiliesWithoutSeries) {
  static constexpr MetricDescriptor metric = describe("m", MetricType::gauge, "h");
  Snapshot snapshot;
  snapshot.families.push_back({.descriptor = &metric, .samples = {}, .histograms = {}, .bounds = nullptr});
  std::string out = "before\n";
  write_text(snapshot, TextFormat::prometheus, out);
  EXPECT_EQ(out, "before\n");
}

TEST(TextFormat, HistogramWithoutLabelsOrBoundsHasItsLeAlone) {
  static constexpr MetricDescriptor metric = describe("h", MetricType::histogram, "x");
  Snapshot snapshot;
  snapshot.families.push_back(
      {.descriptor = &metric, .samples = {}, .histograms = {{nullptr, {4}, 0.5}}, .bounds = nullptr});
  EXPECT_EQ(written(snapshot),
            "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum 0.5\nh_count 4\n");
}

TEST(TextFormat, ConstantLabelsStandInFrontOfEverySeriesOwn) {
  Snapshot snapshot = *small_snapshot();
  snapshot.constant_labels = std::make_shared<const std::string>("zone=\"b\"");
  std::istringstream lines(written(snapshot));
  size_t series = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    ++series;
    EXPECT_THAT(line, testing::AnyOf(HasSubstr("{zone=\"b\",service="), HasSubstr("{zone=\"b\",le="),
                                     HasSubstr("{zone=\"b\"}")));
  }
  EXPECT_GT(series, 5u);
}

TEST(TextFormat, EscapesHelp) {
  static constexpr MetricDescriptor metric = describe("m", MetricType::gauge, "a\\b\nc\"d");
  Snapshot snapshot;
  snapshot.families.push_back(
      {.descriptor = &metric, .samples = {{nullptr, 1}}, .histograms = {}, .bounds = nullptr});
  EXPECT_THAT(written(snapshot), HasSubstr("# HELP m a\\\\b\\nc\"d\n"));
}

TEST(TextFormat, WholeNumbersHaveNoExponentUpTo2To53) {
  EXPECT_EQ(written_value(0), "0");
  EXPECT_EQ(written_value(100000), "100000");
  EXPECT_EQ(written_value(1e15), "1000000000000000");
  EXPECT_EQ(written_value(-1234567), "-1234567");
  EXPECT_EQ(written_value(9007199254740992.0), "9007199254740992");
}

TEST(TextFormat, OtherNumbersAreShortestAndReadBackExactly) {
  EXPECT_EQ(written_value(0.1), "0.1");
  EXPECT_EQ(written_value(0.1 + 0.2), "0.30000000000000004");
  for (const double value : {1.0 / 3, 1e-9, 5e-324, 1.7976931348623157e308, 1e22, 123456.789, -2.5e-7}) {
    const std::string text = written_value(value);
    double read = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    EXPECT_EQ(error, std::errc{}) << text;
    EXPECT_EQ(end, text.data() + text.size()) << text;
    EXPECT_EQ(read, value) << text;
  }
}

TEST(TextFormat, SpecialValuesAreSpeltAsPrometheusReadsThem) {
  EXPECT_EQ(written_value(std::nan("")), "NaN");
  EXPECT_EQ(written_value(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(written_value(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(TextFormat, ReservesOnceForManySeries) {
  std::string out;
  write_text(*large_snapshot(10'000), TextFormat::prometheus, out);
  EXPECT_LT(out.capacity(), out.size() * 5 / 4) << "the estimate was too small, or far too large";
}

TEST(TextFormat, InPiecesItIsTheSame) {
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    const auto snapshot = large_snapshot(5'000);
    std::string whole;
    write_text(*snapshot, format, whole);
    std::string joined;
    size_t largest = 0;
    write_text(*snapshot, format, [&](std::string_view piece) {
      joined += piece;
      largest = std::max(largest, piece.size());
    });
    EXPECT_EQ(joined, whole);
    EXPECT_LT(largest, whole.size() / 2) << "it came in one piece";
  }
}

}  // namespace
}  // namespace sockwatch
