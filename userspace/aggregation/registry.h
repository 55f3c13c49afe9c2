// Counts transactions into series and hands out snapshots.
//
// One thread (the pipeline's). A record() costs no allocation in the steady state. Hard cap: MetricsConfig::max_series
// series per metric and service; where that is full, what has been unused for MetricsConfig::expire_after makes room, and what
// does not fit is counted under path="_overflow" and in series_overflowed().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/query_series.h"
#include "aggregation/snapshot.h"
#include "config/config.h"
#include "protocols/transaction.h"

namespace sockwatch {

class Registry {
 public:
  Registry(const MetricsConfig& metrics, const RoutesConfig& routes);
  ~Registry();

  /// Counts one transaction of `service`, a dense small number named `service_name`. `peer` is used for clients: the
  /// other end's service or address. Returns the path that it was counted under, valid until the next call.
  std::string_view record(uint32_t service, std::string_view service_name, std::string_view peer, const Transaction& transaction);

  /// Counts what a cache of `cache_type` ("redis", "memcached"...) answered to a service.
  void record_cache(uint32_t service, std::string_view service_name, std::string_view cache_type, uint64_t hits, uint64_t misses);

  /// Counts one query, and what it says of a cache.
  void record(const QueryLink& link, const Query& query);

  /// How many connections to databases are at what: all at once, each time anew.
  void clear_sessions();
  void add_sessions(const QueryLink& link, SessionState state, uint64_t connections);

  /// Connections accepted and open now, replacing what was said before. (services that serve HTTP, 0 included.)
  void set_active_connections(uint32_t service, std::string_view service_name, uint64_t connections);

  /// Patterns of routes (RoutesConfig::patterns) from now on; what has been counted stays.
  void set_route_patterns(const std::vector<std::string>& patterns);

  /// How long what is unused is kept (MetricsConfig::expire_after), from now on.
  void set_expire_after(std::chrono::seconds expire_after);
  /// Time passes: names of paths that nothing answers to go when they are unused. Call every few seconds.
  void advance(uint64_t now_ns);

  /// Removes every series of a service (its processes have been gone for the configured time).
  void forget_service(uint32_t service);

  /// How many lines the page had as a whole: what is not of services leaves them the less.
  void set_page_lines(uint64_t lines);
  /// How often MetricsConfig::max_total_lines was in the way.
  uint64_t total_lines_hits() const;

  uint64_t series() const;
  uint64_t series_overflowed() const;

  /// Appends the families to `out`, and numbers it. Copies the numbers, shares the labels: well under 1 ms for 1,000 series.
  void snapshot(Snapshot& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
