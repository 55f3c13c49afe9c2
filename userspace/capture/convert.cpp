#include "capture/convert.h"

#include <algorithm>
#include <cstring>

namespace sockwatch {
namespace {

constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Endpoint to_endpoint(uint8_t family, const sw_u8 (&address)[16], sw_u16 port) {
  Endpoint endpoint;
  endpoint.port = port;
  switch (family) {
    case SW_FAMILY_INET:
      endpoint.family = SocketFamily::inet;
      std::memcpy(endpoint.address, address, 4);
      break;
    case SW_FAMILY_INET6:
      if (std::memcmp(address, kMappedPrefix, sizeof(kMappedPrefix)) == 0) {
        endpoint.family = SocketFamily::inet;
        std::memcpy(endpoint.address, address + 12, 4);
      } else {
        endpoint.family = SocketFamily::inet6;
        std::memcpy(endpoint.address, address, 16);
      }
      break;
    case SW_FAMILY_UNIX:
      endpoint.family = SocketFamily::unix_stream;
      break;
    default:
      break;
  }
  return endpoint;
}

// `from` is followed by the service's name; `room` bytes of the record are left from there on.
void set_process(const sw_process& from, const void* name, size_t room, ProcessHint& to) {
  to.cgroup_id = from.cgroup_id;
  to.comm = {from.comm, strnlen(from.comm, sizeof(from.comm))};
  to.parent = from.parent;
  to.forked = from.forked != 0;
  to.user = from.user;
  to.service = {static_cast<const char*>(name), std::min<size_t>(from.service_length, room)};
}

Hidden to_hidden(sw_u8 reason) {
  static_assert(static_cast<int>(Hidden::preempted) == SW_HIDDEN_PREEMPTED && SW_HIDDEN_PREEMPTED + 1 == SW_HIDDEN_REASONS);
  return reason < SW_HIDDEN_REASONS ? static_cast<Hidden>(reason) : Hidden::syscall;
}

Unread to_unread(sw_u8 flags) {
  if (!(flags & SW_FLAG_UNREAD)) return Unread::none;
  if (flags & SW_FLAG_TLS) return Unread::tls;
  return flags & SW_FLAG_HTTP2 ? Unread::http2 : Unread::other;
}

}  // namespace

bool to_event(const void* record, size_t size, SocketEvent& event) {
  if (size < sizeof(sw_header)) return false;
  const auto& h = *static_cast<const sw_header*>(record);
  const auto* payload = static_cast<const uint8_t*>(record) + sizeof(sw_header);
  const size_t payload_size = size - sizeof(sw_header);

  event.socket = h.socket;
  event.ts_ns = h.ts_ns;
  event.process = {};
  event.process.tgid = h.tgid;
  const Direction direction = h.flags & SW_FLAG_SEND ? Direction::send : Direction::recv;
  switch (h.kind) {
    case SW_RECORD_OPEN: {
      if (payload_size < sizeof(sw_open)) return false;
      const auto& o = *reinterpret_cast<const sw_open*>(payload);
      event.kind = SocketEvent::Kind::open;
      set_process(o.process, payload + sizeof(sw_open), payload_size - sizeof(sw_open), event.process);
      event.open.local = to_endpoint(o.names.family, o.names.local, o.names.local_port);
      event.open.remote = to_endpoint(o.names.family, o.names.remote, o.names.remote_port);
      event.open.netns = o.names.netns;
      event.open.peer = o.names.peer;
      event.open.from_start = o.from_start != 0;
      event.open.accepted = o.accepted != 0;
      event.open.service = {};
      event.open.passed[0] = h.offset;
      event.open.passed[1] = h.length;
      event.open.flight = h.flight;
      const std::string_view path(o.unix_path, std::min<size_t>(o.names.unix_path_len, sizeof(o.unix_path)));
      event.open.unix_path = path.substr(0, path.find('\0'));  // the kernel counts the NUL that ends a path
      return true;
    }
    case SW_RECORD_SEGMENT:
      if (payload_size < h.captured || payload_size - h.captured < h.tail) return false;
      event.kind = SocketEvent::Kind::segment;
      event.segment = {.direction = direction,
                       .offset = h.offset,
                       .length = h.length,
                       .data = {payload, h.captured},
                       .tail = {payload + h.captured, h.tail},
                       .flight = h.flight,
                       .later = (h.flags & SW_FLAG_LATER) != 0,
                       .hidden = to_hidden(h.hidden)};
      return true;
    case SW_RECORD_EOF:
      event.kind = SocketEvent::Kind::eof;
      event.eof.direction = direction;
      event.eof.end = direction == Direction::recv ? h.offset : h.length;
      return true;
    case SW_RECORD_CLOSE:
      event.kind = SocketEvent::Kind::close;
      event.close.reset = h.flags & SW_FLAG_RESET;
      event.close.unread = to_unread(h.flags);
      event.close.end[0] = h.offset;
      event.close.end[1] = h.length;
      event.close.flight = h.flight;
      event.close.direction = direction;
      return true;
    case SW_RECORD_OWNER:
      if (payload_size < sizeof(sw_process)) return false;
      event.kind = SocketEvent::Kind::owner;
      set_process(*reinterpret_cast<const sw_process*>(payload), payload + sizeof(sw_process),
                  payload_size - sizeof(sw_process), event.process);
      return true;
    default:
      return false;
  }
}

SocketInfo to_info(const sw_socket_entry& e) {
  SocketInfo info;
  info.socket = e.socket;
  info.local = to_endpoint(e.names.family, e.names.local, e.names.local_port);
  info.netns = e.names.netns;
  info.tgid = e.tgid;
  info.listening = e.listening;
  info.accepted = e.passive;
  info.known_start = e.known_start;
  info.attached = e.attached;
  info.opened = e.opened;
  info.pending = (e.pending & (SW_PENDING_UNTOLD | SW_PENDING_LOST)) != 0;
  info.lost = (e.pending & SW_PENDING_LOST) != 0;
  info.flight = e.flight;
  info.direction = e.pending & SW_PENDING_SEND ? Direction::send : Direction::recv;
  for (int d = 0; d < 2; ++d) {
    SocketInfo::Progress& p = info.progress[d];
    p.offset = e.offset[d];
    p.ts_ns = e.last_ts[d];
    p.tail_length = std::min<uint8_t>(e.tail_len[d], SW_TAIL_MAX);
    std::memcpy(p.tail, e.tail[d], SW_TAIL_MAX);
  }
  return info;
}

}  // namespace sockwatch
