// The agent's own numbers, gathered by the composition root before each scrape.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/snapshot.h"
#include "config/config.h"

namespace sockwatch {

/// Whose a loss is, where no event told of the connection.
inline constexpr const char* kNoService = "_unknown";
inline constexpr const char* kNoRole = "unknown";

struct SelfMetrics {
  std::map<std::string, uint64_t> lost_segments;        ///< by reason
  /// By service and reason: requests whose beginning was lost.
  std::map<std::pair<std::string, std::string>, uint64_t> lost_requests;
  /// By service, role, direction and reason: bytes that no transaction accounts for.
  std::map<std::array<std::string, 4>, uint64_t> lost_bytes;
  /// By service and reason; rendered sockwatch_unreadable_segments_total{service,reason}.
  std::map<std::pair<std::string, std::string>, uint64_t> unreadable_segments;
  /// The same; rendered sockwatch_unreadable_connections_total{service,reason}.
  std::map<std::pair<std::string, std::string>, uint64_t> unreadable_connections;
  uint64_t segments = 0;                                ///< that reached userspace
  uint64_t captured_bytes = 0;
  std::map<std::pair<std::string, std::string>, uint64_t> transactions;  ///< by protocol and role
  std::map<std::string, uint64_t> parse_errors;         ///< by reason
  uint64_t series = 0;
  uint64_t series_overflowed = 0;
  std::map<std::string, uint64_t> limits_hit;           ///< by limit: bounds of attribution
  std::map<std::string, uint64_t> service_users;        ///< by service: of one name, more than one
  uint64_t connections = 0;                             ///< tracked now
  uint64_t excluded_connections = 0;                    ///< left out by the configuration
  bool config_reloaded = true;                          ///< the last reading of the configuration found no mistake
  double config_reload_time = 0;                        ///< when the one in force was read, seconds since 1970
  std::map<std::string, uint64_t> refused_connections;  ///< by reason: to the metrics endpoint
  std::string capture_attach;                           ///< where sends and receives are seen: tracepoint, fexit
  std::string capture_listing;                          ///< the way in which sockets are listed: storage, descriptors
  uint64_t shortened_segments = 0;                      ///< copied in part for want of room in a ring
  std::map<std::string, uint64_t> capture_missing;      ///< 1 by part that is not seen on this kernel
  uint64_t ring_bytes = 0;                              ///< size of each CPU's ring
  uint64_t ring_used_bytes_max = 0;                     ///< highest fill seen in the last two minutes
  double drain_lag_seconds_max = 0;                     ///< oldest record's age when read, highest in the last two minutes
  std::map<std::string, double> bpf_seconds;            ///< by program; empty unless the kernel keeps statistics
  std::map<std::string, uint64_t> bpf_runs;             ///< by program; empty unless the kernel keeps statistics
};

/// Lines that the page has in the text format.
uint64_t page_lines(const Snapshot& snapshot);

/// The series of sockwatch_* and process_* of this process: it remembers when each came to be.
///
/// One thread. Bounded by what SelfMetrics holds: what is in it no longer is forgotten.
class SelfSeries {
 public:
  /// `started_ns`: CLOCK_MONOTONIC; what is there at the first append() has been counted since then.
  SelfSeries(NamingMode naming, uint64_t started_ns);

  /// `out` has its number and its time.
  void append(const SelfMetrics& self, Snapshot& out);

 private:
  struct Known {
    SeriesLabels labels;
    uint64_t snapshot = 0;  ///< the last one that had it
  };

  NamingMode naming_;
  uint64_t seen_up_to_ns_;  ///< what appears now was not there then
  std::map<std::pair<Metric, std::string>, Known> known_;  ///< by metric and label values
};

}  // namespace sockwatch
