// The state of every metric at one moment: what aggregation hands to exposition. Immutable, so that a scrape can be
// written out on another thread while counting goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

enum class MetricType : uint8_t { counter, gauge, histogram };

/// A metric's row in the one table of metrics (metric_table.h).
struct MetricDescriptor {
  std::string_view name;  ///< classic name, counters with their _total
  MetricType type;
  std::string_view unit;  ///< "seconds", "bytes" or empty
  std::string_view help;
  std::string_view labels = {};  ///< names, separated by commas
};

/// Labels in exposition form without the braces, escaped: `service="shop",method="GET"`. Shared: series outlive scrapes.
using LabelText = std::shared_ptr<const std::string>;

struct Sample {
  LabelText labels;   ///< null: none
  double value = 0;
};

struct HistogramSample {
  LabelText labels;
  std::vector<uint64_t> counts;  ///< one a bucket, not cumulative; the last is above the highest bound
  double sum = 0;
};

struct MetricFamily {
  const MetricDescriptor* descriptor = nullptr;
  std::vector<Sample> samples;                             ///< counter and gauge
  std::vector<HistogramSample> histograms;                 ///< histogram
  std::shared_ptr<const std::vector<double>> bounds;       ///< histogram: upper bounds, ascending, without +Inf
};

struct Snapshot {
  std::vector<MetricFamily> families;  ///< in the table's order; families without series are left out
};

}  // namespace sockwatch
