// Writes socket events as a recording: JSON Lines that RecordingReader takes back.
//
// One thread. Memory is bounded by the largest segment and by CredentialMask's limit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recording/credential_mask.h"
#include "stream/socket_event.h"

namespace sockwatch {

enum class Credentials : uint8_t { masked, kept };

class RecordingWriter {
 public:
  explicit RecordingWriter(Credentials credentials) : credentials_(credentials) {}

  /// Appends the event's line, newline included. Sockets are called "s" and their id.
  void write(const SocketEvent& event, std::string& out);

 private:
  void write_open(const SocketEvent& event, std::string& out);
  void write_segment(const SocketEvent& event, std::string& out);

  Credentials credentials_;
  CredentialMask mask_;
  std::vector<uint8_t> data_;
  std::vector<uint8_t> tail_;
};

}  // namespace sockwatch
