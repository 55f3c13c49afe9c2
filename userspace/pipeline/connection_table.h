// The connections under observation: their names, where their two streams stand, their parser and their service.
//
// One thread. Bounded: `max_connections` connections, kMaxParserBytes of parser memory in all.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "attribution/service_resolver.h"
#include "protocols/protocol_detector.h"
#include "stream/flight_cursor.h"
#include "stream/socket_event.h"
#include "stream/stream_cursor.h"

namespace sockwatch {

struct Connection {
  SocketId socket = 0;
  Endpoint local;
  Endpoint remote;
  uint64_t netns = 0;
  SocketId peer = 0;
  std::string unix_path;
  uint32_t tgid = 0;          ///< who uses the socket
  uint64_t cgroup_id = 0;
  std::string comm;
  ServiceId service = ServiceResolver::kUnknown;
  bool named = false;         ///< the service was told by the recording
  bool accepted = false;      ///< came out of accept()
  bool unread = false;        ///< is counted among those that cannot be understood
  bool http2 = false;         ///< begins with HTTP/2's preface
  bool serves_http = false;   ///< has been the server of a transaction
  bool assumed_start = false; ///< of a recording that does not tell where the connection began
  bool joined = false;        ///< the recording begins in the middle of it: offsets count from its first segments
  bool doubtful = false;      ///< begins with what is no message, and no answer has shown yet that it is HTTP
  std::string peer_name;      ///< of the other end, as of ...
  uint64_t peer_version = 0;  ///< ... this version of the server directory; 0: never asked
  uint64_t opened_ns = 0;
  uint64_t last_ns = 0;       ///< when bytes last passed
  uint8_t missed = 0;         ///< listings in a row that should have had the socket and did not

  std::unique_ptr<ProtocolDetector> detector;  ///< null: the connection is of no interest
  size_t parser_bytes = 0;         ///< its memory, when last counted
  bool waiting = false;            ///< listed among those whose parser waits for time to pass
  std::array<StreamCursor, 2> cursors;
  std::array<uint64_t, 2> uncounted_from = {};  ///< what was lost before this offset is not counted here
  FlightCursor flights;
  std::array<bool, 2> started = {};  ///< a segment of the direction has come
  Direction last_direction = Direction::recv;
  uint32_t flight = 0;
  uint32_t first_flight = 0;     ///< in which its first bytes passed
};

class ConnectionTable {
 public:
  static constexpr size_t kMaxParserBytes = 64 << 20;

  explicit ConnectionTable(size_t max_connections) : max_(max_connections) {}

  Connection* find(SocketId socket) {
    const auto it = connections_.find(socket);
    return it == connections_.end() ? nullptr : it->second.get();
  }
  /// Null when the table is full.
  Connection* insert(SocketId socket);
  void erase(SocketId socket);
  /// The process that uses the socket.
  void assign(Connection& connection, uint32_t tgid);
  /// Of the process that has most connections, one on which nothing has passed for longest, as far as a look at kLooks of them tells;
  /// null when that is process `tgid` itself.
  Connection* idle_of_greediest(uint32_t tgid);
  /// Whether a tenth of the places is free, and of the parsers' memory.
  bool has_room() const { return connections_.size() <= max_ - max_ / 10 - 1 && parser_bytes_ <= kMaxParserBytes - kMaxParserBytes / 10; }
  /// Notes the memory that the connection's parser holds now; false when the total is too much.
  bool account(Connection& connection);
  /// Whose parser should give way when all hold too much: `connection` when it holds its share, otherwise whose holds most.
  Connection& greediest(Connection& connection);
  /// Whether one of them is of AF_UNIX.
  bool any_of_unix() const;
  /// Whether one of them belongs to the service.
  bool hold(ServiceId service) const;
  size_t size() const { return connections_.size(); }
  size_t parser_bytes() const { return parser_bytes_; }

  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [socket, connection] : connections_) visit(*connection);
  }

 private:
  static constexpr size_t kLooks = 16;

  void leave(uint32_t tgid);

  size_t max_;
  absl::flat_hash_map<uint32_t, size_t> by_process_;  ///< how many connections each has
  size_t parser_bytes_ = 0;
  absl::flat_hash_map<SocketId, std::unique_ptr<Connection>> connections_;
};

}  // namespace sockwatch
