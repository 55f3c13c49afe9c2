// Hits and misses of caches by service and kind of cache: cache_hits_total, cache_misses_total, and the same two of caches on
// this host.
//
// One thread. A record() of a known series costs no allocation. Bounded: kMaxCacheTypes kinds a service
// (services have a bound of their own); what has no room is counted under cache_type="_overflow" and in
// overflowed().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/families.h"
#include "aggregation/labels.h"
#include "aggregation/series_room.h"

namespace sockwatch {

class CacheSeries {
 public:
  static constexpr size_t kMaxCacheTypes = 16;

  /// `room` outlives this.
  CacheSeries(NamingMode naming, Metric hits, Metric misses, SeriesRoom& room)
      : naming_(naming), hits_(hits), misses_(misses), room_(room) {}

  /// Counts what a cache of `cache_type` ("cdn", "redis", "memcached") answered. `service` is a dense small
  /// number named `service_name`.
  void record(uint32_t service, std::string_view service_name, std::string_view cache_type, uint64_t hits,
              uint64_t misses);

  /// Removes a service's series.
  void forget_service(uint32_t service);

  /// Series kept, of both metrics.
  uint64_t series() const;
  /// Hits and misses counted under _overflow, also of services that have been forgotten.
  uint64_t overflowed() const { return overflowed_; }
  void snapshot(Families& out);

 private:
  struct Series {
    std::string cache_type;
    SeriesLabels hits_labels;
    SeriesLabels misses_labels;
    uint64_t hits = 0;
    uint64_t misses = 0;
  };
  Series& find(uint32_t service, std::string_view service_name, std::string_view cache_type);

  NamingMode naming_;
  Metric hits_;
  Metric misses_;
  SeriesRoom& room_;
  std::vector<std::vector<Series>> services_;
  uint64_t overflowed_ = 0;
};

}  // namespace sockwatch
