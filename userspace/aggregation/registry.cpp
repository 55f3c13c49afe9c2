#include "aggregation/registry.h"

#include <cmath>
#include <map>
#include <vector>

#include "aggregation/cache_series.h"
#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/service_series.h"

namespace sockwatch {

namespace {

constexpr std::string_view kHttpCache = "cdn";

}  // namespace

struct Registry::Impl {
  struct Service {
    std::unique_ptr<ServiceSeries> roles[2];
    LabelText labels;
    bool has_connections = false;
    uint64_t connections = 0;
  };

  ServiceSeries& series_of(uint32_t service, std::string_view name, Role role) {
    if (service >= services.size()) services.resize(service + 1);
    auto& series = services[service].roles[static_cast<size_t>(role)];
    if (!series) series = std::make_unique<ServiceSeries>(role, name, metrics, routes, bounds_ns);
    return *series;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Service& service : services)
      for (const auto& series : service.roles)
        if (series) visit(*series);
  }

  MetricsConfig metrics;
  RoutesConfig routes;
  std::vector<uint64_t> bounds_ns;
  std::shared_ptr<const std::vector<double>> bounds;
  std::vector<Service> services;
  CacheSeries caches;
  CacheSeries cache_servers;
  std::unique_ptr<QuerySeries> queries;
  uint64_t overflowed_before = 0;  ///< of services that have been forgotten: the counter never decreases
};

Registry::Registry(const MetricsConfig& metrics, const RoutesConfig& routes) : impl_(std::make_unique<Impl>()) {
  impl_->metrics = metrics;
  impl_->routes = routes;
  impl_->bounds = std::make_shared<const std::vector<double>>(metrics.duration_buckets);
  for (double seconds : metrics.duration_buckets)
    impl_->bounds_ns.push_back(static_cast<uint64_t>(std::llround(seconds * 1e9)));
  impl_->queries = std::make_unique<QuerySeries>(metrics.max_series, impl_->bounds_ns);
}

Registry::~Registry() = default;

void Registry::record(uint32_t service, std::string_view service_name, std::string_view peer,
                      const Transaction& transaction) {
  impl_->series_of(service, service_name, transaction.role).record(peer, transaction);
  // What an HTTP cache said counts for who answered and for who asked; once where they are one service.
  const bool at_both_ends = transaction.role == Role::client && peer == service_name;
  if (transaction.cache != CacheAnswer::none && !at_both_ends) {
    const bool hit = transaction.cache == CacheAnswer::hit;
    record_cache(service, service_name, kHttpCache, hit ? 1 : 0, hit ? 0 : 1);
  }
}

void Registry::record_cache(uint32_t service, std::string_view service_name, std::string_view cache_type, uint64_t hits,
                            uint64_t misses) {
  impl_->caches.record(service, service_name, cache_type, hits, misses);
}

void Registry::record(const QueryLink& link, const Query& query) {
  impl_->queries->record(link, query);
  if (link.protocol->kind != ProtocolKind::cache) return;
  CacheSeries& caches = link.role == Role::client ? impl_->caches : impl_->cache_servers;
  caches.record(link.service, link.service_name, link.protocol->name, query.hits, query.misses);
}

void Registry::clear_sessions() { impl_->queries->clear_sessions(); }

void Registry::add_sessions(const QueryLink& link, SessionState state, uint64_t connections) {
  impl_->queries->add_sessions(link, state, connections);
}

void Registry::set_active_connections(uint32_t service, std::string_view service_name, uint64_t connections) {
  if (service >= impl_->services.size()) impl_->services.resize(service + 1);
  Impl::Service& entry = impl_->services[service];
  if (!entry.labels) entry.labels = render_labels({{"service", service_name}});
  entry.has_connections = true;
  entry.connections = connections;
}

void Registry::forget_service(uint32_t service) {
  impl_->caches.forget_service(service);
  impl_->cache_servers.forget_service(service);
  impl_->queries->forget_service(service);
  if (service >= impl_->services.size()) return;
  for (const auto& series : impl_->services[service].roles)
    if (series) impl_->overflowed_before += series->overflowed();
  impl_->services[service] = {};
}

uint64_t Registry::series() const {
  uint64_t n = impl_->caches.series() + impl_->cache_servers.series() + impl_->queries->series();
  impl_->for_each([&](const ServiceSeries& series) { n += series.series(); });
  return n;
}

uint64_t Registry::series_overflowed() const {
  uint64_t n = impl_->overflowed_before + impl_->caches.overflowed() + impl_->cache_servers.overflowed() +
               impl_->queries->overflowed();
  impl_->for_each([&](const ServiceSeries& series) { n += series.overflowed(); });
  return n;
}

void Registry::snapshot(Snapshot& out) const {
  auto family = [&](Metric metric) {
    MetricFamily made;
    made.descriptor = &descriptor(metric);
    if (made.descriptor->type == MetricType::histogram) made.bounds = impl_->bounds;
    return made;
  };
  MetricFamily requests[2] = {family(Metric::http_requests), family(Metric::http_client_requests)};
  MetricFamily durations[2] = {family(Metric::http_request_duration), family(Metric::http_client_request_duration)};
  MetricFamily connections = family(Metric::active_connections);
  for (const Impl::Service& service : impl_->services) {
    for (size_t role = 0; role < 2; ++role)
      if (service.roles[role]) service.roles[role]->snapshot(requests[role], durations[role]);
    if (service.has_connections)
      connections.samples.push_back({.labels = service.labels, .value = static_cast<double>(service.connections)});
  }
  auto append = [&](MetricFamily& made) {
    if (!made.samples.empty() || !made.histograms.empty()) out.families.push_back(std::move(made));
  };
  append(requests[0]);
  append(durations[0]);
  append(connections);
  append(requests[1]);
  append(durations[1]);
  MetricFamily hits = family(Metric::cache_hits);
  MetricFamily misses = family(Metric::cache_misses);
  impl_->caches.snapshot(hits, misses);
  append(hits);
  append(misses);

  QuerySeries::Families queries = {.queries = family(Metric::db_queries),
                                   .query_duration = family(Metric::db_query_duration),
                                   .active = family(Metric::db_connections_active),
                                   .idle = family(Metric::db_connections_idle),
                                   .in_transaction = family(Metric::db_connections_in_transaction),
                                   .unreadable = family(Metric::db_connections_unreadable),
                                   .cache_duration = family(Metric::cache_operation_duration),
                                   .server_queries = family(Metric::db_server_queries),
                                   .server_duration = family(Metric::db_server_query_duration),
                                   .server_connections = family(Metric::db_server_connections)};
  impl_->queries->snapshot(queries);
  for (MetricFamily* made :
       {&queries.cache_duration, &queries.queries, &queries.query_duration, &queries.active, &queries.idle,
        &queries.in_transaction, &queries.unreadable, &queries.server_queries, &queries.server_duration,
        &queries.server_connections})
    append(*made);
  MetricFamily server_hits = family(Metric::cache_server_hits);
  MetricFamily server_misses = family(Metric::cache_server_misses);
  impl_->cache_servers.snapshot(server_hits, server_misses);
  append(server_hits);
  append(server_misses);
}

}  // namespace sockwatch
