#include "aggregation/registry.h"

#include <algorithm>
#include <vector>

#include "aggregation/cache_series.h"
#include "aggregation/families.h"
#include "aggregation/labels.h"
#include "aggregation/metric_table.h"
#include "aggregation/series_room.h"
#include "aggregation/service_series.h"

namespace sockwatch {

namespace {

constexpr std::string_view kHttpCache = "cdn";

}  // namespace

struct Registry::Impl {
  Impl(const MetricsConfig& metrics_config, const RoutesConfig& routes_config)
      : metrics(metrics_config),
        routes(routes_config),
        bounds(metrics_config, Metric::http_request_duration),
        query_bounds(metrics_config, Metric::db_query_duration),
        room(metrics_config.max_total_lines, [this](uint32_t service, uint64_t lines) { give_up_lines(service, lines); },
             [this](uint32_t service, uint64_t entries) { give_up_routes(service, entries); }),
        caches(metrics_config.naming, Metric::cache_hits, Metric::cache_misses, room),
        cache_servers(metrics_config.naming, Metric::cache_server_hits, Metric::cache_server_misses, room),
        queries(metrics_config, query_bounds, room) {}

  struct Service {
    std::unique_ptr<ServiceSeries> roles[2];
    SeriesLabels labels;  ///< of its connections
    bool has_connections = false;
    uint64_t connections = 0;
  };

  ServiceSeries& series_of(uint32_t service, std::string_view name, Role role) {
    if (service >= services.size()) services.resize(service + 1);
    auto& series = services[service].roles[static_cast<size_t>(role)];
    if (!series) series = std::make_unique<ServiceSeries>(role, service, name, metrics, routes, bounds, room);
    return *series;
  }

  /// Of what the service has, that which has most gives most.
  void give_up_lines(uint32_t service, uint64_t lines) {
    ServiceSeries* most = nullptr;
    if (service < services.size())
      for (const auto& series : services[service].roles)
        if (series && (most == nullptr || series->lines() > most->lines())) most = series.get();
    if (most != nullptr && most->lines() >= queries.lines(service)) {
      most->give_up_lines(lines);
    } else if (queries.lines(service) > 0) {
      queries.give_up_lines(service, lines);
    }
  }

  void give_up_routes(uint32_t service, uint64_t entries) {
    if (service >= services.size()) return;
    for (const auto& series : services[service].roles)
      if (series) series->give_up_routes(entries);
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Service& service : services)
      for (const auto& series : service.roles)
        if (series) visit(*series);
  }

  MetricsConfig metrics;
  RoutesConfig routes;
  MetricBounds bounds;
  MetricBounds query_bounds;
  SeriesRoom room;
  std::vector<Service> services;
  CacheSeries caches;
  CacheSeries cache_servers;
  QuerySeries queries;
  uint64_t snapshots = 0;          ///< taken so far
  uint64_t overflowed_before = 0;  ///< of services that have been forgotten: the counter never decreases
};

Registry::Registry(const MetricsConfig& metrics, const RoutesConfig& routes)
    : impl_(std::make_unique<Impl>(metrics, routes)) {
  set_expire_after(metrics.expire_after);
}

Registry::~Registry() = default;

std::string_view Registry::record(uint32_t service, std::string_view service_name, std::string_view peer,
                                  const Transaction& transaction) {
  const std::string_view path = impl_->series_of(service, service_name, transaction.role).record(peer, transaction);
  // What an HTTP cache said counts for who answered and for who asked; once where they are one service.
  const bool at_both_ends = transaction.role == Role::client && peer == service_name;
  if (transaction.cache != CacheAnswer::none && !at_both_ends) {
    const bool hit = transaction.cache == CacheAnswer::hit;
    record_cache(service, service_name, kHttpCache, hit ? 1 : 0, hit ? 0 : 1);
  }
  return path;
}

void Registry::record_cache(uint32_t service, std::string_view service_name, std::string_view cache_type, uint64_t hits,
                            uint64_t misses) {
  impl_->caches.record(service, service_name, cache_type, hits, misses);
}

void Registry::record(const QueryLink& link, const Query& query) {
  impl_->queries.record(link, query);
  if (link.protocol->kind != ProtocolKind::cache) return;
  CacheSeries& caches = link.role == Role::client ? impl_->caches : impl_->cache_servers;
  caches.record(link.service, link.service_name, link.protocol->name, query.hits, query.misses);
}

void Registry::clear_sessions() { impl_->queries.clear_sessions(); }

void Registry::add_sessions(const QueryLink& link, SessionState state, uint64_t connections) {
  impl_->queries.add_sessions(link, state, connections);
}

void Registry::set_active_connections(uint32_t service, std::string_view service_name, uint64_t connections) {
  if (service >= impl_->services.size()) impl_->services.resize(service + 1);
  Impl::Service& entry = impl_->services[service];
  if (!entry.has_connections) {
    entry.labels = render_labels(descriptor(Metric::active_connections), impl_->metrics.naming, {{"service", service_name}});
    impl_->room.lines.take_anyway(service, lines_of(entry.labels));
  }
  entry.has_connections = true;
  entry.connections = connections;
}

void Registry::set_route_patterns(const std::vector<std::string>& patterns) {
  impl_->routes.patterns = patterns;
  for (const Impl::Service& service : impl_->services)
    for (const auto& series : service.roles)
      if (series) series->set_route_patterns(patterns);
}

void Registry::set_expire_after(std::chrono::seconds expire_after) {
  impl_->room.expire_ns = static_cast<uint64_t>(std::chrono::nanoseconds(expire_after).count());
}

void Registry::advance(uint64_t now_ns) {
  for (const Impl::Service& service : impl_->services)
    for (const auto& series : service.roles)
      if (series) series->advance(now_ns);
}

void Registry::forget_service(uint32_t service) {
  impl_->caches.forget_service(service);
  impl_->cache_servers.forget_service(service);
  impl_->queries.forget_service(service);
  if (service >= impl_->services.size()) return;
  for (const auto& series : impl_->services[service].roles)
    if (series) impl_->overflowed_before += series->overflowed();
  if (impl_->services[service].has_connections)
    impl_->room.lines.give_back(service, lines_of(impl_->services[service].labels));
  impl_->services[service] = {};
}

void Registry::set_page_lines(uint64_t lines) {
  FairShare& room = impl_->room.lines;
  room.set_reserved(lines - std::min(lines, room.used()));
}

uint64_t Registry::total_lines_hits() const { return impl_->room.lines.hits(); }

uint64_t Registry::series() const {
  uint64_t n = impl_->caches.series() + impl_->cache_servers.series() + impl_->queries.series();
  impl_->for_each([&](const ServiceSeries& series) { n += series.series(); });
  return n;
}

uint64_t Registry::series_overflowed() const {
  uint64_t n = impl_->overflowed_before + impl_->caches.overflowed() + impl_->cache_servers.overflowed() +
               impl_->queries.overflowed();
  impl_->for_each([&](const ServiceSeries& series) { n += series.overflowed(); });
  return n;
}

void Registry::snapshot(Snapshot& out) {
  out.number = ++impl_->snapshots;
  Families families(out.number);
  for (Impl::Service& service : impl_->services) {
    for (const auto& series : service.roles)
      if (series) series->snapshot(families);
    if (service.has_connections)
      families.add(Metric::active_connections, service.labels, static_cast<double>(service.connections));
  }
  impl_->caches.snapshot(families);
  impl_->queries.snapshot(families);
  impl_->cache_servers.snapshot(families);
  families.move_to(out);
}

}  // namespace sockwatch
