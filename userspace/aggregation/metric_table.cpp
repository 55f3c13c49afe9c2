#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

using enum MetricType;
using enum LabelRule;

// The bounds that the semantic conventions advise.
constexpr double kHttpBounds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};

constexpr OtelLabel kHttpServerLabels[] = {
    {"service_name", "service"},
    {"http_request_method", "method"},
    {"http_route", "path"},
    {"http_response_status_code", "status", status_code},
    {"error_type", "status", server_error},
    {"url_scheme", "http", constant},
};
constexpr OtelLabel kHttpClientLabels[] = {
    {"service_name", "service"},
    {"http_request_method", "method"},
    {"url_template", "path"},
    {"http_response_status_code", "status", status_code},
    {"error_type", "status", client_error},
    {"server_address", "peer", address},
    {"server_port", "peer", port},
    {"url_scheme", "http", constant},
};
constexpr double kDatabaseBounds[] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10};

constexpr OtelLabel kQueryLabels[] = {
    {"service_name", "service"},
    {"db_system_name", "db_system"},
    {"db_operation_name", "operation"},
    {"error_type", "status", failure},
    {"server_address", "peer", address},
    {"server_port", "peer", port},
};
constexpr OtelLabel kCacheOperationLabels[] = {
    {"service_name", "service"},
    {"db_system_name", "cache_type"},
    {"db_operation_name", "operation"},
    {"error_type", "status", failure},
};
// Where a pool's name is not known the conventions want its server's address.
constexpr OtelLabel kUsedLabels[] = {
    {"service_name", "service"},
    {"db_system_name", "db_system"},
    {"db_client_connection_pool_name", "peer"},
    {"db_client_connection_state", "used", constant},
};
constexpr OtelLabel kIdleLabels[] = {
    {"service_name", "service"},
    {"db_system_name", "db_system"},
    {"db_client_connection_pool_name", "peer"},
    {"db_client_connection_state", "idle", constant},
};
constexpr std::string_view kOperationName = "db_client_operation_duration_seconds";
constexpr std::string_view kOperationHelp = "Duration of database client operations.";
constexpr std::string_view kConnectionsName = "db_client_connection_count";
constexpr std::string_view kConnectionsHelp = "Connections to databases that are in the state.";
constexpr OtelColumn kAbsent = {.name = OtelColumn::kAbsent};

// clang-format off
constexpr std::array<MetricDescriptor, kMetrics> kTable = {{
    {"http_requests_total", counter, "",
     "HTTP requests received by services, by what became of them: a status code, aborted or unknown.", "service,method,path,status", kAbsent},
    {"http_request_duration_seconds", histogram, "seconds",
     "From the first byte of a received request to the last byte of its response. Requests with status unknown are left out.", "service,method,path",
     {"http_server_request_duration_seconds", kHttpServerLabels, "Duration of HTTP server requests.", kHttpBounds}},
    {"active_connections", gauge, "",
     "Accepted connections that are open on the sockets where the service serves HTTP, idle ones included.", "service"},
    {"http_client_requests_total", counter, "",
     "HTTP requests sent by services, by what became of them: a status code, aborted or unknown.", "service,method,path,status,peer", kAbsent},
    {"http_client_request_duration_seconds", histogram, "seconds",
     "From the first byte of a sent request to the last byte of its response. Requests with status unknown are left out.", "service,method,path,peer",
     {"http_client_request_duration_seconds", kHttpClientLabels, "Duration of HTTP client requests.", kHttpBounds}},
    {"cache_hits_total", counter, "",
     "Answers that a cache had, as the cache or its protocol said.", "service,cache_type"},
    {"cache_misses_total", counter, "",
     "Answers that a cache did not have, as the cache or its protocol said.", "service,cache_type"},
    {"cache_operation_duration_seconds", histogram, "seconds",
     "From the first byte of an operation that a service asked of a cache to the last byte of its answer.", "service,cache_type,operation",
     {kOperationName, kCacheOperationLabels, kOperationHelp, kDatabaseBounds}},
    {"db_queries_total", counter, "",
     "Queries that services sent to databases, by what became of them: ok, error, aborted or unknown.", "service,db_system,peer,operation,status", kAbsent},
    {"db_query_duration_seconds", histogram, "seconds",
     "From the first byte of a sent query to the last byte of its answer. Queries with status unknown are left out.", "service,db_system,peer,operation",
     {kOperationName, kQueryLabels, kOperationHelp, kDatabaseBounds}},
    {"db_connections_active", gauge, "",
     "Connections to a database on which a query is under way or a transaction is open.", "service,db_system,peer",
     {kConnectionsName, kUsedLabels, kConnectionsHelp}},
    {"db_connections_idle", gauge, "",
     "Connections to a database on which neither a query is under way nor a transaction open.", "service,db_system,peer",
     {kConnectionsName, kIdleLabels, kConnectionsHelp}},
    {"db_connections_in_transaction", gauge, "",
     "Connections to a database that hold a transaction open while no query is under way; db_connections_active counts them too.", "service,db_system,peer", kAbsent},
    {"db_connections_unreadable", gauge, "",
     "Connections to a database that are encrypted or compressed: what they are at cannot be told.", "service,db_system,peer"},
    {"db_server_queries_total", counter, "",
     "Queries and operations that databases and caches on this host received, by what became of them.", "service,db_system,operation,status"},
    {"db_server_query_duration_seconds", histogram, "seconds",
     "From the first byte of a received query to the last byte of its answer. Queries with status unknown are left out.", "service,db_system,operation"},
    {"db_server_connections", gauge, "",
     "Connections that databases and caches on this host have open, by what they are at.", "service,db_system,state"},
    {"cache_server_hits_total", counter, "",
     "Keys that caches on this host were asked for and had.", "service,cache_type"},
    {"cache_server_misses_total", counter, "",
     "Keys that caches on this host were asked for and did not have.", "service,cache_type"},
    {"sockwatch_build_info", gauge, "",
     "The agent's version. Always 1.", "version"},
    {"sockwatch_capture_info", gauge, "",
     "How the kernel side works on this kernel. Always 1.", "attach,listing"},
    {"sockwatch_capture_missing", gauge, "",
     "What is not seen on this kernel, for want of a hook. Always 1.", "part"},
    {"sockwatch_segments_total", counter, "",
     "Sends and receives on watched sockets that reached the agent.", ""},
    {"sockwatch_captured_bytes_total", counter, "bytes",
     "Bytes of them that were copied.", ""},
    {"sockwatch_lost_segments_total", counter, "",
     "Records that did not reach the agent's parsers.", "reason"},
    {"sockwatch_lost_requests_total", counter, "",
     "Requests whose first bytes were lost, or the first of several that were sent together: in no other number.", "service,reason"},
    {"sockwatch_lost_bytes_total", counter, "bytes",
     "Bytes that passed on a service's connections and are part of no request or response that was read.", "service,role,direction,reason"},
    {"sockwatch_unreadable_segments_total", counter, "",
     "Sends and receives that may have held a message's head and whose bytes could not be read.", "service,reason"},
    {"sockwatch_unreadable_connections_total", counter, "",
     "Connections of a service on which nothing, or nothing more, was said that is understood.", "service,reason"},
    {"sockwatch_transactions_total", counter, "",
     "Requests observed, by the role of the socket's owner.", "protocol,role"},
    {"sockwatch_parse_errors_total", counter, "",
     "Bytes that the parsers could make no sense of.", "reason"},
    {"sockwatch_series", gauge, "",
     "Time series of services that are kept.", ""},
    {"sockwatch_series_overflowed_total", counter, "",
     "Requests counted under _overflow, since a service had no room for another series.", ""},
    {"sockwatch_exposition_lines", gauge, "",
     "Lines of the whole page in the text format.", ""},
    {"sockwatch_limits_hit_total", counter, "",
     "How often a bound over all services was hit: of the search for their names, or of the lines of the page.", "limit"},
    {"sockwatch_service_users", gauge, "",
     "Users whose programs have the service's name, where there is more than one: a name is what anybody may claim.", "service"},
    {"sockwatch_connections", gauge, "",
     "Connections under observation.", ""},
    {"sockwatch_excluded_connections_total", counter, "",
     "Connections that the configuration leaves out.", ""},
    {"sockwatch_config_last_reload_successful", gauge, "",
     "Whether the configuration was read without a mistake when it was last read.", ""},
    {"sockwatch_config_last_reload_success_timestamp_seconds", gauge, "seconds",
     "When the configuration in force was read, since unix epoch.", ""},
    {"sockwatch_shortened_segments_total", counter, "",
     "Long messages of which less was copied than was wanted, for want of room in the ring.", ""},
    {"sockwatch_ring_size_bytes", gauge, "bytes",
     "Size of each CPU's ring between the kernel and the agent.", ""},
    {"sockwatch_ring_used_bytes_max", gauge, "bytes",
     "Highest fill of a ring in the last two minutes.", ""},
    {"sockwatch_drain_lag_seconds_max", gauge, "seconds",
     "Age of the oldest record when it was read, at the worst of the last two minutes.", ""},
    {"sockwatch_bpf_run_seconds_total", counter, "seconds",
     "Time spent in the agent's BPF programs. Only while kernel.bpf_stats_enabled is 1.", "program"},
    {"sockwatch_bpf_runs_total", counter, "",
     "Runs of the agent's BPF programs. Only while kernel.bpf_stats_enabled is 1.", "program"},
    {"sockwatch_web_refused_connections_total", counter, "",
     "Connections to the metrics endpoint, and requests to it, that were turned away.", "reason"},
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
