// The one table of metrics: every name, type, unit, label and help text, classic and OpenTelemetry's, in the order in which
// they are written out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "aggregation/snapshot.h"

namespace sockwatch {

enum class Metric : uint8_t {
  http_requests,
  http_request_duration,
  active_connections,
  http_client_requests,
  http_client_request_duration,
  cache_hits,
  cache_misses,
  cache_operation_duration,
  db_queries,
  db_query_duration,
  db_connections_active,
  db_connections_idle,
  db_connections_in_transaction,
  db_connections_unreadable,
  db_server_queries,
  db_server_query_duration,
  db_server_connections,
  cache_server_hits,
  cache_server_misses,
  build_info,
  capture_info,
  capture_missing,
  segments,
  captured_bytes,
  lost_segments,
  lost_requests,
  lost_bytes,
  unreadable_segments,
  unreadable_connections,
  transactions,
  parse_errors,
  series,
  series_overflowed,
  exposition_lines,
  limits_hit,
  service_users,
  connections,
  excluded_connections,
  config_reloaded,
  config_reload_time,
  shortened_segments,
  ring_size,
  ring_used_max,
  drain_lag_max,
  bpf_run_seconds,
  bpf_runs,
  web_refused_connections,
  process_cpu_seconds,
  process_resident_memory,
  process_virtual_memory,
  process_open_fds,
  process_max_fds,
  process_start_time,
  process_threads,
};
inline constexpr size_t kMetrics = static_cast<size_t>(Metric::process_threads) + 1;

const MetricDescriptor& descriptor(Metric metric);
const std::array<MetricDescriptor, kMetrics>& metric_table();

}  // namespace sockwatch
