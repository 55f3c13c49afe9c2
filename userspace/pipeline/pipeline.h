// The one-way path from socket events to counted transactions: stream -> protocols -> attribution -> aggregation.
// No kernel, no privileges; the live agent and `replay` run the same one.
//
// One thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/registry.h"
#include "aggregation/self_metrics.h"
#include "aggregation/snapshot.h"
#include "attribution/rate_limited.h"
#include "attribution/service_resolver.h"
#include "config/config.h"
#include "pipeline/connection_filter.h"
#include "pipeline/connection_table.h"
#include "pipeline/loss_account.h"
#include "pipeline/server_directory.h"
#include "pipeline/socket_advice.h"
#include "protocols/parser.h"
#include "stream/socket_event.h"
#include "stream/socket_info.h"

namespace sockwatch {

/// A transaction and whose it was. Views are valid only during the call.
struct ObservedTransaction {
  SocketId socket = 0;
  std::string_view service;
  std::string_view peer;  ///< role client: the other end's service or address
  std::string_view path;  ///< the route template that it was counted under
  const Transaction& transaction;
};

/// The same of a query to a database or cache.
struct ObservedQuery {
  SocketId socket = 0;
  const QueryLink& link;
  const Query& query;
};

class Pipeline final : private TransactionSink {
 public:
  using Observer = std::function<void(const ObservedTransaction&)>;
  using QueryObserver = std::function<void(const ObservedQuery&)>;

  /// For recordings: services are named by the recording, connections need no open event.
  explicit Pipeline(const Config& config);
  /// For the live host.
  Pipeline(const Config& config, SocketAdvice advice);

  void set_observer(Observer observer);
  void set_query_observer(QueryObserver observer);
  void on_event(const SocketEvent& event);
  /// Time passes; ends what has waited long enough. Call at least twice a second; a connection's own events settle it on
  /// time in any case. A service that has gone after `shown_twice_ns` keeps its series: those who store them have not been
  /// sent the last values twice (Scrapers::shown_twice_ns()).
  void advance(uint64_t now_ns, uint64_t shown_twice_ns = UINT64_MAX);
  /// A listing of sockets, asked for at `listed_ns`; every event up to it must have been handed over. Tells of progress that
  /// no event told of, and of sockets that are gone.
  void on_progress(std::span<const SocketInfo> sockets, ListingScope scope, uint64_t listed_ns);
  /// Whether there is a connection whose close only a listing tells of.
  bool waits_for_listing() const { return connections_.any_of_unix(); }
  /// Counts open connections by service.
  void on_sockets(std::span<const SocketInfo> sockets);
  /// What of `config` can change while counting goes on (config/reload.h). Processes are named anew; what has been counted
  /// stays. Of the live host: connections that were left out before stay out.
  void reconfigure(const Config& config);
  /// End of the recording: settles what only waits for silence.
  void finish();

  /// Appends the metrics of services.
  void snapshot(Snapshot& out);
  /// How many lines the page had: what is not of services leaves them the less (MetricsConfig::max_total_lines).
  void set_page_lines(uint64_t lines) { registry_.set_page_lines(lines); }
  /// Fills in what the pipeline knows of itself.
  void fill(SelfMetrics& self) const;

 private:
  void on_transaction(const Transaction& transaction) override;
  void on_query(const Query& query) override;
  void on_parse_error(ParseError error) override;
  void on_passed_over(uint64_t bytes) override;

  Connection* open(const SocketEvent& event);
  void on_segment(Connection& connection, const SocketEvent& event);
  void consume(Connection& connection, Direction direction, const Arrival& arrival, uint64_t offset, const Segment& bytes);
  Verdict hand_over(Connection& connection, Direction direction, const Arrival& arrival, const StreamCursor::Placement& place,
                    const Segment& bytes);
  void note_lost_bytes(const Connection& connection, Direction direction, uint64_t missed, uint64_t offset);
  void note_lost_flight(Connection& connection, uint32_t flight, Direction direction);
  void miss_up_to(Connection& connection, Direction direction, uint64_t end, uint64_t ts_ns, uint32_t flight);
  void settle(Connection& connection, Verdict verdict, uint64_t ts_ns);
  Connection* find_room(const SocketEvent& event);
  void on_refused_segment(const SocketEvent& event);
  void refuse(SocketId socket);
  void tell_of_dropping(const Connection& connection, Verdict verdict);
  void count_unread(Connection& connection, Unread why);
  void give_up(Connection& connection, uint64_t ts_ns);
  void end_as_unknown(Connection& connection, uint64_t ts_ns);
  void begin_in_the_middle(Connection& connection, uint64_t ts_ns);
  void doubt(Connection& connection, uint64_t ts_ns);
  void close(Connection& connection, uint64_t ts_ns);
  void drop(Connection& connection);
  void exclude(Connection& connection);
  bool set_process(Connection& connection, const ProcessHint& process);
  bool is_wanted(const Connection& connection);
  std::string_view peer_name(Connection& connection);
  QueryLink link(Connection& connection, const Protocol& protocol, Role role);
  void count_sessions();
  void rename();
  void release_gone(uint64_t now_ns, uint64_t shown_twice_ns);
  void release(ServiceId service);
  void forget(ServiceId service);
  void note_observed(ServiceId service);
  uint64_t observed_of(ServiceId service) const { return service < observed_.size() ? observed_[service] : 0; }
  void catch_up(Connection& connection, Direction direction, const SocketInfo& info);
  void close_gone(std::span<const SocketInfo> sockets, ListingScope scope, uint64_t listed_ns);
  void lose(const char* reason);

  Config config_;
  const bool live_;
  SocketAdvice advice_;
  Observer observer_;
  QueryObserver query_observer_;
  ServiceResolver resolver_;
  ConnectionFilter filter_;
  Registry registry_;
  ConnectionTable connections_;
  LabelText constant_labels_;
  ServerDirectory servers_;
  std::vector<SocketId> waiting_;
  uint64_t swept_ns_ = 0;
  RateLimited dropping_told_;

  /// A socket for which there was no room, until the kernel side has heard of that.
  struct Refused {
    std::optional<Direction> asks;  ///< the direction of its first segment, which begins with a request
    uint32_t flight = 0;               ///< of the last request
  };
  static constexpr size_t kMaxRefused = 65536;
  absl::flat_hash_map<SocketId, Refused> refused_;
  uint64_t refused_requests_ = 0;
  bool postponed_ = false;  ///< a socket has been since there last was room
  uint64_t room_ns_ = 0;    ///< when sockets were last let come back

  // The connection and segment at hand, for what its parser reports.
  Connection* current_ = nullptr;
  Hidden current_hidden_ = Hidden::none;

  uint64_t segments_ = 0;
  uint64_t captured_bytes_ = 0;
  uint64_t excluded_ = 0;
  std::vector<uint64_t> observed_;  ///< transactions and queries, by service
  uint64_t transactions_[kProtocols][2] = {};
  uint64_t parse_errors_[kParseErrors] = {};
  std::map<std::string, uint64_t> lost_;
  LossAccount losses_;
  std::map<std::pair<ServiceId, Hidden>, uint64_t> unreadable_;
  std::map<std::pair<ServiceId, Unread>, uint64_t> unread_;  ///< connections, each once
};

}  // namespace sockwatch
