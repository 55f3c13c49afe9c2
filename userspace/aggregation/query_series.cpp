#include "aggregation/query_series.h"

#include <algorithm>
#include <map>

#include "aggregation/labels.h"
#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

constexpr std::string_view kOverflow = "_overflow";
constexpr size_t kStatuses = 4;
constexpr uint64_t kMakeRoomEveryNs = 1'000'000'000;  // looking through all peers takes a while
constexpr std::array kGauges = {Metric::db_connections_active, Metric::db_connections_idle,
                                Metric::db_connections_in_transaction, Metric::db_connections_unreadable};

uint64_t count_of(const SessionCounts& sessions, SessionState state) {
  return sessions[static_cast<size_t>(state)];
}

// Only a database's clients are told apart by peer.
std::string_view peer_label(const QueryLink& link) {
  return link.role == Role::client && link.protocol->kind == ProtocolKind::database ? link.peer
                                                                                    : std::string_view();
}

// A link that goes by no peer is all that there is of its kind, and may be the one that asks for room.
bool gives_way(std::string_view peer) { return !peer.empty() && peer != kOverflow; }

/// The metrics that a link's queries are counted in.
struct QueryMetrics {
  bool counted;  ///< the first one is in use: a cache's hits and misses say as much
  Metric queries;
  Metric durations;
};

QueryMetrics metrics_of(const Protocol& protocol, Role role) {
  if (role == Role::server) return {true, Metric::db_server_queries, Metric::db_server_query_duration};
  if (protocol.kind == ProtocolKind::cache)
    return {false, Metric::db_queries, Metric::cache_operation_duration};
  return {true, Metric::db_queries, Metric::db_query_duration};
}

}  // namespace

/// One operation over one link, by what became of it.
struct QuerySeries::Operation {
  struct ByStatus {
    uint64_t count = 0;
    bool known = false;
    SeriesLabels labels;                           ///< of the counter
    LabelText otel_labels;                         ///< of the histogram
    std::unique_ptr<DurationHistogram> durations;  ///< where OpenTelemetry has one by status
  };
  std::array<ByStatus, kStatuses> statuses;
  SeriesLabels labels;                           ///< of the histogram without status
  std::unique_ptr<DurationHistogram> durations;  ///< that one
};

struct QuerySeries::Link {
  uint32_t service_id = 0;
  uint64_t lines = 0;
  const Protocol* protocol = nullptr;
  Role role = Role::client;
  std::string service;
  std::string peer;
  uint64_t used_ns = 0;
  bool has_sessions = false;
  SessionCounts sessions = {};
  std::array<SeriesLabels, kGauges.size()> gauge_labels;                    ///< clients of databases
  std::array<SeriesLabels, std::tuple_size_v<SessionCounts>> state_labels;  ///< servers
  absl::flat_hash_map<std::string_view, std::unique_ptr<Operation>>
      operations;  ///< the names are of the parsers' tables
};

struct QuerySeries::Service {
  std::map<std::string, std::unique_ptr<Link>, std::less<>> links[kProtocols]
                                                                 [2];  ///< by protocol, role and peer
  uint64_t peers = 0;
  uint64_t counts = 0;      ///< series of queries ...
  uint64_t operations = 0;  ///< ... and of their durations
  uint64_t lines = 0;            ///< those of _overflow left out
  uint64_t make_room_at_ns = 0;  ///< not again before
};

QuerySeries::QuerySeries(const MetricsConfig& config, const MetricBounds& bounds, SeriesRoom& room)
    : naming_(config.naming), max_series_(config.max_series), bounds_(bounds), room_(room) {}
QuerySeries::~QuerySeries() = default;

void QuerySeries::record(const QueryLink& wanted, const Query& query) {
  const uint64_t now_ns = query.start_ns + query.duration_ns;
  Link* link = &find(wanted, now_ns);
  link->used_ns = now_ns;
  Operation& operation = operation_of(link, wanted, query.operation, now_ns);
  Operation::ByStatus& by_status = operation.statuses[static_cast<size_t>(query.status)];
  if (!by_status.known) {
    ++services_[wanted.service]->counts;
    const auto [counted, queries, durations] = metrics_of(*link->protocol, link->role);
    const std::string_view text = to_string(query.status);
    by_status.known = true;
    if (counted)
      by_status.labels = labels_of(queries, *link, {{"operation", query.operation}, {"status", text}});
    if (descriptor(durations).otel.has_own_name() && query.status != QueryStatus::unknown) {
      by_status.otel_labels =
          labels_of(durations, *link, {{"operation", query.operation}, {"status", text}}).otel;
      if (by_status.otel_labels) by_status.durations = std::make_unique<DurationHistogram>(bounds_.otel);
    }
  }
  ++by_status.count;
  if (link->peer == kOverflow) ++overflowed_;
  if (query.status == QueryStatus::unknown) return;
  if (operation.durations) operation.durations->add(bounds_.classic, query.duration_ns, {}, 0);
  if (by_status.durations) by_status.durations->add(bounds_.otel, query.duration_ns, {}, 0);
}

// The labels that every metric of a link has, and `more`.
SeriesLabels QuerySeries::labels_of(Metric metric, const Link& link,
                                    std::initializer_list<Label> more) const {
  const bool cache = metric == Metric::cache_operation_duration;
  std::vector<Label> labels = {{"service", link.service},
                               {cache ? "cache_type" : "db_system", link.protocol->name}};
  if (!cache && link.role == Role::client) labels.push_back({"peer", link.peer});
  labels.insert(labels.end(), more);
  return render_labels(descriptor(metric), naming_, labels);
}

QuerySeries::Link& QuerySeries::find(const QueryLink& wanted, uint64_t now_ns) {
  if (wanted.service >= services_.size()) services_.resize(wanted.service + 1);
  std::unique_ptr<Service>& service = services_[wanted.service];
  if (!service) service = std::make_unique<Service>();
  auto& links = service->links[wanted.protocol - protocols()][static_cast<size_t>(wanted.role)];
  std::string_view peer = peer_label(wanted);
  auto it = links.find(peer);
  if (it == links.end() && service->peers >= max_series_) make_room(*service, now_ns);
  if (it == links.end() && service->peers >= max_series_) {
    peer = kOverflow;
    it = links.find(peer);
  }
  if (it != links.end()) return *it->second;

  auto link = std::make_unique<Link>();
  link->service_id = wanted.service;
  link->peer = peer;
  const uint64_t lines = gauge_lines(*wanted.protocol, wanted.role);
  if (!take_lines(wanted.service, *link, lines)) {
    if (!peer.empty() && peer != kOverflow) return overflow_link(wanted);
    take_lines_anyway(wanted.service, *link, lines);
  }
  if (peer != kOverflow) ++service->peers;
  link->protocol = wanted.protocol;
  link->role = wanted.role;
  link->service = wanted.service_name;
  if (wanted.role == Role::client) {
    for (size_t i = 0; i < kGauges.size(); ++i) link->gauge_labels[i] = labels_of(kGauges[i], *link, {});
  } else {
    constexpr std::string_view names[] = {"", "idle", "active", "in_transaction", "unreadable"};
    for (size_t i = 1; i < link->state_labels.size(); ++i)
      link->state_labels[i] = labels_of(Metric::db_server_connections, *link, {{"state", names[i]}});
  }
  return *links.emplace(std::string(peer), std::move(link)).first->second;
}

QuerySeries::Link& QuerySeries::overflow_link(const QueryLink& wanted) {
  QueryLink overflow = wanted;
  overflow.peer = kOverflow;
  return find(overflow, 0);
}

bool QuerySeries::take_lines(uint32_t service, Link& link, uint64_t lines) {
  if (!room_.lines.take(service, lines)) return false;
  add_lines(service, link, lines);
  return true;
}

void QuerySeries::take_lines_anyway(uint32_t service, Link& link, uint64_t lines) {
  room_.lines.take_anyway(service, lines);
  add_lines(service, link, lines);
}

void QuerySeries::add_lines(uint32_t service, Link& link, uint64_t lines) {
  link.lines += lines;
  if (link.peer != kOverflow) services_[service]->lines += lines;
}

uint64_t QuerySeries::gauge_lines(const Protocol& protocol, Role role) const {
  const uint64_t columns = naming_ == NamingMode::both ? 2 : 1;
  if (role == Role::server) return std::tuple_size_v<SessionCounts> - 1;
  return protocol.kind == ProtocolKind::database ? columns * kGauges.size() : 0;
}

// With every status that it may have.
uint64_t QuerySeries::operation_lines(const Protocol& protocol, Role role) const {
  const auto [counted, queries, durations] = metrics_of(protocol, role);
  const bool by_status = descriptor(durations).otel.has_own_name();
  uint64_t lines = naming_ == NamingMode::otel && by_status ? 0 : lines_of(bounds_.classic);
  if (naming_ != NamingMode::classic && by_status) lines += kStatuses * lines_of(bounds_.otel);
  for (const Naming column : {Naming::classic, Naming::otel})
    if (counted && is_written(descriptor(queries), column, naming_)) lines += kStatuses;
  return lines;
}

uint64_t QuerySeries::lines(uint32_t service) const {
  return service < services_.size() && services_[service] ? services_[service]->lines : 0;
}

void QuerySeries::give_up_lines(uint32_t id, uint64_t lines) {
  Service& service = *services_[id];
  std::vector<uint64_t> used;
  for_each_link([&](const Link& link) {
    if (link.service_id == id && gives_way(link.peer)) used.push_back(link.used_ns);
  });
  std::sort(used.begin(), used.end());
  const uint64_t enough = service.lines - std::min(service.lines, lines);
  for (const uint64_t used_ns : used) {
    if (service.lines <= enough) return;
    for (auto& roles : service.links)
      for (auto& links : roles)
        std::erase_if(links, [&](const auto& entry) {
          if (entry.second->used_ns != used_ns || !gives_way(entry.first) || service.lines <= enough) return false;
          erased(service, *entry.second);
          return true;
        });
  }
}

void QuerySeries::erased(Service& service, const Link& link) {
  --service.peers;
  service.operations -= link.operations.size();
  service.lines -= link.lines;
  room_.lines.give_back(link.service_id, link.lines);
  for (const auto& [name, operation] : link.operations)
    for (const Operation::ByStatus& by_status : operation->statuses) service.counts -= by_status.known ? 1 : 0;
}

void QuerySeries::make_room(Service& service, uint64_t now_ns) {
  if (now_ns < service.make_room_at_ns || now_ns < room_.expire_ns) return;
  service.make_room_at_ns = now_ns + kMakeRoomEveryNs;
  for (const bool addresses_only : {true, false}) {
    uint64_t gone = 0;
    for (auto& roles : service.links) {
      for (auto& links : roles) {
        gone += std::erase_if(links, [&](const auto& entry) {
          const Link& link = *entry.second;
          const bool open = std::any_of(link.sessions.begin(), link.sessions.end(), [](uint64_t n) { return n > 0; });
          if (open || link.used_ns >= now_ns - room_.expire_ns || entry.first == kOverflow) return false;
          if (addresses_only && !is_address(link.peer)) return false;
          erased(service, link);
          return true;
        });
      }
    }
    if (gone > 0) return;
  }
}

bool QuerySeries::full(const Service& service) const {
  return service.operations >= max_series_ ||
         service.counts + kStatuses > std::max<uint64_t>(max_series_, kStatuses);
}

// The operation on the link; on the overflow's when the service may have no more. Operations are few: their
// names are the parsers' own.
QuerySeries::Operation& QuerySeries::operation_of(Link*& link, const QueryLink& wanted,
                                                  std::string_view name, uint64_t now_ns) {
  auto it = link->operations.find(name);
  if (it != link->operations.end()) return *it->second;
  Service& service = *services_[wanted.service];
  const bool has_overflow = !peer_label(wanted).empty() && link->peer != kOverflow;
  if (has_overflow && full(service)) make_room(service, now_ns);
  if (has_overflow && full(service)) {
    link = &overflow_link(wanted);
    return operation_of(link, wanted, name, now_ns);
  }
  const uint64_t lines = operation_lines(*link->protocol, link->role);
  if (!take_lines(wanted.service, *link, lines)) {
    if (has_overflow) {
      link = &overflow_link(wanted);
      return operation_of(link, wanted, name, now_ns);
    }
    if (name != kOverflow) return operation_of(link, wanted, kOverflow, now_ns);
    take_lines_anyway(wanted.service, *link, lines);
  }
  ++service.operations;
  auto operation = std::make_unique<Operation>();
  const Metric durations = metrics_of(*link->protocol, link->role).durations;
  operation->labels = labels_of(durations, *link, {{"operation", name}});
  if (descriptor(durations).otel.has_own_name()) operation->labels.otel = nullptr;  // that one goes by status
  if (operation->labels.classic || operation->labels.otel)
    operation->durations = std::make_unique<DurationHistogram>(bounds_.classic);
  return *(link->operations[name] = std::move(operation));
}

void QuerySeries::clear_sessions() {
  for (auto& service : services_)
    if (service)
      for (auto& roles : service->links)
        for (auto& links : roles)
          for (auto& [peer, link] : links) {
            link->sessions = {};
            if (link->role == Role::server) link->has_sessions = true;  // nobody may have a connection to it: that is 0
          }
}

void QuerySeries::add_sessions(const QueryLink& wanted, SessionState state, uint64_t connections) {
  if (state == SessionState::none) return;
  Link& link = find(wanted, 0);
  link.has_sessions = true;
  link.sessions[static_cast<size_t>(state)] += connections;
}

void QuerySeries::forget_service(uint32_t service) {
  if (service >= services_.size() || !services_[service]) return;
  for_each_link([&](const Link& link) {
    if (link.service_id == service) room_.lines.give_back(service, link.lines);
  });
  services_[service].reset();
}

uint64_t QuerySeries::series() const {
  const auto written = [](const SeriesLabels& labels) {
    return (labels.classic ? 1u : 0u) + (labels.otel ? 1u : 0u);
  };
  uint64_t n = 0;
  for_each_link([&](const Link& link) {
    for (const auto& [name, operation] : link.operations) {
      n += written(operation->labels);
      for (const Operation::ByStatus& by_status : operation->statuses)
        n += written(by_status.labels) + (by_status.durations ? 1 : 0);
    }
  });
  return n;
}

template <typename Visit>
void QuerySeries::for_each_link(Visit visit) const {
  for (const auto& service : services_)
    if (service)
      for (const auto& roles : service->links)
        for (const auto& links : roles)
          for (const auto& [peer, link] : links) visit(*link);
}

void QuerySeries::snapshot(Families& out) {
  for_each_link([&](Link& link) { snapshot_link(link, out); });
}

void QuerySeries::snapshot_link(Link& link, Families& out) const {
  const auto [counted, queries, durations] = metrics_of(*link.protocol, link.role);
  for (const auto& [name, operation] : link.operations) {
    if (operation->labels.classic)
      out.add(durations, Naming::classic, *operation->durations, operation->labels.classic, bounds_.classic);
    if (operation->labels.otel)
      out.add(durations, Naming::otel, *operation->durations, operation->labels.otel, bounds_.classic);
    for (Operation::ByStatus& by_status : operation->statuses) {
      out.add(queries, by_status.labels, static_cast<double>(by_status.count));
      if (by_status.durations)
        out.add(durations, Naming::otel, *by_status.durations, by_status.otel_labels, bounds_.otel);
    }
  }
  if (!link.has_sessions) return;
  if (link.role == Role::server) {
    for (size_t state = 1; state < link.sessions.size(); ++state)
      out.add(Metric::db_server_connections, link.state_labels[state],
              static_cast<double>(link.sessions[state]));
  } else if (link.protocol->kind == ProtocolKind::database) {
    const uint64_t waiting = count_of(link.sessions, SessionState::in_transaction);
    const uint64_t values[] = {count_of(link.sessions, SessionState::active) + waiting,
                               count_of(link.sessions, SessionState::idle), waiting,
                               count_of(link.sessions, SessionState::unreadable)};
    for (size_t i = 0; i < kGauges.size(); ++i)
      out.add(kGauges[i], link.gauge_labels[i], static_cast<double>(values[i]));
  }
}

}  // namespace sockwatch
