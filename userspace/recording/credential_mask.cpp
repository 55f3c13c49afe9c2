#include "recording/credential_mask.h"

#include <array>
#include <string_view>

namespace sockwatch {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"authorization", "proxy-authorization", "cookie",
                                                    "set-cookie"};
constexpr uint8_t kAllNames = (1u << kNames.size()) - 1;

constexpr std::array<std::string_view, 10> kMethods = {"GET ",     "HEAD ",    "POST ",  "PUT ",   "DELETE ",
                                                       "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ", "PRI "};

bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

bool is_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// "HTTP/1.1 200"
bool is_status_line(std::string_view text) {
  return text.size() >= 12 && text.starts_with("HTTP/1.") && text[8] == ' ' && text[9] >= '1' &&
         text[9] <= '9';
}

/// "METHOD target HTTP/1."
bool is_request_line(std::string_view text) {
  constexpr size_t kMaxMethod = 32;
  size_t end = 0;
  while (end < text.size() && end < kMaxMethod && is_token(text[end])) ++end;
  if (end == 0 || end == text.size() || text[end] != ' ') return false;
  const size_t target = end + 1;
  const size_t target_end = text.find_first_of(" \r\n", target);
  return target_end != std::string_view::npos && target_end > target &&
         text.substr(target_end).starts_with(" HTTP/1.");
}

/// The same where a segment begins: there the method and the target's first byte are enough, as the rest may
/// be missing.
bool is_request_prefix(std::string_view text) {
  for (const std::string_view method : kMethods) {
    if (text.size() <= method.size() || !text.starts_with(method)) continue;
    const char first = text[method.size()];
    return first == '/' || first == '*' || method == "CONNECT " ||
           text.substr(method.size()).starts_with("http");
  }
  return false;
}

bool message_starts(std::string_view text, bool segment_starts, char before) {
  if (is_status_line(text)) return true;
  if (segment_starts && is_request_prefix(text)) return true;
  return (segment_starts || !is_token(before)) && is_request_line(text);
}

}  // namespace

void CredentialMask::open(SocketId socket) {
  for (Stream& stream : connection(socket).streams) stream = Stream{Mode::line_start, 0, 0, 0};
}

void CredentialMask::close(SocketId socket) { connections_.erase(socket); }

CredentialMask::Connection& CredentialMask::connection(SocketId socket) {
  const auto found = connections_.find(socket);
  if (found != connections_.end()) return found->second;
  if (connections_.size() >= max_connections_) {
    connections_.clear();
    ++forgotten_;
  }
  return connections_[socket];
}

void CredentialMask::mask(SocketId socket, const Segment& segment, std::span<uint8_t> data,
                          std::span<uint8_t> tail) {
  Stream& stream = connection(socket).streams[static_cast<size_t>(segment.direction)];
  const auto gap_up_to = [&stream](uint64_t offset) {
    if (stream.next_offset != offset) stream.mode = Mode::suspect;
    stream.next_offset = offset;
  };
  gap_up_to(segment.offset);
  mask_bytes(stream, data);
  stream.next_offset += data.size();
  gap_up_to(segment.offset + segment.length - tail.size());
  mask_bytes(stream, tail);
  stream.next_offset += tail.size();
}

void CredentialMask::mask_bytes(Stream& stream, std::span<uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  char before = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (stream.mode == Mode::suspect && message_starts(text.substr(i), i == 0, before))
      stream.mode = Mode::line_start;
    before = text[i];
    bytes[i] = step(stream, bytes[i]);
  }
}

uint8_t CredentialMask::step(Stream& stream, uint8_t byte) {
  switch (stream.mode) {
    case Mode::value_ended:
      if (is_blank(byte)) {
        stream.mode = Mode::value_start;
        return byte;
      }
      stream.mode = Mode::line_start;
      [[fallthrough]];
    case Mode::line_start:
      if (is_blank(byte) || byte == '\r' || byte == '\n') return byte;
      stream.mode = Mode::name;
      stream.candidates = kAllNames;
      stream.matched = 0;
      [[fallthrough]];
    case Mode::name:
      return step_name(stream, byte);
    case Mode::name_ended:
      if (byte == '\n') {
        stream.mode = Mode::line_start;
      } else if (byte == ':') {
        stream.mode = Mode::value_start;
      } else if (!is_blank(byte)) {
        stream.mode = Mode::other;
      }
      return byte;
    case Mode::other:
      if (byte == '\n') stream.mode = Mode::line_start;
      return byte;
    case Mode::value_start:
      if (is_blank(byte)) return byte;
      stream.mode = Mode::value;
      [[fallthrough]];
    case Mode::value:
    case Mode::suspect:
      if (byte == '\n') stream.mode = Mode::value_ended;
      return byte == '\n' || byte == '\r' ? byte : '*';
  }
  return '*';
}

uint8_t CredentialMask::step_name(Stream& stream, uint8_t byte) {
  if (byte == '\n') {
    stream.mode = Mode::line_start;
    return byte;
  }
  const uint8_t lower = byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + 32) : byte;
  uint8_t still = 0;
  bool complete = false;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if ((stream.candidates >> i & 1) == 0) continue;
    if (kNames[i].size() == stream.matched) {
      complete = true;
    } else if (static_cast<uint8_t>(kNames[i][stream.matched]) == lower) {
      still = static_cast<uint8_t>(still | 1u << i);
    }
  }
  if (complete && (byte == ':' || is_blank(byte))) {
    stream.mode = byte == ':' ? Mode::value_start : Mode::name_ended;
  } else if (still == 0) {
    stream.mode = Mode::other;
  } else {
    stream.candidates = still;
    ++stream.matched;
  }
  return byte;
}

}  // namespace sockwatch
