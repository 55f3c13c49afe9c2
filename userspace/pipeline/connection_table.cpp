#include "pipeline/connection_table.h"

#include <algorithm>

namespace sockwatch {

Connection* ConnectionTable::insert(SocketId socket) {
  if (connections_.size() >= max_) return nullptr;
  auto& slot = connections_[socket];
  if (slot) {
    parser_bytes_ -= slot->parser_bytes;
    leave(slot->tgid);
  }
  slot = std::make_unique<Connection>();
  slot->socket = socket;
  ++by_process_[slot->tgid];
  return slot.get();
}

void ConnectionTable::erase(SocketId socket) {
  const auto it = connections_.find(socket);
  if (it == connections_.end()) return;
  parser_bytes_ -= it->second->parser_bytes;
  leave(it->second->tgid);
  connections_.erase(it);
}

void ConnectionTable::leave(uint32_t tgid) {
  const auto it = by_process_.find(tgid);
  if (it != by_process_.end() && --it->second == 0) by_process_.erase(it);
}

void ConnectionTable::assign(Connection& connection, uint32_t tgid) {
  leave(connection.tgid);
  connection.tgid = tgid;
  ++by_process_[tgid];
}

Connection* ConnectionTable::idle_of_greediest(uint32_t tgid) {
  const auto greediest = std::max_element(by_process_.begin(), by_process_.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
  if (greediest == by_process_.end() || greediest->first == tgid) return nullptr;
  const auto own = by_process_.find(tgid);
  if (own != by_process_.end() && own->second >= greediest->second) return nullptr;
  Connection* idle = nullptr;
  size_t looks = 0;
  for (auto it = connections_.begin(); it != connections_.end() && looks < kLooks; ++it) {
    if (it->second->tgid != greediest->first) continue;
    ++looks;
    if (idle == nullptr || it->second->last_ns < idle->last_ns) idle = it->second.get();
  }
  return idle;
}

bool ConnectionTable::account(Connection& connection) {
  const size_t now = connection.detector ? connection.detector->memory() : 0;
  parser_bytes_ += now - connection.parser_bytes;
  connection.parser_bytes = now;
  return parser_bytes_ <= kMaxParserBytes;
}

bool ConnectionTable::any_of_unix() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& entry) { return entry.second->local.family == SocketFamily::unix_stream; });
}

bool ConnectionTable::hold(ServiceId service) const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [&](const auto& entry) { return entry.second->service == service; });
}

Connection& ConnectionTable::greediest(Connection& connection) {
  if (connection.parser_bytes * connections_.size() >= parser_bytes_) return connection;
  Connection* most = &connection;
  for_each([&](Connection& other) {
    if (other.parser_bytes > most->parser_bytes) most = &other;
  });
  return *most;
}

}  // namespace sockwatch
