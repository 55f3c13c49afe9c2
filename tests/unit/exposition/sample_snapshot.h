// Snapshots for the tests.
#pragma once

#include <memory>
#include <string_view>

#include "aggregation/snapshot.h"

namespace sockwatch {

/// A row of the table of metrics with what the text format needs.
constexpr MetricDescriptor describe(std::string_view name, MetricType type, std::string_view help) {
  MetricDescriptor metric{};
  metric.name = name;
  metric.type = type;
  metric.help = help;
  return metric;
}

/// One family of each type with few series.
std::shared_ptr<const Snapshot> small_snapshot();

/// A counter with `series` series of realistic labels, about 110 bytes of text each.
std::shared_ptr<const Snapshot> large_snapshot(size_t series);

}  // namespace sockwatch
