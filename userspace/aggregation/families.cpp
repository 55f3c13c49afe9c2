#include "aggregation/families.h"

#include <algorithm>
#include <utility>

namespace sockwatch {

MetricFamily& Families::family(Metric metric, Naming naming) {
  MetricFamily& made = families_[static_cast<size_t>(naming)][static_cast<size_t>(metric)];
  made.descriptor = &descriptor(metric);
  made.naming = naming;
  return made;
}

void Families::add(Metric metric, SeriesLabels& labels, double value) {
  const bool counts = descriptor(metric).type == MetricType::counter;
  if (counts) appear(labels.birth);
  const Birth birth = counts ? labels.birth : Birth();  // a gauge is what it is
  if (labels.classic) family(metric, Naming::classic).samples.push_back({.labels = labels.classic, .value = value, .birth = birth});
  if (labels.otel) family(metric, Naming::otel).samples.push_back({.labels = labels.otel, .value = value, .birth = birth});
}

void Families::add(Metric metric, Naming naming, DurationHistogram& histogram, const LabelText& labels,
                   const DurationBounds& bounds) {
  appear(histogram.birth());
  MetricFamily& made = family(metric, naming);
  made.bounds = bounds.seconds;
  made.histograms.push_back(histogram.sample(labels));
}

void Families::appear(Birth& birth) {
  if (birth.snapshot == 0) birth.snapshot = snapshot_;
  newest_birth_ = std::max(newest_birth_, birth.snapshot);
}

void Families::move_to(Snapshot& out) {
  auto append = [&](MetricFamily& made) {
    if (!made.samples.empty() || !made.histograms.empty()) out.families.push_back(std::move(made));
    made = {};
  };
  out.newest_birth = std::max(out.newest_birth, newest_birth_);
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
