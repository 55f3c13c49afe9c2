#include "aggregation/service_series.h"

#include <algorithm>
#include <array>

#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

constexpr std::string_view kOverflow = "_overflow";
constexpr uint32_t kNoPeer = 0;
constexpr uint32_t kTooManyPeers = UINT32_MAX;
constexpr uint32_t kOtherMethod = 9;  // _OTHER
constexpr uint64_t kMakeRoomEveryNs = 1'000'000'000;  // looking through all series takes a while
constexpr uint16_t kOverflowStatus = 2;  // of an overflow series that has met too many; no status's key

// RFC 9110's methods and PATCH; the last stands for all others.
constexpr std::array<std::string_view, 10> kMethods = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                       "CONNECT", "OPTIONS", "TRACE", "PATCH", "_OTHER"};

uint32_t method_index(std::string_view method) {
  const auto it = std::find(kMethods.begin(), kMethods.end() - 1, method);
  return static_cast<uint32_t>(it - kMethods.begin());
}

std::string status_text(uint16_t key) {
  if (key == kOverflowStatus) return std::string(kOverflow);
  if (key == Status::aborted().key()) return Status::aborted().text();
  return key == Status::unknown().key() ? Status::unknown().text() : Status::code(key).text();
}

// A server's own word on a path. What it refuses, fails at or never answers may well be there.
Answer answer_of(Status status) {
  if (status == Status::code(400) || status == Status::code(404) || status == Status::code(405)) return Answer::unmatched;
  const uint16_t code = status.code();
  return (code >= 200 && code < 300) || code == 304 ? Answer::served : Answer::refused;
}

uint64_t series_key(uint32_t peer, RouteId route, uint32_t method) {
  return (static_cast<uint64_t>(peer) << 32) | (static_cast<uint64_t>(route) << 4) | method;
}
RouteId route_of_key(uint64_t key) { return static_cast<RouteId>((key & UINT32_MAX) >> 4); }

}  // namespace

ServiceSeries::ServiceSeries(Role role, uint32_t service, std::string_view name, const MetricsConfig& metrics,
                             const RoutesConfig& routes, const MetricBounds& bounds, SeriesRoom& room)
    : role_(role),
      id_(service),
      service_(name),
      naming_(metrics.naming),
      max_series_(metrics.max_series),
      bounds_(bounds),
      room_(room),
      requests_metric_(role == Role::client ? Metric::http_client_requests : Metric::http_requests),
      durations_metric_(role == Role::client ? Metric::http_client_request_duration : Metric::http_request_duration),
      routes_(routes, {.shared = &room.routes, .service = service}) {}

ServiceSeries::~ServiceSeries() {
  uint64_t lines = lines_;
  for (const auto& [method, series] : overflow_) lines += series->lines;
  room_.lines.give_back(id_, lines);
}

std::string_view ServiceSeries::record(std::string_view peer, const Transaction& transaction) {
  const uint32_t method = method_index(transaction.method);
  const uint64_t end_ns = transaction.start_ns + transaction.duration_ns;
  Series* series = find(method, route_of(transaction, end_ns), peer, end_ns);
  series->used_ns = end_ns;
  ByStatus& by_status = status_of(series, method, transaction.status, end_ns);
  ++by_status.count;
  if (series->overflow) ++overflowed_;
  if (transaction.status == Status::unknown()) return series->path;
  if (series->durations)
    series->durations->add(bounds_.classic, transaction.duration_ns, transaction.trace_id, end_ns);
  if (by_status.otel) by_status.otel->add(bounds_.otel, transaction.duration_ns, transaction.trace_id, end_ns);
  return series->path;
}

// The other end's answers say nothing of a client: its own caps are its routes' only bound.
RouteId ServiceSeries::route_of(const Transaction& transaction, uint64_t now_ns) {
  const Answer answer = role_ == Role::client ? Answer::served : answer_of(transaction.status);
  const RouteId route = routes_.route(transaction.method, transaction.target, answer, now_ns);
  if (route != RouteTable::kOverflow || !make_room(now_ns)) return route;
  return routes_.route(transaction.method, transaction.target, answer, now_ns);
}

ServiceSeries::Series* ServiceSeries::find(uint32_t method, RouteId route, std::string_view peer, uint64_t now_ns) {
  if (route == RouteTable::kOverflow) return overflow_series(method);
  route_at_hand_ = route;
  peer_at_hand_ = kNoPeer;
  const uint32_t peer_number = role_ == Role::client ? peer_id(peer, now_ns) : kNoPeer;
  peer_at_hand_ = peer_number;
  if (peer_number == kTooManyPeers) return overflow_series(method);
  const uint64_t key = series_key(peer_number, route, method);
  const auto it = series_.find(key);
  if (it != series_.end()) return it->second.get();
  const auto full = [&] { return durations_ >= max_series_ || requests_ >= max_series_; };
  if (full() && (!make_room(now_ns) || full())) return overflow_series(method);
  auto series = make(method, routes_.text(route), peer, false);
  if (!take_lines(*series, series_lines(), false)) return overflow_series(method);
  ++durations_;
  return (series_[key] = std::move(series)).get();
}

// Where there is no room for a method's own, that of all others has some.
ServiceSeries::Series* ServiceSeries::overflow_series(uint32_t method) {
  const auto known = overflow_.find(method);
  if (known != overflow_.end()) return known->second.get();
  auto series = make(method, kOverflow, kOverflow, true);
  if (!take_lines(*series, series_lines(), method == kOtherMethod)) return overflow_series(kOtherMethod);
  return (overflow_[method] = std::move(series)).get();
}

bool ServiceSeries::take_lines(Series& series, uint64_t lines, bool anyway) {
  if (anyway) {
    room_.lines.take_anyway(id_, lines);
  } else if (!room_.lines.take(id_, lines)) {
    return false;
  }
  series.lines += lines;
  if (!series.overflow) lines_ += lines;
  return true;
}

uint64_t ServiceSeries::series_lines() const {
  return is_written(descriptor(durations_metric_), Naming::classic, naming_) ? lines_of(bounds_.classic) : 0;
}

uint64_t ServiceSeries::status_lines(uint16_t key) const {
  uint64_t lines = 0;
  for (const Naming column : {Naming::classic, Naming::otel}) lines += is_written(descriptor(requests_metric_), column, naming_) ? 1 : 0;
  const bool timed = key != Status::unknown().key() && is_written(descriptor(durations_metric_), Naming::otel, naming_);
  return lines + (timed ? lines_of(bounds_.otel) : 0);
}

std::unique_ptr<ServiceSeries::Series> ServiceSeries::make(uint32_t method, std::string_view path,
                                                           std::string_view peer, bool overflow) {
  auto series = std::make_unique<Series>();
  series->method = kMethods[method];
  series->path = path;
  series->peer = peer;
  series->overflow = overflow;
  series->labels = labels_of(durations_metric_, *series, {}).classic;
  if (series->labels) series->durations = std::make_unique<DurationHistogram>(bounds_.classic);
  return series;
}

// `status` is empty where the metric has none.
SeriesLabels ServiceSeries::labels_of(Metric metric, const Series& series, std::string_view status) const {
  std::vector<Label> labels = {{"service", service_}, {"method", series.method}, {"path", series.path}};
  if (!status.empty()) labels.push_back({"status", status});
  if (role_ == Role::client) labels.push_back({"peer", series.peer});
  return render_labels(descriptor(metric), naming_, labels);
}

ServiceSeries::ByStatus ServiceSeries::make_status(const Series& series, uint16_t key) const {
  const std::string text = status_text(key);
  ByStatus made{.status = key, .count = 0, .labels = labels_of(requests_metric_, series, text), .otel_labels = {}, .otel = {}};
  if (key == Status::unknown().key()) return made;
  made.otel_labels = labels_of(durations_metric_, series, text).otel;
  if (made.otel_labels) made.otel = std::make_unique<DurationHistogram>(bounds_.otel);
  return made;
}

ServiceSeries::ByStatus* ServiceSeries::known_status(Series& series, uint16_t key) const {
  for (ByStatus& known : series.statuses)
    if (known.status == key) return &known;
  return nullptr;
}

// The counter of a status; another series' (the overflow's) when this one may have no more.
ServiceSeries::ByStatus& ServiceSeries::status_of(Series*& series, uint32_t method, Status status, uint64_t now_ns) {
  uint16_t key = status.key();
  if (ByStatus* known = known_status(*series, key)) return *known;
  if (!series->overflow) {
    const bool full = requests_ >= max_series_ && (!make_room(now_ns) || requests_ >= max_series_);
    if (full || !take_lines(*series, status_lines(key), false)) {
      series = overflow_series(method);
      return status_of(series, method, status, now_ns);
    }
    ++requests_;
  } else if (series->statuses.size() >= kMaxOverflowStatuses || !take_lines(*series, status_lines(key), false)) {
    key = kOverflowStatus;
    if (ByStatus* known = known_status(*series, key)) return *known;
    take_lines(*series, status_lines(key), true);
  }
  series->statuses.push_back(make_status(*series, key));
  return series->statuses.back();
}

uint32_t ServiceSeries::peer_id(std::string_view peer, uint64_t now_ns) {
  if (last_peer_id_ != 0 && peer == last_peer_) return last_peer_id_;
  auto it = peers_.find(peer);
  if (it == peers_.end()) {
    if (peers_.size() >= max_series_ && (!make_room(now_ns) || peers_.size() >= max_series_)) return kTooManyPeers;
    it = peers_.emplace(std::string(peer), ++last_new_peer_).first;
  }
  last_peer_ = peer;
  last_peer_id_ = it->second;
  return it->second;
}

bool ServiceSeries::make_room(uint64_t now_ns) {
  if (now_ns < make_room_at_ns_ || now_ns < room_.expire_ns) return false;
  make_room_at_ns_ = now_ns + kMakeRoomEveryNs;
  const uint64_t before_ns = now_ns - room_.expire_ns;
  const bool erased_any = erase_unused(before_ns, true) || erase_unused(before_ns, false);
  forget_unused_names(before_ns);
  return erased_any;
}

bool ServiceSeries::erase_unused(uint64_t before_ns, bool addresses_only) {
  return absl::erase_if(series_, [&](const auto& entry) {
           const Series& series = *entry.second;
           if (series.used_ns >= before_ns || (addresses_only && !is_address(series.peer))) return false;
           erased(series);
           return true;
         }) > 0;
}

void ServiceSeries::erased(const Series& series) {
  --durations_;
  requests_ -= series.statuses.size();
  lines_ -= series.lines;
  room_.lines.give_back(id_, series.lines);
}

void ServiceSeries::give_up_lines(uint64_t lines) {
  std::vector<std::pair<uint64_t, uint64_t>> by_use;  // when it was used last, and its key
  for (const auto& [key, series] : series_) by_use.emplace_back(series->used_ns, key);
  std::sort(by_use.begin(), by_use.end());
  const uint64_t enough = lines_ - std::min(lines_, lines);
  for (auto it = by_use.begin(); it != by_use.end() && lines_ > enough; ++it) {
    const auto series = series_.find(it->second);
    erased(*series->second);
    series_.erase(series);
  }
}

void ServiceSeries::give_up_routes(uint64_t entries) {
  const absl::flat_hash_set<RouteId> routes = routes_in_use();
  routes_.give_up(entries, [&](RouteId route) { return routes.contains(route); });
}

absl::flat_hash_set<RouteId> ServiceSeries::routes_in_use() const {
  absl::flat_hash_set<RouteId> routes = {route_at_hand_};
  for (const auto& [key, series] : series_) routes.insert(route_of_key(key));
  return routes;
}

void ServiceSeries::forget_unused_names(uint64_t before_ns) {
  const absl::flat_hash_set<RouteId> routes = routes_in_use();
  absl::flat_hash_set<uint32_t> peers = {peer_at_hand_};
  for (const auto& [key, series] : series_) peers.insert(static_cast<uint32_t>(key >> 32));
  routes_.make_room(before_ns, [&](RouteId route) { return routes.contains(route); });
  std::erase_if(peers_, [&](const auto& peer) { return !peers.contains(peer.second); });
  last_peer_id_ = 0;
}

void ServiceSeries::advance(uint64_t now_ns) {
  if (now_ns < room_.expire_ns) return;
  routes_.expire_unmatched(now_ns - room_.expire_ns, [&](RouteId gone) {
    absl::erase_if(series_, [&](const auto& entry) {
      if (route_of_key(entry.first) != gone) return false;
      erased(*entry.second);
      return true;
    });
  });
}

uint64_t ServiceSeries::series() const {
  const bool otel = naming_ != NamingMode::classic;
  return (naming_ == NamingMode::otel ? 0 : requests_ + durations_) + (otel ? requests_ : 0);
}

void ServiceSeries::snapshot(Families& out) {
  auto append = [&](Series& series) {
    for (ByStatus& by_status : series.statuses) {
      out.add(requests_metric_, by_status.labels, static_cast<double>(by_status.count));
      if (by_status.otel)
        out.add(durations_metric_, Naming::otel, *by_status.otel, by_status.otel_labels, bounds_.otel);
    }
    if (series.durations)
      out.add(durations_metric_, Naming::classic, *series.durations, series.labels, bounds_.classic);
  };
  for (const auto& [key, series] : series_) append(*series);
  for (const auto& [method, series] : overflow_) append(*series);
}

}  // namespace sockwatch
