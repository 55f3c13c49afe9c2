// Gathers series into families under each naming that is on, and puts them into a snapshot: the classic ones
// in the table's order, then those of OpenTelemetry's names. Families of one name follow one another: the
// text formats make one of them.
//
// One thread; made for each snapshot.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/snapshot.h"

namespace sockwatch {

class Families {
 public:
  /// One value of a counter or gauge, under each name for which the series has labels.
  void add(Metric metric, const SeriesLabels& labels, double value);
  /// One histogram under one name; `bounds` are the family's.
  void add(Metric metric, Naming naming, HistogramSample sample,
           const std::shared_ptr<const std::vector<double>>& bounds);
  /// Appends what there is; families without series are left out.
  void move_to(Snapshot& out);

 private:
  MetricFamily& family(Metric metric, Naming naming);

  std::array<std::array<MetricFamily, kMetrics>, 2> families_;  ///< by naming and metric
};

}  // namespace sockwatch
