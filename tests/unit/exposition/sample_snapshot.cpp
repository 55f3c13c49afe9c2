#include "sample_snapshot.h"

#include <string>

namespace sockwatch {
namespace {

constexpr MetricDescriptor kRequests =
    describe("http_requests_total", MetricType::counter, "HTTP requests by outcome.");
constexpr MetricDescriptor kDuration = describe("http_request_duration_seconds", MetricType::histogram,
                                                "Time from a request's first byte to its response's last.");
constexpr MetricDescriptor kConnections =
    describe("active_connections", MetricType::gauge, "Connections now open.");

LabelText labels(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

}  // namespace

std::shared_ptr<const Snapshot> small_snapshot() {
  auto snapshot = std::make_shared<Snapshot>();
  MetricFamily requests{.descriptor = &kRequests, .samples = {}, .histograms = {}, .bounds = nullptr};
  requests.samples.push_back({labels(R"(service="shop",method="GET",path="/",status="200")"), 7});
  requests.samples.push_back({labels(R"(service="shop",method="GET",path="/a\"b\\c\n",status="404")"), 1});
  MetricFamily duration{.descriptor = &kDuration,
                        .samples = {},
                        .histograms = {},
                        .bounds = std::make_shared<const std::vector<double>>(std::vector{0.005, 1.0, 2.5})};
  duration.histograms.push_back({labels(R"(service="shop",method="GET",path="/")"), {3, 0, 2, 2}, 12.25});
  MetricFamily connections{.descriptor = &kConnections, .samples = {}, .histograms = {}, .bounds = nullptr};
  connections.samples.push_back({nullptr, 3});
  snapshot->families = {requests, duration, connections};
  return snapshot;
}

std::shared_ptr<const Snapshot> large_snapshot(size_t series) {
  auto snapshot = std::make_shared<Snapshot>();
  MetricFamily requests{.descriptor = &kRequests, .samples = {}, .histograms = {}, .bounds = nullptr};
  requests.samples.reserve(series);
  for (size_t i = 0; i < series; ++i) {
    requests.samples.push_back(
        {labels("service=\"service-" + std::to_string(i % 97) + "\",method=\"GET\",path=\"/api/v1/resource-" +
                std::to_string(i) + "/{id}\",status=\"200\""),
         static_cast<double>(i * 7919 % 1000003)});
  }
  snapshot->families.push_back(std::move(requests));
  return snapshot;
}

}  // namespace sockwatch
