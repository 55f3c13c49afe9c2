// What listings of sockets tell the pipeline: bytes that no event told of, connections that are gone, those that are open.
#include <absl/container/flat_hash_set.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "pipeline/pipeline.h"

namespace sockwatch {

void Pipeline::on_progress(std::span<const SocketInfo> sockets, ListingScope scope, uint64_t listed_ns) {
  for (const SocketInfo& info : sockets) {
    if (!info.pending) continue;
    for (Direction direction : {Direction::recv, Direction::send}) {
      current_ = connections_.find(info.socket);
      if (current_ != nullptr && current_->detector) catch_up(*current_, direction, info);
    }
    if (info.lost && current_ != nullptr) note_lost_flight(*current_, info.flight, info.direction);
    current_ = nullptr;
  }
  close_gone(sockets, scope, listed_ns);
}

void Pipeline::catch_up(Connection& connection, Direction direction, const SocketInfo& info) {
  const SocketInfo::Progress& p = info.progress[static_cast<size_t>(direction)];
  if (info.lost) {
    miss_up_to(connection, direction, p.offset, p.ts_ns, direction == info.direction ? info.flight : info.flight - 1);
    return;
  }
  const uint64_t from = connection.cursors[static_cast<size_t>(direction)].next();
  if (p.offset <= from) return;
  Segment untold;
  untold.length = p.offset - from;
  untold.tail = {p.tail, p.tail_length};
  consume(connection, direction, {.ts_ns = p.ts_ns, .tgid = connection.tgid, .flight = info.flight}, from, untold);
}

// A listing may miss a socket while others come and go; two in a row do not. One that no process holds at the moment may be on its
// way to another, or in io_uring's hands: of TCP the kernel side tells when it is closed.
void Pipeline::close_gone(std::span<const SocketInfo> sockets, ListingScope scope, uint64_t listed_ns) {
  absl::flat_hash_set<SocketId> alive;
  alive.reserve(sockets.size());
  for (const SocketInfo& info : sockets) alive.insert(info.socket);
  std::vector<SocketId> gone;
  connections_.for_each([&](Connection& connection) {
    const bool listed = scope == ListingScope::all || connection.local.family == SocketFamily::unix_stream;
    if (!listed || connection.opened_ns >= listed_ns) return;
    connection.missed = alive.contains(connection.socket) ? 0 : connection.missed + 1;
    if (connection.missed >= 2) gone.push_back(connection.socket);
  });
  for (SocketId socket : gone) {
    Connection* connection = connections_.find(socket);
    if (connection == nullptr) continue;
    // Of AF_UNIX nothing else tells. Of TCP the close was lost, and perhaps what passed before it.
    if (connection->local.family != SocketFamily::unix_stream && connection->detector) end_as_unknown(*connection, listed_ns);
    close(*connection, listed_ns);
  }
}

void Pipeline::on_sockets(std::span<const SocketInfo> sockets) {
  std::set<std::pair<uint64_t, uint16_t>> listeners;
  absl::flat_hash_set<uint64_t> namespaces;
  for (const SocketInfo& info : sockets) {
    namespaces.insert(info.netns);
    if (info.listening && info.local.port != 0) listeners.insert({info.netns, info.local.port});
  }
  servers_.keep(namespaces);

  std::map<ServiceId, uint64_t> open;
  for (ServiceId service : servers_.services()) open[service] = 0;
  for (const SocketInfo& info : sockets) {
    if (info.listening || !info.attached) continue;
    const bool accepted =
        info.accepted || (!info.known_start && listeners.contains({info.netns, info.local.port}));
    if (!accepted) continue;
    std::optional<ServiceId> service;
    const Connection* connection = connections_.find(info.socket);
    if (connection != nullptr && connection->serves_http) {
      service = connection->service;
    } else if (info.local.port != 0) {
      service = servers_.at(info.local, info.netns);
      if (!service) service = servers_.at_port(info.local.port, info.netns);
    }
    if (!service || !servers_.services().contains(*service)) continue;
    if (filter_.passes({.service = resolver_.name(*service), .local_port = info.local.port, .remote_port = 0, .cgroup = {}}))
      ++open[*service];
  }
  for (const auto& [service, connections] : open)
    registry_.set_active_connections(service, resolver_.name(service), connections);
}

}  // namespace sockwatch
