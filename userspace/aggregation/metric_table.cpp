#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

using enum MetricType;

// clang-format off
constexpr std::array<MetricDescriptor, kMetrics> kTable = {{
    {"http_requests_total", counter, "",
     "HTTP requests received by services, by what became of them: a status code, aborted or unknown.", "service,method,path,status"},
    {"http_request_duration_seconds", histogram, "seconds",
     "From the first byte of a received request to the last byte of its response. Requests with status unknown are left out.", "service,method,path"},
    {"active_connections", gauge, "",
     "Accepted connections that are open on the sockets where the service serves HTTP, idle ones included.", "service"},
    {"http_client_requests_total", counter, "",
     "HTTP requests sent by services, by what became of them: a status code, aborted or unknown.", "service,method,path,status,peer"},
    {"http_client_request_duration_seconds", histogram, "seconds",
     "From the first byte of a sent request to the last byte of its response. Requests with status unknown are left out.", "service,method,path,peer"},
    {"cache_hits_total", counter, "",
     "Answers that a cache had, as the cache or its protocol said.", "service,cache_type"},
    {"cache_misses_total", counter, "",
     "Answers that a cache did not have, as the cache or its protocol said.", "service,cache_type"},
    {"sockwatch_build_info", gauge, "",
     "The agent's version. Always 1.", "version"},
    {"sockwatch_segments_total", counter, "",
     "Sends and receives on watched sockets that reached the agent.", ""},
    {"sockwatch_captured_bytes_total", counter, "bytes",
     "Bytes of them that were copied.", ""},
    {"sockwatch_lost_segments_total", counter, "",
     "Records that did not reach the agent's parsers.", "reason"},
    {"sockwatch_lost_requests_total", counter, "",
     "Lost segments that began a request: requests that no other metric counts.", "reason"},
    {"sockwatch_unreadable_segments_total", counter, "",
     "Sends and receives that may have held a message's head and whose bytes could not be read.", "service,reason"},
    {"sockwatch_transactions_total", counter, "",
     "Requests observed, by the role of the socket's owner.", "protocol,role"},
    {"sockwatch_parse_errors_total", counter, "",
     "Bytes that the parsers could make no sense of.", "reason"},
    {"sockwatch_series", gauge, "",
     "Time series of services that are kept.", ""},
    {"sockwatch_series_overflowed_total", counter, "",
     "Requests counted under _overflow, since a service had no room for another series.", ""},
    {"sockwatch_connections", gauge, "",
     "Connections under observation.", ""},
    {"sockwatch_ring_size_bytes", gauge, "bytes",
     "Size of each CPU's ring between the kernel and the agent.", ""},
    {"sockwatch_ring_used_bytes_max", gauge, "bytes",
     "Highest fill of a ring since the last scrape.", ""},
    {"sockwatch_drain_lag_seconds_max", gauge, "seconds",
     "Age of the oldest record when it was read, at the worst since the last scrape.", ""},
    {"sockwatch_bpf_run_seconds_total", counter, "seconds",
     "Time spent in the agent's BPF programs. Only while kernel.bpf_stats_enabled is 1.", "program"},
    {"sockwatch_bpf_runs_total", counter, "",
     "Runs of the agent's BPF programs. Only while kernel.bpf_stats_enabled is 1.", "program"},
    {"sockwatch_web_refused_connections_total", counter, "",
     "Connections to the metrics endpoint that were turned away.", "reason"},
    {"process_cpu_seconds_total", counter, "seconds",
     "Total user and system CPU time spent in seconds.", ""},
    {"process_resident_memory_bytes", gauge, "bytes",
     "Resident memory size in bytes.", ""},
    {"process_virtual_memory_bytes", gauge, "bytes",
     "Virtual memory size in bytes.", ""},
    {"process_open_fds", gauge, "",
     "Number of open file descriptors.", ""},
    {"process_max_fds", gauge, "",
     "Maximum number of open file descriptors.", ""},
    {"process_start_time_seconds", gauge, "seconds",
     "Start time of the process since unix epoch in seconds.", ""},
    {"process_threads", gauge, "",
     "Number of threads in the process.", ""},
}};
// clang-format on

}  // namespace

const MetricDescriptor& descriptor(Metric metric) { return kTable[static_cast<size_t>(metric)]; }
const std::array<MetricDescriptor, kMetrics>& metric_table() { return kTable; }

}  // namespace sockwatch
