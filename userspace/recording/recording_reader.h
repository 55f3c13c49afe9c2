// Reads a recording (JSON Lines) and tells it as socket events.
//
// One thread. Memory: one line, and some hundred bytes for every connection that is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recording/line_reader.h"
#include "recording/recorded_line.h"
#include "stream/socket_event.h"
#include "util/result.h"

namespace sockwatch {

class RecordingReader {
 public:
  static constexpr size_t kMaxLineBytes = 64 * 1024 * 1024;

  /// The descriptor stays the caller's; `name` is what messages call the file.
  RecordingReader(int fd, std::string name);

  /// true: `event` holds the next event; its views are valid until the next call. false: the end. An error
  /// reads "NAME:LINE: what"; do not call again after one.
  ///
  /// A connection whose first segment comes without an open gets one first, assumed to be seen from its
  /// start. After a close the same name is a new connection.
  Result<bool> next(SocketEvent& event);

  /// What to add to an event's time for the time since 1970; nothing where the recording has not told.
  std::optional<int64_t> wall_clock_offset_ns() const { return wall_clock_offset_ns_; }

  /// What the recording calls a socket; of a closed one until the next call of next().
  std::string_view connection(SocketId socket) const;

 private:
  struct Connection {
    std::string name;
    uint64_t next_offset[2] = {0, 0};
    bool opened = false;
  };

  Error error(const std::string& what) const;
  /// The socket of a name, a new one where the name is new.
  SocketId socket(const std::string& name);
  Result<> read_event(SocketEvent& event);
  Result<> read_segment(SocketEvent& event);
  Result<> read_open(SocketEvent& event);
  Result<> read_endpoint(std::string_view key, const std::string& text, Endpoint& out);
  Result<Direction> read_direction() const;

  LineReader lines_;
  std::string name_;
  RecordedLine line_;
  std::vector<uint8_t> data_;
  std::vector<uint8_t> tail_;
  std::unordered_map<SocketId, Connection> connections_;
  std::unordered_map<std::string, SocketId> sockets_;
  SocketId last_socket_ = 0;
  SocketId closed_ = 0;  ///< by the last event; 0: none was
  uint64_t last_ts_ns_ = 0;
  std::optional<int64_t> wall_clock_offset_ns_;
  bool segment_waits_ = false;  ///< line_ holds a segment whose open has just been told
};

}  // namespace sockwatch
