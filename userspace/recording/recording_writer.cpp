#include "recording/recording_writer.h"

#include <span>

#include "recording/base64.h"
#include "util/json_text.h"

namespace sockwatch {
namespace {

std::string socket_name(SocketId socket) { return "s" + std::to_string(socket); }

void append_key(std::string& out, std::string_view key) {
  out += ",\"";
  out += key;
  out += "\":";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}

void append_number(std::string& out, std::string_view key, uint64_t number) {
  append_key(out, key);
  out += std::to_string(number);
}

void append_bytes(std::string& out, std::string_view key, std::span<const uint8_t> bytes) {
  append_key(out, key);
  out += '"';
  append_base64(out, bytes);
  out += '"';
}

void append_process(std::string& out, const ProcessHint& process) {
  if (process.tgid != 0) append_number(out, "pid", process.tgid);
  if (!process.comm.empty()) append_text(out, "comm", process.comm);
}

}  // namespace

void RecordingWriter::write(const SocketEvent& event, std::string& out) {
  out += "{\"ts\":" + std::to_string(event.ts_ns);
  append_text(out, "conn", socket_name(event.socket));
  switch (event.kind) {
    case SocketEvent::Kind::open:
      write_open(event, out);
      break;
    case SocketEvent::Kind::segment:
      write_segment(event, out);
      break;
    case SocketEvent::Kind::eof:
      append_text(out, "event", "eof");
      append_text(out, "dir", to_string(event.eof.direction));
      if (event.eof.end != 0) append_number(out, event.eof.direction == Direction::recv ? "recv_end" : "send_end", event.eof.end);
      break;
    case SocketEvent::Kind::close:
      append_text(out, "event", "close");
      if (event.close.reset) out += ",\"reset\":true";
      if (event.close.end[0] != 0) append_number(out, "recv_end", event.close.end[0]);
      if (event.close.end[1] != 0) append_number(out, "send_end", event.close.end[1]);
      mask_.close(event.socket);
      break;
    case SocketEvent::Kind::owner:
      append_text(out, "event", "owner");
      append_process(out, event.process);
      break;
  }
  out += "}\n";
}

void RecordingWriter::write_open(const SocketEvent& event, std::string& out) {
  const Open& open = event.open;
  append_text(out, "event", "open");
  if (wall_clock_offset_ns_) append_number(out, "wall_ns", event.ts_ns + static_cast<uint64_t>(*wall_clock_offset_ns_));
  if (open.local.family == SocketFamily::unix_stream) {
    append_text(out, "unix_path", open.unix_path);
  } else {
    if (open.local.family != SocketFamily::unknown) append_text(out, "local", to_string(open.local));
    if (open.remote.family != SocketFamily::unknown) append_text(out, "remote", to_string(open.remote));
  }
  append_process(out, event.process);
  if (!open.service.empty()) append_text(out, "service", open.service);
  if (open.netns != 0) append_number(out, "netns", open.netns);
  if (open.peer != 0) append_text(out, "peer", socket_name(open.peer));
  if (!open.from_start) out += ",\"from_start\":false";
  if (open.from_start && credentials_ == Credentials::masked) mask_.open(event.socket);
}

void RecordingWriter::write_segment(const SocketEvent& event, std::string& out) {
  const Segment& segment = event.segment;
  append_text(out, "dir", to_string(segment.direction));
  append_number(out, "off", segment.offset);
  append_number(out, "len", segment.length);
  data_.assign(segment.data.begin(), segment.data.end());
  tail_.assign(segment.tail.begin(), segment.tail.end());
  if (credentials_ == Credentials::masked) mask_.mask(event.socket, segment, data_, tail_);
  if (!data_.empty()) append_bytes(out, "data", data_);
  if (!tail_.empty()) append_bytes(out, "tail", tail_);
  if (segment.flight != 0) append_number(out, "run", segment.flight);
  if (segment.hidden != Hidden::none) append_text(out, "unreadable", to_string(segment.hidden));
  append_process(out, event.process);
}

}  // namespace sockwatch
