#include "aggregation/cache_series.h"

#include <algorithm>

#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

constexpr std::string_view kOverflow = "_overflow";

}  // namespace

void CacheSeries::record(uint32_t service, std::string_view service_name, std::string_view cache_type,
                         uint64_t hits, uint64_t misses) {
  if (hits == 0 && misses == 0) return;
  Series& series = find(service, service_name, cache_type);
  series.hits += hits;
  series.misses += misses;
  if (series.cache_type == kOverflow) overflowed_ += hits + misses;
}

CacheSeries::Series& CacheSeries::find(uint32_t service, std::string_view service_name,
                                       std::string_view cache_type) {
  if (service >= services_.size()) services_.resize(service + 1);
  std::vector<Series>& known = services_[service];
  auto named = [&](std::string_view name) {
    return std::find_if(known.begin(), known.end(),
                        [&](const Series& series) { return series.cache_type == name; });
  };
  auto it = named(cache_type);
  if (it == known.end() && known.size() >= kMaxCacheTypes) {
    cache_type = kOverflow;  // the one series beyond the bound
    it = named(cache_type);
  }
  if (it != known.end()) return *it;
  auto labels_of = [&](Metric metric) {
    return render_labels(descriptor(metric), naming_, {{"service", service_name}, {"cache_type", cache_type}});
  };
  const uint64_t lines = 2;  // a name of their own they have in neither naming
  if (cache_type == kOverflow) {
    room_.lines.take_anyway(service, lines);
  } else if (!room_.lines.take(service, lines)) {
    return find(service, service_name, kOverflow);
  }
  return known.emplace_back(Series{.cache_type = std::string(cache_type),
                                   .hits_labels = labels_of(hits_),
                                   .misses_labels = labels_of(misses_)});
}

void CacheSeries::forget_service(uint32_t service) {
  if (service >= services_.size()) return;
  room_.lines.give_back(service, 2 * services_[service].size());
  services_[service] = {};
}

uint64_t CacheSeries::series() const {
  uint64_t n = 0;
  for (const auto& known : services_) n += 2 * known.size();
  return n;
}

void CacheSeries::snapshot(Families& out) {
  for (auto& known : services_) {
    for (Series& series : known) {
      out.add(hits_, series.hits_labels, static_cast<double>(series.hits));
      out.add(misses_, series.misses_labels, static_cast<double>(series.misses));
    }
  }
}

}  // namespace sockwatch
