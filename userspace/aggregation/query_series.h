// What services ask of databases and caches, and what databases and caches on this host are asked:
// db_queries_total, db_query_duration_seconds, db_connections_*, cache_operation_duration_seconds,
// db_server_*.
//
// One thread. A record() of a known series costs no allocation. Bounded: `max_series` series a service, of
// queries and of peers each; where that is full, peers that have not been asked for SeriesRoom::expire_ns go, addresses first, and
// what still has no room is counted under peer="_overflow", and in overflowed().
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/duration_histogram.h"
#include "aggregation/families.h"
#include "aggregation/series_room.h"
#include "config/config.h"
#include "protocols/parser.h"

namespace sockwatch {

/// How many connections of one kind are at what, indexed by SessionState.
using SessionCounts = std::array<uint64_t, 5>;

/// One end of the connections between a service and a database or cache.
struct QueryLink {
  uint32_t service = 0;           ///< a dense small number ...
  std::string_view service_name;  ///< ... and its name
  const Protocol* protocol = nullptr;
  Role role = Role::client;
  std::string_view peer;  ///< role client: the other end's service or address
};

class QuerySeries {
 public:
  /// `bounds` and `room` outlive this.
  QuerySeries(const MetricsConfig& config, const MetricBounds& bounds, SeriesRoom& room);
  ~QuerySeries();

  void record(const QueryLink& link, const Query& query);
  /// Forgets how many connections there are. What has been known keeps its series, at 0.
  void clear_sessions();
  void add_sessions(const QueryLink& link, SessionState state, uint64_t connections);

  /// Lines of the page that a service's series take, those of _overflow left out.
  uint64_t lines(uint32_t service) const;
  /// Lets go of the peers that have not been asked for longest, so that others have at least so many lines.
  void give_up_lines(uint32_t service, uint64_t lines);

  /// Removes a service's series.
  void forget_service(uint32_t service);

  /// Series kept of queries and of their durations.
  uint64_t series() const;
  /// Queries counted under _overflow, also of services that have been forgotten.
  uint64_t overflowed() const { return overflowed_; }

  void snapshot(Families& out);

 private:
  struct Operation;
  struct Link;
  struct Service;

  /// `now_ns`: CLOCK_MONOTONIC; 0 where nothing is to go.
  Link& find(const QueryLink& wanted, uint64_t now_ns);
  /// Lets go of a service's peers what has not been used for long enough.
  void make_room(Service& service, uint64_t now_ns);
  bool take_lines(uint32_t service, Link& link, uint64_t lines);
  void take_lines_anyway(uint32_t service, Link& link, uint64_t lines);
  void add_lines(uint32_t service, Link& link, uint64_t lines);
  void erased(Service& service, const Link& link);
  uint64_t gauge_lines(const Protocol& protocol, Role role) const;
  uint64_t operation_lines(const Protocol& protocol, Role role) const;
  Operation& operation_of(Link*& link, const QueryLink& wanted, std::string_view name, uint64_t now_ns);
  bool full(const Service& service) const;
  Link& overflow_link(const QueryLink& wanted);
  template <typename Visit>
  void for_each_link(Visit visit) const;
  void snapshot_link(Link& link, Families& out) const;

  SeriesLabels labels_of(Metric metric, const Link& link, std::initializer_list<Label> more) const;

  const NamingMode naming_;
  const uint32_t max_series_;
  const MetricBounds& bounds_;
  SeriesRoom& room_;
  std::vector<std::unique_ptr<Service>> services_;
  uint64_t overflowed_ = 0;
};

}  // namespace sockwatch
