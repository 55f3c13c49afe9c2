// Writes socket events as a recording: JSON Lines that RecordingReader takes back.
//
// One thread. Memory is bounded by the largest segment and by CredentialMask's limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recording/credential_mask.h"
#include "stream/socket_event.h"

namespace sockwatch {

enum class Credentials : uint8_t { masked, kept };

class RecordingWriter {
 public:
  /// `wall_clock_offset_ns`: what to add to CLOCK_MONOTONIC for the time since 1970, told with each connection.
  explicit RecordingWriter(Credentials credentials, std::optional<int64_t> wall_clock_offset_ns = {})
      : credentials_(credentials), wall_clock_offset_ns_(wall_clock_offset_ns) {}

  /// Appends the event's line, newline included. Sockets are called "s" and their id.
  void write(const SocketEvent& event, std::string& out);

 private:
  void write_open(const SocketEvent& event, std::string& out);
  void write_segment(const SocketEvent& event, std::string& out);

  Credentials credentials_;
  std::optional<int64_t> wall_clock_offset_ns_;
  CredentialMask mask_;
  std::vector<uint8_t> data_;
  std::vector<uint8_t> tail_;
};

}  // namespace sockwatch
