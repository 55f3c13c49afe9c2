#include "pipeline/connection_table.h"

#include <algorithm>

namespace sockwatch {

Connection* ConnectionTable::insert(SocketId socket) {
  if (connections_.size() >= max_) return nullptr;
  auto& slot = connections_[socket];
  if (slot) parser_bytes_ -= slot->parser_bytes;
  slot = std::make_unique<Connection>();
  slot->socket = socket;
  return slot.get();
}

void ConnectionTable::erase(SocketId socket) {
  const auto it = connections_.find(socket);
  if (it == connections_.end()) return;
  parser_bytes_ -= it->second->parser_bytes;
  connections_.erase(it);
}

bool ConnectionTable::account(Connection& connection) {
  const size_t now = connection.conversation ? connection.conversation->memory() : 0;
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
