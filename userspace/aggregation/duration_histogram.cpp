#include "aggregation/duration_histogram.h"

#include <algorithm>
#include <cmath>

namespace sockwatch {

DurationBounds::DurationBounds(std::span<const double> in_seconds)
    : seconds(std::make_shared<const std::vector<double>>(in_seconds.begin(), in_seconds.end())) {
  for (const double bound : in_seconds) ns.push_back(static_cast<uint64_t>(std::llround(bound * 1e9)));
}

void DurationHistogram::add(const DurationBounds& bounds, uint64_t duration_ns, std::string_view trace_id,
                            uint64_t end_ns) {
  const auto bound = std::lower_bound(bounds.ns.begin(), bounds.ns.end(), duration_ns);
  const auto bucket = static_cast<uint32_t>(bound - bounds.ns.begin());
  ++counts_[bucket];
  sum_ns_ += duration_ns;
  if (trace_id.empty()) return;
  const TraceId trace(trace_id);
  if (!trace) return;
  const Exemplar exemplar{.bucket = bucket, .trace = trace, .duration_ns = duration_ns, .at_ns = end_ns};
  const auto known = std::find_if(exemplars_.begin(), exemplars_.end(),
                                  [&](const Exemplar& e) { return e.bucket == bucket; });
  if (known == exemplars_.end()) {
    exemplars_.push_back(exemplar);
  } else if (known->at_ns <= end_ns) {  // Prometheus takes none that is older than what it has
    *known = exemplar;
  }
}

HistogramSample DurationHistogram::sample(LabelText labels) const {
  return {.labels = std::move(labels),
          .counts = counts_,
          .sum = static_cast<double>(sum_ns_) / 1e9,
          .exemplars = exemplars_,
          .birth = birth_};
}

}  // namespace sockwatch
