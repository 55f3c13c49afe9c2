#include "pipeline/pipeline.h"

#include <algorithm>
#include <utility>

#include "aggregation/labels.h"
#include "util/log.h"

namespace sockwatch {
namespace {

constexpr uint64_t kSweepNs = 5'000'000'000;
constexpr uint64_t kRoomNs = 1'000'000'000;  // between two times that refused sockets are let come back
constexpr size_t kMostAskedAgain = 256;  // connections of services without a name, at once: each may take a look at /proc
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n";
constexpr const char* kLostConnectionLimit = "connection_limit";
constexpr const char* kLostMemoryLimit = "memory_limit";

// The direction that carries requests.
Direction asks(const Connection& connection) {
  const std::optional<Direction> known = connection.detector ? connection.detector->asks() : std::nullopt;
  return known.value_or(connection.accepted ? Direction::recv : Direction::send);
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ProcessHint process_of(const Connection& connection) {
  return {.tgid = connection.tgid, .cgroup_id = connection.cgroup_id, .comm = connection.comm};
}

LabelText constant_labels(const MetricsConfig& metrics) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metrics.labels) labels.push_back({name, value});
  return render_labels(labels);
}

}  // namespace

Pipeline::Pipeline(const Config& config) : Pipeline(config, SocketAdvice{}) {}

Pipeline::Pipeline(const Config& config, SocketAdvice advice)
    : config_(config),
      live_(advice.ignore != nullptr),
      advice_(std::move(advice)),
      resolver_(config.attribution, config.procfs, config.cgroupfs, config.metrics.max_services),
      filter_(config.filter),
      registry_(config.metrics, config.routes),
      connections_(config.capture.max_connections),
      constant_labels_(constant_labels(config.metrics)) {
  for (const char* reason : {kLostConnectionLimit, kLostMemoryLimit}) lost_[reason] = 0;
}

void Pipeline::set_observer(Observer observer) { observer_ = std::move(observer); }

void Pipeline::set_query_observer(QueryObserver observer) { query_observer_ = std::move(observer); }

void Pipeline::on_event(const SocketEvent& event) {
  if (event.kind == SocketEvent::Kind::open) {
    open(event);
    return;
  }
  Connection* connection = connections_.find(event.socket);
  if (connection == nullptr) {
    if (live_) {
      if (event.kind == SocketEvent::Kind::segment) on_refused_segment(event);
      return;
    }
    if (event.kind != SocketEvent::Kind::segment || (connection = open(event)) == nullptr) return;
  }
  current_ = connection;
  if (connection->waiting && connection->detector) connection->detector->advance(event.ts_ns);
  switch (event.kind) {
    case SocketEvent::Kind::segment:
      on_segment(*connection, event);
      break;
    case SocketEvent::Kind::eof:
      miss_up_to(*connection, event.eof.direction, event.eof.end, event.ts_ns, connection->flight);
      if (connection->detector) connection->detector->eof(event.eof.direction, event.ts_ns);
      break;
    case SocketEvent::Kind::owner:
      if (!set_process(*connection, event.process)) exclude(*connection);
      break;
    case SocketEvent::Kind::close:
      if (event.close.unread != Unread::none) {
        count_unread(*connection, event.close.unread);
        connection->detector.reset();
      }
      for (Direction d : {Direction::recv, Direction::send})
        miss_up_to(*connection, d, event.close.end[static_cast<size_t>(d)], event.ts_ns, connection->flight);
      if (event.close.flight != 0) note_lost_flight(*connection, event.close.flight, event.close.direction);
      close(*connection, event.ts_ns);
      break;
    case SocketEvent::Kind::open:
      break;
  }
  current_ = nullptr;
}

Connection* Pipeline::open(const SocketEvent& event) {
  if (Connection* existing = connections_.find(event.socket)) close(*existing, event.ts_ns);
  Connection* connection = find_room(event);
  if (connection == nullptr) {
    lose(kLostConnectionLimit);
    refuse(event.socket);
    return nullptr;
  }
  refused_.erase(event.socket);
  connection->detector = std::make_unique<ProtocolDetector>(static_cast<TransactionSink&>(*this));
  connection->opened_ns = event.ts_ns;
  connection->assumed_start = event.kind != SocketEvent::Kind::open || event.open.assumed;
  if (connection->assumed_start) connection->detector->start_is_a_guess();
  if (event.kind == SocketEvent::Kind::open) {
    connection->local = event.open.local;
    connection->remote = event.open.remote;
    connection->netns = event.open.netns;
    connection->peer = event.open.peer;
    connection->accepted = event.open.accepted;
    connection->unix_path = event.open.unix_path;
    std::copy(std::begin(event.open.passed), std::end(event.open.passed), connection->uncounted_from.begin());
    if (event.open.flight != 0) connection->flights.expect(event.open.flight);
    if (!event.open.service.empty()) {
      connection->named = true;
      connection->service = resolver_.intern(event.open.service);
    }
    if (!event.open.from_start) begin_in_the_middle(*connection, event.ts_ns);
  }
  if (set_process(*connection, event.process)) return connection;
  exclude(*connection);
  return live_ ? nullptr : connection;
}

// A place in the table. Where it is full, an idle connection of the process that holds most gives way, unless that is the one that asks.
Connection* Pipeline::find_room(const SocketEvent& event) {
  Connection* connection = connections_.insert(event.socket);
  if (connection != nullptr || !live_) return connection;
  Connection* idle = connections_.idle_of_greediest(event.process.tgid);
  if (idle == nullptr) return nullptr;
  give_up(*idle, event.ts_ns);
  return connections_.insert(event.socket);
}

// The kernel side goes on to tell of a socket until it has heard that nobody wants to hear of it.
void Pipeline::on_refused_segment(const SocketEvent& event) {
  const auto found = refused_.find(event.socket);
  if (found == refused_.end()) {
    advice_.ignore(event.socket);
    return;
  }
  Refused& refused = found->second;
  if (!refused.asks) refused.asks = event.segment.direction;
  if (event.segment.direction == *refused.asks && event.segment.flight != std::exchange(refused.flight, event.segment.flight)) ++refused_requests_;
  advice_.postpone(event.socket);
}

// It is let come back when there is room.
void Pipeline::refuse(SocketId socket) {
  if (!live_) return;
  if (refused_.size() >= kMaxRefused) refused_.clear();
  refused_.emplace(socket, Refused{});
  postponed_ = true;
  advice_.postpone(socket);
}

void Pipeline::begin_in_the_middle(Connection& connection, uint64_t ts_ns) {
  for (Direction d : {Direction::recv, Direction::send})
    connection.detector->on_gap(d, {.ts_ns = ts_ns, .tgid = 0, .flight = 0}, {.length = 1, .tail = {}, .detected_late = true});
}

// The process behind the socket, and whether its connection is counted.
bool Pipeline::set_process(Connection& connection, const ProcessHint& process) {
  connections_.assign(connection, process.tgid);
  connection.cgroup_id = process.cgroup_id;
  connection.comm = process.comm;
  connection.serves_http = false;  // to be learned of the new process
  if (!connection.named && live_) {
    const uint32_t known = resolver_.count();
    connection.service = resolver_.resolve(process, connection.local.port);
    if (resolver_.count() > known && log_enabled(LogLevel::debug))
      log_debug("a service has been found", {{"service", std::string(resolver_.name(connection.service))},
                                             {"pid", std::to_string(process.tgid)},
                                             {"process", std::string(process.comm)}});
  }
  if (!is_wanted(connection)) return false;
  if (connection.accepted) servers_.learn(connection.local, connection.netns, connection.service);
  return true;
}

bool Pipeline::is_wanted(const Connection& connection) {
  ConnectionFilter::Facts facts{.service = resolver_.name(connection.service),
                                .local_port = connection.local.port,
                                .remote_port = connection.remote.port,
                                .cgroup = {}};
  if (live_ && filter_.asks_for_cgroup()) facts.cgroup = resolver_.cgroup(connection.cgroup_id);
  return filter_.passes(facts);
}

void Pipeline::exclude(Connection& connection) {
  if (connection.detector) ++excluded_;
  drop(connection);
}

void Pipeline::on_segment(Connection& connection, const SocketEvent& event) {
  const Segment& s = event.segment;
  ++segments_;
  connection.last_ns = event.ts_ns;
  captured_bytes_ += s.data.size();
  if (!connection.detector) return;
  if (s.flight != 0) {
    connection.flight = s.flight;
    losses_.add_requests(connection.service, connection.flights.place(s.flight, s.direction, s.later, asks(connection)));
  } else if (connection.flight == 0 || connection.last_direction != s.direction) {
    ++connection.flight;
  }
  if (connection.first_flight == 0) {
    connection.first_flight = connection.flight;
    connection.joined = connection.assumed_start && s.offset > 0;
    if (connection.joined) begin_in_the_middle(connection, event.ts_ns);
  }
  const auto direction = static_cast<size_t>(s.direction);
  if (!std::exchange(connection.started[direction], true) && connection.joined)
    connection.cursors[direction].place(s.offset, 0);  // what was before is nothing that was lost
  connection.last_direction = s.direction;
  if (s.offset == 0 && as_text(s.data).starts_with(kHttp2Preface)) connection.http2 = true;
  current_hidden_ = s.hidden;
  consume(connection, s.direction,
          {.ts_ns = event.ts_ns,
           .tgid = event.process.tgid != 0 ? event.process.tgid : connection.tgid,
           .flight = connection.flight,
           .exact_flight = s.flight != 0},
          s.offset, s);
  current_hidden_ = Hidden::none;
}

void Pipeline::consume(Connection& connection, Direction direction, const Arrival& arrival, uint64_t offset,
                       const Segment& s) {
  const StreamCursor::Placement place = connection.cursors[static_cast<size_t>(direction)].place(offset, s.length);
  note_lost_bytes(connection, direction, place.missed, offset);
  Verdict verdict = hand_over(connection, direction, arrival, place, s);
  if (verdict == Verdict::not_mine && connection.assumed_start) {
    doubt(connection, arrival.ts_ns);
    verdict = hand_over(connection, direction, arrival, place, s);
  }
  settle(connection, verdict, arrival.ts_ns);
}

Verdict Pipeline::hand_over(Connection& connection, Direction direction, const Arrival& arrival,
                            const StreamCursor::Placement& place, const Segment& s) {
  ProtocolDetector& detector = *connection.detector;
  Verdict verdict = Verdict::undecided;
  if (place.missed > 0) verdict = detector.on_gap(direction, arrival, {.length = place.missed, .tail = {}, .detected_late = true});
  if (place.fresh > 0 && verdict <= Verdict::mine) {
    std::string_view data = as_text(s.data);
    data.remove_prefix(std::min<uint64_t>(place.known, data.size()));
    data = data.substr(0, place.fresh);
    if (connection.doubtful && arrival.flight == connection.first_flight) data = {};  // no message begins in it
    if (!data.empty()) verdict = detector.data(direction, arrival, data);
    const uint64_t rest = place.fresh - data.size();
    std::string_view tail = as_text(s.tail);
    if (tail.size() > rest) tail.remove_prefix(tail.size() - rest);
    if (rest > 0 && verdict <= Verdict::mine)
      verdict = detector.on_gap(direction, arrival, {.length = rest, .tail = tail, .detected_late = false});
  }
  return verdict;
}

// `missed` bytes before `offset` passed, and no record told of them.
void Pipeline::note_lost_bytes(const Connection& connection, Direction direction, uint64_t missed, uint64_t offset) {
  const uint64_t from = std::max(offset - missed, connection.uncounted_from[static_cast<size_t>(direction)]);
  if (!live_ || !connection.detector || from >= offset) return;
  const Role role = asks(connection) == Direction::send ? Role::client : Role::server;
  losses_.add_bytes(connection.service, role, direction, LossAccount::Reason::ring_full, offset - from);
}

// The connection has come to `flight`: whatever has begun up to there will not be told of any more.
void Pipeline::note_lost_flight(Connection& connection, uint32_t flight, Direction direction) {
  if (connection.detector) losses_.add_requests(connection.service, connection.flights.pass(flight, direction, asks(connection)));
}

// The direction has come to `end`, in `flight` or before it: what no segment told of up to there was lost.
void Pipeline::miss_up_to(Connection& connection, Direction direction, uint64_t end, uint64_t ts_ns, uint32_t flight) {
  const StreamCursor::Placement place = connection.cursors[static_cast<size_t>(direction)].place(end, 0);
  note_lost_bytes(connection, direction, place.missed, end);
  if (place.missed > 0 && connection.detector)
    connection.detector->on_gap(direction, {.ts_ns = ts_ns, .tgid = connection.tgid, .flight = flight},
                                {.length = place.missed, .tail = {}, .detected_late = true});
}

void Pipeline::settle(Connection& connection, Verdict verdict, uint64_t ts_ns) {
  if (verdict == Verdict::not_mine || verdict == Verdict::finished) {
    if (verdict == Verdict::not_mine && connection.http2) {
      count_unread(connection, Unread::http2);
    } else if (verdict == Verdict::not_mine && connection.accepted) {
      count_unread(connection, Unread::other);
    }
    if (live_ && log_enabled(LogLevel::debug)) tell_of_dropping(connection, verdict);
    drop(connection);
    return;
  }
  if (!connections_.account(connection)) {
    lose(kLostMemoryLimit);
    Connection& greediest = connections_.greediest(connection);
    const bool itself = &greediest == &connection;
    give_up(greediest, ts_ns);
    if (itself) return;
  }
  if (!connection.waiting && connection.detector->waiting()) {
    connection.waiting = true;
    waiting_.push_back(connection.socket);
  }
}

// Ten a second at most: a host may have thousands of them.
void Pipeline::tell_of_dropping(const Connection& connection, Verdict verdict) {
  dropping_told_.run([&] {
    log_debug("a connection is looked at no longer",
              {{"service", std::string(resolver_.name(connection.service))},
               {"local", to_string(connection.local)},
               {"remote", to_string(connection.remote)},
               {"why", verdict == Verdict::finished ? "it has left its protocol" : "no protocol that is known"},
               {"others_not_told", std::to_string(dropping_told_.skipped())}});
  });
}

void Pipeline::count_unread(Connection& connection, Unread why) {
  if (!std::exchange(connection.unread, true)) ++unread_[{connection.service, why}];
}

// Nothing more is looked at until there is room again.
void Pipeline::give_up(Connection& connection, uint64_t ts_ns) {
  if (connection.detector) end_as_unknown(connection, ts_ns);
  if (live_) refuse(connection.socket);
  drop(connection);
}

// What still waits for an answer may have had it.
void Pipeline::end_as_unknown(Connection& connection, uint64_t ts_ns) {
  Connection* const at_hand = std::exchange(current_, &connection);
  const Hidden hidden = std::exchange(current_hidden_, Hidden::none);
  for (Direction d : {Direction::recv, Direction::send})
    connection.detector->on_gap(d, {.ts_ns = ts_ns, .tgid = connection.tgid, .flight = connection.flight},
                                {.length = 1, .tail = {}, .detected_late = true});
  connection.detector->close(ts_ns);
  current_ = at_hand;
  current_hidden_ = hidden;
}

// No message begins so: either the recording begins in the middle of the connection, or this is not HTTP. Until a
// response has been seen nothing is counted.
void Pipeline::doubt(Connection& connection, uint64_t ts_ns) {
  connection.doubtful = true;
  connection.assumed_start = false;
  connection.detector =
      std::make_unique<ProtocolDetector>(static_cast<TransactionSink&>(*this), ProtocolDetector::Candidates::http);
  begin_in_the_middle(connection, ts_ns);
}

// Of no interest any longer. A recording's connections are kept, so that what follows does not open them anew.
void Pipeline::drop(Connection& connection) {
  connection.detector.reset();
  connections_.account(connection);
  if (!live_) return;
  if (!refused_.contains(connection.socket)) advice_.ignore(connection.socket);
  connections_.erase(connection.socket);
}

void Pipeline::close(Connection& connection, uint64_t ts_ns) {
  current_ = &connection;
  if (connection.detector) connection.detector->close(ts_ns);
  current_ = nullptr;
  connections_.erase(connection.socket);
}

void Pipeline::advance(uint64_t now_ns, uint64_t shown_twice_ns) {
  std::erase_if(waiting_, [&](SocketId socket) {
    Connection* connection = connections_.find(socket);
    if (connection == nullptr) return true;
    if (connection->detector) {
      current_ = connection;
      connection->detector->advance(now_ns);
      current_ = nullptr;
      if (connection->detector->waiting()) return false;
    }
    connection->waiting = false;
    return true;
  });
  if (!live_) return;
  rename();
  if (postponed_ && now_ns >= room_ns_ + kRoomNs && connections_.has_room()) {
    postponed_ = false;
    room_ns_ = now_ns;
    advice_.make_room();
  }
  if (now_ns < swept_ns_ + kSweepNs) return;
  swept_ns_ = now_ns;
  resolver_.sweep(now_ns);
  registry_.advance(now_ns);
  release_gone(now_ns, shown_twice_ns);
}

// Services that have gone keep their series for a while. Where names found no room, those that served least give way at once.
void Pipeline::release_gone(uint64_t now_ns, uint64_t shown_twice_ns) {
  const uint64_t expire_ns = static_cast<uint64_t>(std::chrono::nanoseconds(config_.metrics.expire_after).count());
  std::vector<std::pair<uint64_t, ServiceId>> early;  // by how much they served
  for (ServiceId service = 0; service < resolver_.count(); ++service) {
    const uint64_t gone = resolver_.gone_since_ns(service);
    if (gone == 0 || gone > shown_twice_ns || connections_.hold(service)) continue;
    if (now_ns >= gone + expire_ns) {
      release(service);
    } else if (service != ServiceResolver::kUnknown && service != ServiceResolver::kOverflow) {
      early.emplace_back(observed_of(service), service);
    }
  }
  const uint64_t refused = resolver_.take_refused();
  if (refused == 0) return;
  std::sort(early.begin(), early.end());
  early.resize(std::min<uint64_t>(early.size(), refused));
  for (const auto& [observed, service] : early) release(service);
}

void Pipeline::release(ServiceId service) {
  log_debug("a service has gone, and its series go", {{"service", std::string(resolver_.name(service))}});
  forget(service);
  resolver_.release(service);
}

// Connections of services that are called otherwise now.
void Pipeline::rename() {
  const std::vector<ServiceId> renamed = resolver_.take_renamed();
  if (renamed.empty()) return;
  std::vector<SocketId> unwanted;
  size_t asked_again = 0;
  connections_.for_each([&](Connection& connection) {
    if (std::find(renamed.begin(), renamed.end(), connection.service) == renamed.end()) return;
    if (connection.service == ServiceResolver::kOverflow && ++asked_again > kMostAskedAgain) return;
    if (!set_process(connection, process_of(connection))) unwanted.push_back(connection.socket);
  });
  for (SocketId socket : unwanted) exclude(*connections_.find(socket));
}

void Pipeline::forget(ServiceId service) {
  registry_.forget_service(service);
  servers_.forget(service);
  losses_.forget(service);
  if (service < observed_.size()) observed_[service] = 0;
  std::erase_if(unreadable_, [&](const auto& entry) { return entry.first.first == service; });
  std::erase_if(unread_, [&](const auto& entry) { return entry.first.first == service; });
}

void Pipeline::reconfigure(const Config& config) {
  config_ = config;
  filter_ = ConnectionFilter(config.filter);
  constant_labels_ = constant_labels(config.metrics);
  registry_.set_route_patterns(config.routes.patterns);
  registry_.set_expire_after(config.metrics.expire_after);
  resolver_.rename(config.attribution);
  std::vector<SocketId> unwanted;
  connections_.for_each([&](Connection& connection) {
    if (!set_process(connection, process_of(connection))) unwanted.push_back(connection.socket);
  });
  for (SocketId socket : unwanted) exclude(*connections_.find(socket));
  for (ServiceId service = 0; service < resolver_.count(); ++service)
    if (filter_.leaves_out(resolver_.name(service))) forget(service);
}

void Pipeline::finish() { advance(UINT64_MAX); }

void Pipeline::lose(const char* reason) { ++lost_[reason]; }

}  // namespace sockwatch
