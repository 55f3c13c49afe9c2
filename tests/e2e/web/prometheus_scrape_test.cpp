// A real Prometheus scrapes the metrics server and answers queries from what it got.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "prometheus_process.h"
#include "sample_snapshot.h"
#include "test_client.h"
#include "test_server.h"

namespace sockwatch {
namespace {

std::shared_ptr<const Snapshot> snapshot_with(double requests) {
  static constexpr MetricDescriptor total = describe("http_requests_total", MetricType::counter, "Requests.");
  static constexpr MetricDescriptor duration =
      describe("http_request_duration_seconds", MetricType::histogram, "Durations.");
  auto snapshot = std::make_shared<Snapshot>();
  const auto labels = std::make_shared<const std::string>(R"(service="shop",path="/a\"b\\c")");
  snapshot->families.push_back(
      {.descriptor = &total, .samples = {{labels, requests}}, .histograms = {}, .bounds = nullptr});
  snapshot->families.push_back(
      {.descriptor = &duration,
       .samples = {},
       .histograms = {{labels, {90, 10, 0}, 12.5}},
       .bounds = std::make_shared<const std::vector<double>>(std::vector{0.1, 1.0})});
  return snapshot;
}

/// It takes five seconds alone until Prometheus begins to scrape.
constexpr std::chrono::seconds kPrometheusPatience{60};

TEST(PrometheusScrape, IsUnderstoodOverOneConnection) {
  if (!PrometheusProcess::installed()) GTEST_SKIP() << "prometheus is not installed (package prometheus)";
  std::atomic<int> scrapes = 0;
  WebConfig config;
  config.listen_address = "127.0.0.1:0";
  const auto server = start_server(config, [&] { return snapshot_with(100.0 * ++scrapes); });
  ASSERT_TRUE(server) << server.error().message;

  const PrometheusProcess prometheus("127.0.0.1:" + std::to_string(server.value()->port()));
  ASSERT_NE(prometheus.port(), 0) << "Prometheus did not start:\n" << prometheus.log();
  ASSERT_TRUE(eventually([&] { return scrapes >= 10; }, kPrometheusPatience))
      << "Prometheus scraped " << scrapes << " times:\n"
      << prometheus.log();

  const auto answers = [&](const std::string& expression, const std::string& value) {
    EXPECT_TRUE(eventually([&] { return prometheus.query(expression) == value; }))
        << expression << " is \"" << prometheus.query(expression) << "\", not " << value;
  };
  answers("up", "1");
  answers("rate(http_requests_total[1m]) > bool 0", "1");
  answers("increase(http_requests_total{service=\"shop\",path=\"/a\\\"b\\\\c\"}[1m]) > bool 100", "1");
  answers("http_request_duration_seconds_count", "100");
  answers("http_request_duration_seconds_sum", "12.5");
  answers("histogram_quantile(0.9, http_request_duration_seconds_bucket)", "0.1");

  for (const auto& [reason, count] : server.value()->refused()) EXPECT_EQ(count, 0U) << reason;
  TestClient client(prometheus.port());
  ASSERT_TRUE(client.send("GET /metrics HTTP/1.0\r\n\r\n"));  // not chunked, that is
  const auto own = client.read_response();
  ASSERT_TRUE(own) << "Prometheus did not tell its own metrics";
  EXPECT_NE(own->body.find("net_conntrack_dialer_conn_established_total{dialer_name=\"sockwatch\"} 1\n"),
            std::string::npos)
      << "Prometheus had to connect again and again";
}

}  // namespace
}  // namespace sockwatch
