#include "aggregation/query_series.h"

#include <algorithm>
#include <map>

#include "aggregation/labels.h"

namespace sockwatch {
namespace {

constexpr std::string_view kOverflow = "_overflow";
constexpr size_t kStatuses = 4;

uint64_t count_of(const SessionCounts& sessions, SessionState state) { return sessions[static_cast<size_t>(state)]; }

// Only a database's clients are told apart by peer.
std::string_view peer_label(const QueryLink& link) {
  return link.role == Role::client && link.protocol->kind == ProtocolKind::database ? link.peer : std::string_view();
}

Sample sample(const LabelText& labels, uint64_t value) {
  return {.labels = labels, .value = static_cast<double>(value)};
}

}  // namespace

/// One operation over one link, by what became of it.
struct QuerySeries::Operation {
  std::array<uint64_t, kStatuses> counts = {};
  std::array<LabelText, kStatuses> count_labels;  ///< null: never counted
  LabelText labels;
  std::vector<uint64_t> buckets;
  uint64_t sum_ns = 0;
};

struct QuerySeries::Link {
  const Protocol* protocol = nullptr;
  Role role = Role::client;
  std::string service;
  std::string peer;
  bool has_sessions = false;
  SessionCounts sessions = {};
  LabelText labels;  ///< of the gauges
  std::array<LabelText, std::tuple_size_v<SessionCounts>> state_labels;  ///< the same with a state; servers' only
  absl::flat_hash_map<std::string_view, std::unique_ptr<Operation>> operations;  ///< the names are of the parsers' tables
};

struct QuerySeries::Service {
  std::map<std::string, std::unique_ptr<Link>, std::less<>> links[kProtocols][2];  ///< by protocol, role and peer
  uint64_t peers = 0;
  uint64_t counts = 0;      ///< series of queries ...
  uint64_t operations = 0;  ///< ... and of their durations
};

QuerySeries::QuerySeries(uint32_t max_series, const std::vector<uint64_t>& bounds_ns)
    : max_series_(max_series), bounds_ns_(bounds_ns) {}
QuerySeries::~QuerySeries() = default;

void QuerySeries::record(const QueryLink& wanted, const Query& query) {
  Link* link = &find(wanted);
  Operation& operation = operation_of(link, wanted, query.operation);
  const auto status = static_cast<size_t>(query.status);
  if (!operation.count_labels[status]) {
    ++services_[wanted.service]->counts;
    const std::string_view text = to_string(query.status);
    operation.count_labels[status] =
        link->role == Role::client
            ? render_labels({{"service", link->service}, {"db_system", link->protocol->name}, {"peer", link->peer}, {"operation", query.operation}, {"status", text}})
            : render_labels({{"service", link->service}, {"db_system", link->protocol->name}, {"operation", query.operation}, {"status", text}});
  }
  ++operation.counts[status];
  if (link->peer == kOverflow) ++overflowed_;
  if (query.status == QueryStatus::unknown) return;
  const auto bound = std::lower_bound(bounds_ns_.begin(), bounds_ns_.end(), query.duration_ns);
  ++operation.buckets[static_cast<size_t>(bound - bounds_ns_.begin())];
  operation.sum_ns += query.duration_ns;
}

QuerySeries::Link& QuerySeries::find(const QueryLink& wanted) {
  if (wanted.service >= services_.size()) services_.resize(wanted.service + 1);
  std::unique_ptr<Service>& service = services_[wanted.service];
  if (!service) service = std::make_unique<Service>();
  auto& links = service->links[wanted.protocol - protocols()][static_cast<size_t>(wanted.role)];
  std::string_view peer = peer_label(wanted);
  auto it = links.find(peer);
  if (it == links.end() && service->peers >= max_series_) {
    peer = kOverflow;
    it = links.find(peer);
  }
  if (it != links.end()) return *it->second;
  if (peer != kOverflow) ++service->peers;

  auto link = std::make_unique<Link>();
  link->protocol = wanted.protocol;
  link->role = wanted.role;
  link->service = wanted.service_name;
  link->peer = peer;
  const std::string_view system = wanted.protocol->name;
  if (wanted.role == Role::client) {
    link->labels = render_labels({{"service", link->service}, {"db_system", system}, {"peer", peer}});
  } else {
    for (SessionState state : {SessionState::idle, SessionState::active, SessionState::in_transaction, SessionState::unreadable}) {
      constexpr std::string_view names[] = {"", "idle", "active", "in_transaction", "unreadable"};
      const auto i = static_cast<size_t>(state);
      link->state_labels[i] = render_labels({{"service", link->service}, {"db_system", system}, {"state", names[i]}});
    }
  }
  return *links.emplace(std::string(peer), std::move(link)).first->second;
}

QuerySeries::Link& QuerySeries::overflow_link(const QueryLink& wanted) {
  QueryLink overflow = wanted;
  overflow.peer = kOverflow;
  return find(overflow);
}

bool QuerySeries::full(const Service& service) const {
  return service.operations >= max_series_ || service.counts + kStatuses > std::max<uint64_t>(max_series_, kStatuses);
}

// The operation on the link; on the overflow's when the service may have no more. Operations are few: their names are the
// parsers' own.
QuerySeries::Operation& QuerySeries::operation_of(Link*& link, const QueryLink& wanted, std::string_view name) {
  auto it = link->operations.find(name);
  if (it != link->operations.end()) return *it->second;
  Service& service = *services_[wanted.service];
  if (full(service) && !peer_label(wanted).empty() && link->peer != kOverflow) {
    link = &overflow_link(wanted);
    return operation_of(link, wanted, name);
  }
  ++service.operations;
  auto operation = std::make_unique<Operation>();
  operation->buckets.resize(bounds_ns_.size() + 1);
  const std::string_view system = link->protocol->name;
  if (link->role == Role::server)
    operation->labels = render_labels({{"service", link->service}, {"db_system", system}, {"operation", name}});
  else if (link->protocol->kind == ProtocolKind::cache)
    operation->labels = render_labels({{"service", link->service}, {"cache_type", system}, {"operation", name}});
  else
    operation->labels = render_labels({{"service", link->service}, {"db_system", system}, {"peer", link->peer}, {"operation", name}});
  return *(link->operations[name] = std::move(operation));
}

void QuerySeries::clear_sessions() {
  for (auto& service : services_)
    if (service)
      for (auto& roles : service->links)
        for (auto& links : roles)
          for (auto& [peer, link] : links) link->sessions = {};
}

void QuerySeries::add_sessions(const QueryLink& wanted, SessionState state, uint64_t connections) {
  if (state == SessionState::none) return;
  Link& link = find(wanted);
  link.has_sessions = true;
  link.sessions[static_cast<size_t>(state)] += connections;
}

void QuerySeries::forget_service(uint32_t service) {
  if (service < services_.size()) services_[service].reset();
}

uint64_t QuerySeries::series() const {
  uint64_t n = 0;
  for (const auto& service : services_)
    if (service) n += service->counts + service->operations;
  return n;
}

void QuerySeries::snapshot(Families& out) const {
  for (const auto& service : services_)
    if (service)
      for (const auto& roles : service->links)
        for (const auto& links : roles)
          for (const auto& [peer, link] : links) snapshot_link(*link, out);
}

void QuerySeries::snapshot_link(const Link& link, Families& out) const {
  const bool server = link.role == Role::server;
  const bool cache = !server && link.protocol->kind == ProtocolKind::cache;
  MetricFamily& durations = server ? out.server_duration : cache ? out.cache_duration : out.query_duration;
  MetricFamily& queries = server ? out.server_queries : out.queries;
  for (const auto& [name, operation] : link.operations) {
    durations.histograms.push_back({.labels = operation->labels,
                                    .counts = operation->buckets,
                                    .sum = static_cast<double>(operation->sum_ns) / 1e9});
    if (cache) continue;
    for (size_t status = 0; status < kStatuses; ++status)
      if (operation->count_labels[status])
        queries.samples.push_back(sample(operation->count_labels[status], operation->counts[status]));
  }
  if (!link.has_sessions || cache) return;
  if (server) {
    for (size_t state = 1; state < link.sessions.size(); ++state)
      out.server_connections.samples.push_back(sample(link.state_labels[state], link.sessions[state]));
    return;
  }
  const uint64_t waiting = count_of(link.sessions, SessionState::in_transaction);
  out.active.samples.push_back(sample(link.labels, count_of(link.sessions, SessionState::active) + waiting));
  out.idle.samples.push_back(sample(link.labels, count_of(link.sessions, SessionState::idle)));
  out.in_transaction.samples.push_back(sample(link.labels, waiting));
  out.unreadable.samples.push_back(sample(link.labels, count_of(link.sessions, SessionState::unreadable)));
}

}  // namespace sockwatch
