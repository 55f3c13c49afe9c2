// The series of one service in one role: requests by method, route, peer and status, and their durations.
//
// One thread. Bounded: MetricsConfig::max_series series of each of the two metrics; what has no room is counted under
// path="_overflow" (and peer="_overflow"), whose own statuses are bounded too. About 600 bytes a series.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/snapshot.h"
#include "config/config.h"
#include "protocols/transaction.h"
#include "routes/route_table.h"

namespace sockwatch {

class ServiceSeries {
 public:
  /// `bounds_ns`: the buckets' upper bounds; lives as long as this.
  ServiceSeries(Role role, std::string_view service, const MetricsConfig& metrics, const RoutesConfig& routes,
                const std::vector<uint64_t>& bounds_ns);

  void record(std::string_view peer, const Transaction& transaction);

  /// Series kept, of both metrics.
  uint64_t series() const { return requests_ + durations_; }
  /// Transactions counted under _overflow.
  uint64_t overflowed() const { return overflowed_; }
  void snapshot(MetricFamily& requests, MetricFamily& durations) const;

 private:
  struct StatusCount {
    uint16_t status;
    uint64_t count;
    LabelText labels;
  };
  struct Series {
    std::string_view method;  ///< one of the table's
    std::string path;
    std::string peer;
    bool overflow = false;
    std::vector<StatusCount> statuses;
    LabelText labels;
    std::vector<uint64_t> buckets;
    uint64_t sum_ns = 0;
  };
  static constexpr size_t kMaxOverflowStatuses = 64;

  Series* find(uint32_t method, RouteId route, std::string_view peer);
  Series* overflow_series(uint32_t method);
  std::unique_ptr<Series> make(uint32_t method, std::string_view path, std::string_view peer, bool overflow);
  StatusCount& status_of(Series*& series, uint32_t method, Status status);
  uint32_t peer_id(std::string_view peer);

  Role role_;
  std::string service_;
  const uint32_t max_series_;
  const std::vector<uint64_t>& bounds_ns_;
  RouteTable routes_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Series>> series_;  ///< by method, route and peer
  std::map<uint32_t, std::unique_ptr<Series>> overflow_;           ///< by method
  std::map<std::string, uint32_t, std::less<>> peers_;
  std::string last_peer_;
  uint32_t last_peer_id_ = 0;
  uint64_t requests_ = 0;
  uint64_t durations_ = 0;
  uint64_t overflowed_ = 0;
};

}  // namespace sockwatch
