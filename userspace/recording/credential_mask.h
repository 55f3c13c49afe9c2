// Blanks credentials in recorded bytes: the values of Authorization, Proxy-Authorization, Cookie and
// Set-Cookie headers become '*', byte for byte, so that lengths and offsets stay what they were.
//
// Works line by line on the byte streams and knows nothing of messages, so a line of a body that looks like
// such a header is blanked too. Where bytes are missing it cannot know whether it stands inside a value:
// there it blanks up to the end of the line, unless the start of a message is plain to see. Covers the text
// of HTTP/1, not compressed heads.
//
// One thread. Remembers at most `max_connections` connections; beyond that it forgets them all, which blanks
// more, never less.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

#include "stream/socket_event.h"

namespace sockwatch {

class CredentialMask {
 public:
  static constexpr size_t kMaxConnections = 65536;

  explicit CredentialMask(size_t max_connections = kMaxConnections) : max_connections_(max_connections) {}

  /// Both streams are known from their first byte.
  void open(SocketId socket);
  /// Blanks copies of a segment's data and tail in place. `segment` tells where they stand.
  void mask(SocketId socket, const Segment& segment, std::span<uint8_t> data, std::span<uint8_t> tail);
  void close(SocketId socket);

  /// How often everything was forgotten.
  uint64_t forgotten() const { return forgotten_; }

 private:
  enum class Mode : uint8_t {
    line_start,   ///< nothing of the line yet but blanks
    name,         ///< a prefix of a masked header's name
    name_ended,   ///< all of such a name, then blanks
    other,        ///< some other line
    value_start,  ///< blanks before the value
    value,
    value_ended,  ///< after the value's newline: a folded line may follow
    suspect,      ///< after missing bytes: perhaps inside a value
  };
  struct Stream {
    Mode mode = Mode::suspect;
    uint8_t candidates = 0;  ///< bit i: header i may still be the name
    uint8_t matched = 0;     ///< bytes of the name so far
    uint64_t next_offset = 0;
  };
  struct Connection {
    Stream streams[2];
  };

  Connection& connection(SocketId socket);
  static void mask_bytes(Stream& stream, std::span<uint8_t> bytes);
  /// One byte; returns what is to stand in its place.
  static uint8_t step(Stream& stream, uint8_t byte);
  static uint8_t step_name(Stream& stream, uint8_t byte);

  size_t max_connections_;
  uint64_t forgotten_ = 0;
  std::unordered_map<SocketId, Connection> connections_;
};

}  // namespace sockwatch
