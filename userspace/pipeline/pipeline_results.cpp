// What parsers tell the pipeline of the connection at hand, and what it has counted.
#include <string>
#include <utility>

#include "attribution/service_name.h"
#include "pipeline/pipeline.h"

namespace sockwatch {

void Pipeline::on_transaction(const Transaction& transaction) {
  Connection& connection = *current_;
  if (connection.doubtful && transaction.status.code() == 0) return;
  connection.doubtful = false;
  ++transactions_[0][static_cast<size_t>(transaction.role)];
  std::string_view peer;
  if (transaction.role == Role::client) {
    peer = peer_name(connection);
  } else if (!connection.serves_http) {
    connection.serves_http = true;
    servers_.serves_http(connection.service);
    servers_.learn(connection.local, connection.netns, connection.service);
  }
  note_observed(connection.service);
  const std::string_view service = resolver_.name(connection.service);
  const std::string_view path = registry_.record(connection.service, service, peer, transaction);
  if (observer_)
    observer_({.socket = connection.socket, .service = service, .peer = peer, .path = path, .transaction = transaction});
}

void Pipeline::on_query(const Query& query) {
  const Protocol& protocol = current_->detector->protocol();
  ++transactions_[&protocol - protocols()][static_cast<size_t>(query.role)];
  note_observed(current_->service);
  const QueryLink asked = link(*current_, protocol, query.role);
  registry_.record(asked, query);
  if (query_observer_) query_observer_({.socket = current_->socket, .link = asked, .query = query});
}

void Pipeline::note_observed(ServiceId service) {
  if (service >= observed_.size()) observed_.resize(service + 1);
  ++observed_[service];
}

QueryLink Pipeline::link(Connection& connection, const Protocol& protocol, Role role) {
  return {.service = connection.service,
          .service_name = resolver_.name(connection.service),
          .protocol = &protocol,
          .role = role,
          .peer = role == Role::client ? peer_name(connection) : std::string_view()};
}

void Pipeline::count_sessions() {
  registry_.clear_sessions();
  connections_.for_each([&](Connection& connection) {
    if (!connection.detector || connection.missed > 0) return;
    const SessionState state = connection.detector->session();
    if (state == SessionState::none) return;
    const ProtocolDetector& spoken = *connection.detector;
    registry_.add_sessions(link(connection, spoken.protocol(), spoken.role()), state, 1);
  });
}

void Pipeline::on_parse_error(ParseError error) {
  ++parse_errors_[static_cast<size_t>(error)];
  if (error == ParseError::orphan_response) current_->doubtful = false;  // a head of HTTP all the same
  if (error == ParseError::encrypted) {
    ++unreadable_[{current_->service, Hidden::encrypted}];
    count_unread(*current_, Unread::encrypted);
  }
  if (error == ParseError::compressed) {
    ++unreadable_[{current_->service, Hidden::compressed}];
    count_unread(*current_, Unread::compressed);
  }
  const bool needed = error == ParseError::unseen_request || error == ParseError::unseen_response;
  if (needed && current_hidden_ != Hidden::none) ++unreadable_[{current_->service, current_hidden_}];
}

void Pipeline::on_passed_over(uint64_t bytes) {
  const Role role = current_->detector->role();
  losses_.add_bytes(current_->service, role, role == Role::client ? Direction::send : Direction::recv, LossAccount::Reason::not_read, bytes);
}

std::string_view Pipeline::peer_name(Connection& connection) {
  if (connection.peer_version == servers_.version()) return connection.peer_name;
  connection.peer_version = servers_.version();
  if (connection.local.family == SocketFamily::unix_stream) {
    const Connection* other = connections_.find(connection.peer);
    connection.peer_name = other != nullptr                ? std::string(resolver_.name(other->service))
                           : connection.unix_path.empty() ? "unix"
                                                           : clean_service_name("unix:" + connection.unix_path);
  } else if (const auto service = servers_.at(connection.remote, connection.netns)) {
    connection.peer_name = resolver_.name(*service);
  } else {
    connection.peer_name = to_string(connection.remote);
  }
  return connection.peer_name;
}

void Pipeline::snapshot(Snapshot& out) {
  out.constant_labels = constant_labels_;
  count_sessions();
  registry_.snapshot(out);
}

void Pipeline::fill(SelfMetrics& self) const {
  self.segments = segments_;
  self.captured_bytes = captured_bytes_;
  self.excluded_connections = excluded_;
  for (size_t protocol = 0; protocol < kProtocols; ++protocol)
    for (Role role : {Role::server, Role::client})
      self.transactions[{std::string(protocols()[protocol].name), std::string(to_string(role))}] =
          transactions_[protocol][static_cast<size_t>(role)];
  for (size_t i = 0; i < kParseErrors; ++i)
    self.parse_errors[std::string(to_string(static_cast<ParseError>(i)))] = parse_errors_[i];
  for (const auto& [reason, n] : lost_) self.lost_segments[reason] += n;
  self.lost_requests[{kNoService, "connection_limit"}] += refused_requests_;
  const auto named = [&](ServiceId service) { return std::string(resolver_.name(service)); };
  losses_.for_each_request_count([&](ServiceId service, uint64_t n) { self.lost_requests[{named(service), "ring_full"}] += n; });
  losses_.for_each_byte_count([&](ServiceId service, Role role, Direction direction, LossAccount::Reason reason, uint64_t n) {
    self.lost_bytes[{named(service), std::string(to_string(role)), std::string(to_string(direction)), std::string(to_string(reason))}] += n;
  });
  for (const auto& [key, n] : unreadable_)
    self.unreadable_segments[{std::string(resolver_.name(key.first)), std::string(to_string(key.second))}] += n;
  for (const auto& [key, n] : unread_)
    self.unreadable_connections[{std::string(resolver_.name(key.first)), std::string(to_string(key.second))}] += n;
  self.series = registry_.series();
  self.series_overflowed = registry_.series_overflowed();
  for (const auto& [limit, hits] : resolver_.limits_hit()) self.limits_hit[limit] = hits;
  for (ServiceId service = 0; service < resolver_.count(); ++service)
    if (const size_t users = resolver_.users(service); users > 1) self.service_users[std::string(resolver_.name(service))] = users;
  self.limits_hit["total_lines"] = registry_.total_lines_hits();
  self.connections = connections_.size();
}

}  // namespace sockwatch
