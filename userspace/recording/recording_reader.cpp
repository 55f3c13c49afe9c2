#include "recording/recording_reader.h"

#include <limits>
#include <utility>

#include "recording/base64.h"

namespace sockwatch {
namespace {

std::string quoted(const std::string& text) {
  constexpr size_t kShown = 40;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c < 0x7f ? c : '?';
  if (text.size() > kShown) out += "...";
  return out + "\"";
}

std::optional<Hidden> parse_hidden(std::string_view text) {
  for (size_t i = 0; i < kHiddenReasons; ++i) {
    if (text == to_string(static_cast<Hidden>(i))) return static_cast<Hidden>(i);
  }
  return std::nullopt;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

RecordingReader::RecordingReader(int fd, std::string name)
    : lines_(fd, kMaxLineBytes), name_(std::move(name)) {}

std::string_view RecordingReader::connection(SocketId socket) const {
  const auto it = connections_.find(socket);
  return it == connections_.end() ? std::string_view() : it->second.name;
}

Error RecordingReader::error(const std::string& what) const {
  return Error{name_ + ":" + std::to_string(lines_.number()) + ": " + what};
}

SocketId RecordingReader::socket(const std::string& name) {
  const auto [entry, added] = sockets_.try_emplace(name, last_socket_ + 1);
  if (added) connections_[++last_socket_].name = name;
  return entry->second;
}

Result<bool> RecordingReader::next(SocketEvent& event) {
  connections_.erase(std::exchange(closed_, 0));
  if (!std::exchange(segment_waits_, false)) {
    std::string_view text;
    do {
      const Result<bool> more = lines_.next(text);
      if (!more) return error(more.error().message);
      if (!more.value()) return false;
    } while (is_blank(text));
    if (const Result<> parsed = parse_recorded_line(text, line_); !parsed)
      return error(parsed.error().message);
    if (!line_.conn) return error("\"conn\" is missing");
    last_ts_ns_ = line_.ts.value_or(last_ts_ns_);
  }
  event = SocketEvent{};
  event.ts_ns = last_ts_ns_;
  event.socket = socket(*line_.conn);
  if (const Result<> read = read_event(event); !read) return error(read.error().message);
  return true;
}

Result<> RecordingReader::read_event(SocketEvent& event) {
  if (line_.pid && *line_.pid > std::numeric_limits<uint32_t>::max())
    return Error{"\"pid\" is no process id"};
  event.process.tgid = static_cast<uint32_t>(line_.pid.value_or(0));
  event.process.comm = line_.comm ? std::string_view(*line_.comm) : std::string_view();
  if (!line_.event) {
    if (!connections_[event.socket].opened) {
      segment_waits_ = true;
      event.open.assumed = true;
      return read_open(event);
    }
    return read_segment(event);
  }
  const std::string& kind = *line_.event;
  if (kind == "open") return read_open(event);
  if (kind == "close") {
    event.kind = SocketEvent::Kind::close;
    event.close.reset = line_.reset.value_or(false);
    event.close.end[0] = line_.recv_end.value_or(0);
    event.close.end[1] = line_.send_end.value_or(0);
    sockets_.erase(*line_.conn);
    closed_ = event.socket;
    return {};
  }
  if (kind == "eof") {
    const Result<Direction> direction = read_direction();
    if (!direction) return direction.error();
    event.kind = SocketEvent::Kind::eof;
    event.eof.direction = direction.value();
    event.eof.end = (direction.value() == Direction::recv ? line_.recv_end : line_.send_end).value_or(0);
    return {};
  }
  if (kind == "owner") {
    event.kind = SocketEvent::Kind::owner;
    return {};
  }
  return Error{"\"event\" is " + quoted(kind) + "; expected open, eof, owner or close"};
}

Result<> RecordingReader::read_open(SocketEvent& event) {
  connections_[event.socket].opened = true;
  event.kind = SocketEvent::Kind::open;
  Open& open = event.open;
  if (line_.unix_path) {
    open.unix_path = *line_.unix_path;
    open.local.family = open.remote.family = SocketFamily::unix_stream;
  }
  if (line_.local) {
    if (const Result<> read = read_endpoint("local", *line_.local, open.local); !read) return read;
  }
  if (line_.remote) {
    if (const Result<> read = read_endpoint("remote", *line_.remote, open.remote); !read) return read;
  }
  if (line_.wall_ns) wall_clock_offset_ns_ = static_cast<int64_t>(*line_.wall_ns - event.ts_ns);
  open.netns = line_.netns.value_or(0);
  open.peer = line_.peer ? socket(*line_.peer) : 0;
  open.service = line_.service ? std::string_view(*line_.service) : std::string_view();
  open.from_start = line_.from_start.value_or(true);
  return {};
}

Result<> RecordingReader::read_segment(SocketEvent& event) {
  const Result<Direction> direction = read_direction();
  if (!direction) return direction.error();
  if (!line_.len) return Error{"\"len\" is missing"};
  data_.clear();
  tail_.clear();
  if (line_.data && !decode_base64(*line_.data, data_)) return Error{"\"data\" is no base64"};
  if (line_.tail && !decode_base64(*line_.tail, tail_)) return Error{"\"tail\" is no base64"};
  if (data_.size() + tail_.size() > *line_.len) {
    return Error{"\"len\" is " + std::to_string(*line_.len) + " but " +
                 std::to_string(data_.size() + tail_.size()) + " bytes of data follow"};
  }
  if (line_.flight && *line_.flight > std::numeric_limits<uint32_t>::max()) return Error{"\"run\" is too large"};

  event.kind = SocketEvent::Kind::segment;
  Segment& segment = event.segment;
  segment.direction = direction.value();
  uint64_t& next_offset = connections_[event.socket].next_offset[static_cast<size_t>(segment.direction)];
  segment.offset = line_.off.value_or(next_offset);
  segment.length = *line_.len;
  if (segment.length > std::numeric_limits<uint64_t>::max() - segment.offset) {
    return Error{"\"off\" and \"len\" are too large"};
  }
  next_offset = segment.offset + segment.length;
  segment.data = data_;
  segment.tail = tail_;
  segment.flight = static_cast<uint32_t>(line_.flight.value_or(0));
  if (line_.unreadable) {
    const std::optional<Hidden> reason = parse_hidden(*line_.unreadable);
    if (!reason)
      return Error{"\"unreadable\" is " + quoted(*line_.unreadable) + ", which is no known reason"};
    segment.hidden = *reason;
  }
  return {};
}

Result<> RecordingReader::read_endpoint(std::string_view key, const std::string& text, Endpoint& out) {
  const Endpoint endpoint = parse_endpoint(text);
  if (endpoint.family == SocketFamily::unknown) {
    return Error{"\"" + std::string(key) + "\" is " + quoted(text) +
                 "; expected an address such as 127.0.0.1:80 or [::1]:80"};
  }
  out = endpoint;
  return {};
}

Result<Direction> RecordingReader::read_direction() const {
  if (!line_.dir) return Error{"\"dir\" is missing"};
  if (*line_.dir == "recv") return Direction::recv;
  if (*line_.dir == "send") return Direction::send;
  return Error{"\"dir\" is " + quoted(*line_.dir) + "; expected recv or send"};
}

}  // namespace sockwatch
