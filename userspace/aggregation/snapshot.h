// The state of every metric at one moment: what aggregation hands to exposition. Immutable, so that a scrape can be
// written out on another thread while counting goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/metric_descriptor.h"
#include "protocols/http1/trace_id.h"

namespace sockwatch {

/// Labels in exposition form without the braces, escaped: `service="shop",method="GET"`. Shared: series outlive scrapes.
using LabelText = std::shared_ptr<const std::string>;

/// When a series came to be. A snapshot shows every series that is there; what is not in it is born later.
struct Birth {
  uint64_t at_ns = 0;     ///< CLOCK_MONOTONIC, not after what it counted first
  uint64_t snapshot = 0;  ///< number of the first snapshot that has it; 0: none yet
};

struct Sample {
  LabelText labels;   ///< null: none
  double value = 0;
  Birth birth = {};
};

/// The trace of a transaction that fell into a bucket.
struct Exemplar {
  uint32_t bucket = 0;  ///< its place in HistogramSample::counts
  TraceId trace;
  uint64_t duration_ns = 0;
  uint64_t at_ns = 0;  ///< when it ended, CLOCK_MONOTONIC
};

struct HistogramSample {
  LabelText labels;
  std::vector<uint64_t> counts;  ///< one a bucket, not cumulative; the last is above the highest bound
  double sum = 0;
  std::vector<Exemplar> exemplars = {};  ///< one a bucket at most, in no order
  Birth birth = {};
};

struct MetricFamily {
  const MetricDescriptor* descriptor = nullptr;
  Naming naming = Naming::classic;                         ///< the column whose name and help count
  std::vector<Sample> samples;                             ///< counter and gauge
  std::vector<HistogramSample> histograms;                 ///< histogram
  std::shared_ptr<const std::vector<double>> bounds;       ///< histogram: upper bounds, ascending, without +Inf

  std::string_view name() const {
    return naming == Naming::otel && descriptor->otel.has_own_name() ? descriptor->otel.name : descriptor->name;
  }
  std::string_view help() const {
    return naming == Naming::otel && !descriptor->otel.help.empty() ? descriptor->otel.help : descriptor->help;
  }
};

struct Snapshot {
  /// In the table's order; families without series are left out, those of one name follow one another.
  std::vector<MetricFamily> families;
  /// Counts the snapshots of one registry, from 1.
  uint64_t number = 0;
  uint64_t taken_ns = 0;  ///< CLOCK_MONOTONIC
  /// Number of the newest snapshot, this one or one before it, that has a counter or histogram which none before it had. Who
  /// has seen this snapshot has seen as much as who has seen that one.
  uint64_t newest_birth = 0;
  /// What to add to CLOCK_MONOTONIC for the time since 1970; unknown for recordings.
  std::optional<int64_t> wall_clock_offset_ns;
  /// Written in front of every series' own labels; null: none.
  LabelText constant_labels;
};

}  // namespace sockwatch
