// Gathers series into families under each naming that is on, and puts them into a snapshot: the classic ones
// in the table's order, then those of OpenTelemetry's names. Families of one name follow one another: the
// text formats make one of them.
//
// One thread; made for each snapshot.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "aggregation/duration_histogram.h"
#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/snapshot.h"

namespace sockwatch {

class Families {
 public:
  /// `snapshot`: the number of the one that is made.
  explicit Families(uint64_t snapshot) : snapshot_(snapshot) {}

  /// One value of a counter or gauge, under each name for which the series has labels; these learn which snapshot had them
  /// first.
  void add(Metric metric, SeriesLabels& labels, double value);
  /// One histogram under one name; `bounds` are the family's. It learns which snapshot had it first.
  void add(Metric metric, Naming naming, DurationHistogram& histogram, const LabelText& labels,
           const DurationBounds& bounds);
  /// Appends what there is; families without series are left out.
  void move_to(Snapshot& out);

 private:
  MetricFamily& family(Metric metric, Naming naming);
  void appear(Birth& birth);

  const uint64_t snapshot_;
  uint64_t newest_birth_ = 0;
  std::array<std::array<MetricFamily, kMetrics>, 2> families_;  ///< by naming and metric
};

}  // namespace sockwatch
