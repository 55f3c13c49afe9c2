// What bounds the series of all services together, and how long one of them keeps what it does not use.
#pragma once

#include <cstdint>

#include "aggregation/duration_histogram.h"
#include "aggregation/labels.h"
#include "util/fair_share.h"

namespace sockwatch {

/// Nodes and texts of the routes of all services: about 250 bytes each.
inline constexpr uint64_t kMaxRouteEntries = 100'000;

struct SeriesRoom {
  SeriesRoom(uint64_t max_lines, const FairShare::GiveUp& give_up_lines, const FairShare::GiveUp& give_up_routes)
      : lines(max_lines, give_up_lines), routes(kMaxRouteEntries, give_up_routes) {}

  FairShare lines;  ///< of /metrics (MetricsConfig::max_total_lines)
  FairShare routes;
  uint64_t expire_ns = 0;  ///< MetricsConfig::expire_after
};

/// Lines that a counter's or gauge's series takes.
inline uint64_t lines_of(const SeriesLabels& labels) { return (labels.classic ? 1u : 0u) + (labels.otel ? 1u : 0u); }
/// ... and a histogram's: its buckets, the one without bound, sum and count.
inline uint64_t lines_of(const DurationBounds& bounds) { return bounds.ns.size() + 3; }

}  // namespace sockwatch
