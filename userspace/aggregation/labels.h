// Label text of the exposition format, rendered once a series, under each naming that is on.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "aggregation/snapshot.h"
#include "config/config.h"

namespace sockwatch {

struct Label {
  std::string_view name;
  std::string_view value;
};

/// Whether a metric is written under a column's name at all.
bool is_written(const MetricDescriptor& metric, Naming column, NamingMode mode);

/// A series' labels, and when they were made; null where its metric is not written under that column.
struct SeriesLabels {
  LabelText classic;
  LabelText otel;
  Birth birth = {};
};

/// `a="1",b="x\"y"`, without braces.
LabelText render_labels(std::span<const Label> labels);
inline LabelText render_labels(std::initializer_list<Label> labels) {
  return render_labels(std::span(labels.begin(), labels.size()));
}

/// The labels of a series of `metric`, told by their classic names, under each column in which the metric is
/// written.
SeriesLabels render_labels(const MetricDescriptor& metric, NamingMode mode, std::span<const Label> labels);
inline SeriesLabels render_labels(const MetricDescriptor& metric, NamingMode mode,
                                  std::initializer_list<Label> labels) {
  return render_labels(metric, mode, std::span(labels.begin(), labels.size()));
}

/// Whether a peer is an address and a port: "10.0.0.1:8080", "[::1]:8080"; not a service's name.
bool is_address(std::string_view peer);

}  // namespace sockwatch
