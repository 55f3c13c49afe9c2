#include "aggregation/families.h"

#include <utility>

namespace sockwatch {

MetricFamily& Families::family(Metric metric, Naming naming) {
  MetricFamily& made = families_[static_cast<size_t>(naming)][static_cast<size_t>(metric)];
  made.descriptor = &descriptor(metric);
  made.naming = naming;
  return made;
}

void Families::add(Metric metric, const SeriesLabels& labels, double value) {
  if (labels.classic)
    family(metric, Naming::classic).samples.push_back({.labels = labels.classic, .value = value});
  if (labels.otel) family(metric, Naming::otel).samples.push_back({.labels = labels.otel, .value = value});
}

void Families::add(Metric metric, Naming naming, HistogramSample sample,
                   const std::shared_ptr<const std::vector<double>>& bounds) {
  MetricFamily& made = family(metric, naming);
  made.bounds = bounds;
  made.histograms.push_back(std::move(sample));
}

void Families::move_to(Snapshot& out) {
  auto append = [&](MetricFamily& made) {
    if (!made.samples.empty() || !made.histograms.empty()) out.families.push_back(std::move(made));
    made = {};
  };
  auto& [classic, otel] = families_;
  for (size_t metric = 0; metric < kMetrics; ++metric) {
    const bool same_name =
        otel[metric].descriptor != nullptr && otel[metric].name() == otel[metric].descriptor->name;
    append(classic[metric]);
    if (same_name) append(otel[metric]);
  }
  for (MetricFamily& made : otel) append(made);
}

}  // namespace sockwatch
