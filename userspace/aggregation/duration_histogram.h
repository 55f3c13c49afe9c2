// A histogram of durations that remembers, for each bucket, the latest trace that fell into it.
//
// One thread. add() allocates only when a bucket meets its first trace. About 8 bytes a bucket, and 64 for
// each that has a trace.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "aggregation/metric_table.h"
#include "aggregation/snapshot.h"
#include "config/config.h"
#include "util/clock.h"

namespace sockwatch {

/// Upper bounds, shared by the histograms of a metric.
struct DurationBounds {
  explicit DurationBounds(std::span<const double> in_seconds);

  std::vector<uint64_t> ns;
  std::shared_ptr<const std::vector<double>> seconds;
};

/// The buckets of a metric under each naming; outlives the histograms made with it.
struct MetricBounds {
  MetricBounds(const MetricsConfig& config, Metric metric)
      : classic(config.duration_buckets), otel(descriptor(metric).otel.bounds) {}

  DurationBounds classic;
  DurationBounds otel;
};

class DurationHistogram {
 public:
  explicit DurationHistogram(const DurationBounds& bounds)
      : counts_(bounds.ns.size() + 1), birth_{.at_ns = monotonic_ns()} {}

  /// `bounds`: those it was made with. `trace_id`: may be empty. `end_ns`: CLOCK_MONOTONIC.
  void add(const DurationBounds& bounds, uint64_t duration_ns, std::string_view trace_id, uint64_t end_ns);
  HistogramSample sample(LabelText labels) const;
  Birth& birth() { return birth_; }

 private:
  std::vector<uint64_t> counts_;
  uint64_t sum_ns_ = 0;
  std::vector<Exemplar> exemplars_;
  Birth birth_;
};

}  // namespace sockwatch
