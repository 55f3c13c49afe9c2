#include "aggregation/service_series.h"

#include <algorithm>
#include <array>

#include "aggregation/labels.h"

namespace sockwatch {
namespace {

constexpr std::string_view kOverflow = "_overflow";
constexpr uint32_t kNoPeer = 0;
constexpr uint32_t kTooManyPeers = UINT32_MAX;
constexpr uint16_t kOverflowStatus = 2;  // of an overflow series that has met too many; no status's key

// RFC 9110's methods and PATCH; the last stands for all others.
constexpr std::array<std::string_view, 10> kMethods = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                       "CONNECT", "OPTIONS", "TRACE", "PATCH", "_OTHER"};

uint32_t method_index(std::string_view method) {
  const auto it = std::find(kMethods.begin(), kMethods.end() - 1, method);
  return static_cast<uint32_t>(it - kMethods.begin());
}

std::string status_text(uint16_t key) {
  if (key == kOverflowStatus) return std::string(kOverflow);
  if (key == Status::aborted().key()) return Status::aborted().text();
  return key == Status::unknown().key() ? Status::unknown().text() : Status::code(key).text();
}

}  // namespace

ServiceSeries::ServiceSeries(Role role, std::string_view service, const MetricsConfig& metrics,
                             const RoutesConfig& routes, const std::vector<uint64_t>& bounds_ns)
    : role_(role), service_(service), max_series_(metrics.max_series), bounds_ns_(bounds_ns), routes_(routes) {}

void ServiceSeries::record(std::string_view peer, const Transaction& transaction) {
  const uint32_t method = method_index(transaction.method);
  const RouteId route = routes_.route(transaction.method, transaction.target);
  Series* series = find(method, route, peer);
  ++status_of(series, method, transaction.status).count;
  if (series->overflow) ++overflowed_;
  if (transaction.status == Status::unknown()) return;
  const auto bound = std::lower_bound(bounds_ns_.begin(), bounds_ns_.end(), transaction.duration_ns);
  ++series->buckets[static_cast<size_t>(bound - bounds_ns_.begin())];
  series->sum_ns += transaction.duration_ns;
}

ServiceSeries::Series* ServiceSeries::find(uint32_t method, RouteId route, std::string_view peer) {
  if (route == RouteTable::kOverflow) return overflow_series(method);
  const uint32_t peer_number = role_ == Role::client ? peer_id(peer) : kNoPeer;
  if (peer_number == kTooManyPeers) return overflow_series(method);
  const uint64_t key = (static_cast<uint64_t>(peer_number) << 32) | (static_cast<uint64_t>(route) << 4) | method;
  const auto it = series_.find(key);
  if (it != series_.end()) return it->second.get();
  if (durations_ >= max_series_ || requests_ >= max_series_) return overflow_series(method);
  ++durations_;
  return (series_[key] = make(method, routes_.text(route), peer, false)).get();
}

ServiceSeries::Series* ServiceSeries::overflow_series(uint32_t method) {
  std::unique_ptr<Series>& series = overflow_[method];
  if (!series) series = make(method, kOverflow, kOverflow, true);
  return series.get();
}

std::unique_ptr<ServiceSeries::Series> ServiceSeries::make(uint32_t method, std::string_view path,
                                                           std::string_view peer, bool overflow) {
  auto series = std::make_unique<Series>();
  series->method = kMethods[method];
  series->path = path;
  series->peer = peer;
  series->overflow = overflow;
  series->buckets.resize(bounds_ns_.size() + 1);
  series->labels = role_ == Role::client
                       ? render_labels({{"service", service_}, {"method", series->method}, {"path", path}, {"peer", peer}})
                       : render_labels({{"service", service_}, {"method", series->method}, {"path", path}});
  return series;
}

// The counter of a status; another series' (the overflow's) when this one may have no more.
ServiceSeries::StatusCount& ServiceSeries::status_of(Series*& series, uint32_t method, Status status) {
  uint16_t key = status.key();
  for (StatusCount& known : series->statuses)
    if (known.status == key) return known;
  if (!series->overflow && requests_ >= max_series_) {
    series = overflow_series(method);
    return status_of(series, method, status);
  }
  if (series->overflow && series->statuses.size() >= kMaxOverflowStatuses && key != kOverflowStatus) {
    key = kOverflowStatus;
    for (StatusCount& known : series->statuses)
      if (known.status == key) return known;
  }
  if (!series->overflow) ++requests_;
  const std::string text = status_text(key);
  LabelText labels =
      role_ == Role::client
          ? render_labels({{"service", service_}, {"method", series->method}, {"path", series->path}, {"status", text}, {"peer", series->peer}})
          : render_labels({{"service", service_}, {"method", series->method}, {"path", series->path}, {"status", text}});
  series->statuses.push_back({.status = key, .count = 0, .labels = std::move(labels)});
  return series->statuses.back();
}

uint32_t ServiceSeries::peer_id(std::string_view peer) {
  if (last_peer_id_ != 0 && peer == last_peer_) return last_peer_id_;
  auto it = peers_.find(peer);
  if (it == peers_.end()) {
    if (peers_.size() >= max_series_) return kTooManyPeers;
    it = peers_.emplace(std::string(peer), static_cast<uint32_t>(peers_.size()) + 1).first;
  }
  last_peer_ = peer;
  last_peer_id_ = it->second;
  return it->second;
}

void ServiceSeries::snapshot(MetricFamily& requests, MetricFamily& durations) const {
  auto append = [&](const Series& series) {
    for (const StatusCount& status : series.statuses)
      requests.samples.push_back({.labels = status.labels, .value = static_cast<double>(status.count)});
    durations.histograms.push_back(
        {.labels = series.labels, .counts = series.buckets, .sum = static_cast<double>(series.sum_ns) / 1e9});
  };
  for (const auto& [key, series] : series_) append(*series);
  for (const auto& [method, series] : overflow_) append(*series);
}

}  // namespace sockwatch
