// The series of one service in one role: requests by method, route, peer and status, and their durations.
//
// Under the classic names requests are a counter by status and durations have none; OpenTelemetry has one histogram by status
// that is both. Kept is what the naming asks for.
//
// One thread. Bounded: MetricsConfig::max_series series of each metric; where that is full, series that have not been used
// for SeriesRoom::expire_ns go, those of peers that are addresses first; what still has no room is counted under path="_overflow"
// (and peer="_overflow"), whose own statuses are bounded too. Of a server, paths that nothing answers to take no room from
// routes (RouteTable). About 600 bytes a series, and 64 for each bucket that has met a
// trace.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/duration_histogram.h"
#include "aggregation/families.h"
#include "aggregation/labels.h"
#include "aggregation/series_room.h"
#include "config/config.h"
#include "protocols/transaction.h"
#include "routes/route_table.h"

namespace sockwatch {

class ServiceSeries {
 public:
  /// `service`: a dense small number, named `name`. `bounds` and `room` outlive this.
  ServiceSeries(Role role, uint32_t service, std::string_view name, const MetricsConfig& metrics, const RoutesConfig& routes,
                const MetricBounds& bounds, SeriesRoom& room);
  ~ServiceSeries();
  ServiceSeries(const ServiceSeries&) = delete;
  ServiceSeries& operator=(const ServiceSeries&) = delete;

  /// Returns the path that it was counted under, valid until the next call.
  std::string_view record(std::string_view peer, const Transaction& transaction);

  /// Time passes: names of paths that nothing answers to go when they are unused.
  void advance(uint64_t now_ns);

  void set_route_patterns(const std::vector<std::string>& patterns) { routes_.set_patterns(patterns); }

  /// Lines of the page that its series take, those of _overflow left out.
  uint64_t lines() const { return lines_; }
  /// Lets go of the series that have not been used for longest, so that others have at least so many lines.
  void give_up_lines(uint64_t lines);
  /// The same of routes (RouteTable::give_up).
  void give_up_routes(uint64_t entries);

  /// Series kept, of all metrics.
  uint64_t series() const;
  /// Transactions counted under _overflow.
  uint64_t overflowed() const { return overflowed_; }
  void snapshot(Families& out);

 private:
  struct ByStatus {
    uint16_t status;
    uint64_t count;
    SeriesLabels labels;                      ///< of the counter
    LabelText otel_labels;                    ///< of the histogram
    std::unique_ptr<DurationHistogram> otel;  ///< none of a status that has no duration
  };
  struct Series {
    std::string_view method;  ///< one of the table's
    std::string path;
    std::string peer;
    bool overflow = false;
    uint64_t used_ns = 0;
    uint64_t lines = 0;
    std::vector<ByStatus> statuses;
    LabelText labels;                              ///< of the classic histogram
    std::unique_ptr<DurationHistogram> durations;  ///< the classic one
  };
  static constexpr size_t kMaxOverflowStatuses = 64;

  RouteId route_of(const Transaction& transaction, uint64_t now_ns);
  Series* find(uint32_t method, RouteId route, std::string_view peer, uint64_t now_ns);
  Series* overflow_series(uint32_t method);
  std::unique_ptr<Series> make(uint32_t method, std::string_view path, std::string_view peer, bool overflow);
  ByStatus& status_of(Series*& series, uint32_t method, Status status, uint64_t now_ns);
  bool take_lines(Series& series, uint64_t lines, bool anyway);
  uint64_t series_lines() const;
  uint64_t status_lines(uint16_t key) const;
  ByStatus* known_status(Series& series, uint16_t key) const;
  ByStatus make_status(const Series& series, uint16_t key) const;
  SeriesLabels labels_of(Metric metric, const Series& series, std::string_view status) const;
  uint32_t peer_id(std::string_view peer, uint64_t now_ns);
  /// Lets go what has not been used for long enough; false where nothing was.
  bool make_room(uint64_t now_ns);
  bool erase_unused(uint64_t before_ns, bool addresses_only);
  void erased(const Series& series);
  absl::flat_hash_set<RouteId> routes_in_use() const;
  void forget_unused_names(uint64_t before_ns);

  Role role_;
  const uint32_t id_;
  std::string service_;
  const NamingMode naming_;
  const uint32_t max_series_;
  const MetricBounds& bounds_;
  SeriesRoom& room_;
  const Metric requests_metric_;
  const Metric durations_metric_;
  RouteTable routes_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Series>> series_;  ///< by method, route and peer
  std::map<uint32_t, std::unique_ptr<Series>> overflow_;           ///< by method
  std::map<std::string, uint32_t, std::less<>> peers_;
  uint32_t last_new_peer_ = 0;
  std::string last_peer_;
  uint32_t last_peer_id_ = 0;
  uint64_t requests_ = 0;         ///< by status; the bound of the otel histograms, too
  uint64_t durations_ = 0;        ///< without
  uint64_t overflowed_ = 0;
  uint64_t lines_ = 0;
  uint64_t make_room_at_ns_ = 0;  ///< not again before
  // Of the transaction at hand, whose series may not be made yet: make_room() must not take them back.
  RouteId route_at_hand_ = 0;
  uint32_t peer_at_hand_ = 0;
};

}  // namespace sockwatch
