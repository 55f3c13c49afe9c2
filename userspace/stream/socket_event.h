// What the kernel side (or a recording) tells of a socket, one event at a time, in the order in which it happened
// on that socket. The only currency between capture and the rest of the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sockwatch {

/// The way of bytes as the socket's owner sees it.
enum class Direction : uint8_t { recv = 0, send = 1 };

constexpr Direction opposite(Direction d) { return d == Direction::recv ? Direction::send : Direction::recv; }
constexpr std::string_view to_string(Direction d) { return d == Direction::recv ? "recv" : "send"; }

/// Unique for the life of the host (the kernel's socket cookie), or of a recording.
using SocketId = uint64_t;

enum class SocketFamily : uint8_t { unknown, inet, inet6, unix_stream };

/// One end of a connection. IPv4-mapped IPv6 addresses arrive as inet.
struct Endpoint {
  SocketFamily family = SocketFamily::unknown;
  uint8_t address[16] = {};  ///< network order; the first 4 bytes for inet
  uint16_t port = 0;         ///< host order
  bool operator==(const Endpoint&) const = default;
};

/// "10.0.0.1:80", "[::1]:80"; empty for unknown and for AF_UNIX.
std::string to_string(const Endpoint& endpoint);
/// The reverse; family unknown when `text` is neither form.
Endpoint parse_endpoint(std::string_view text);

/// The process that used the socket, as far as the kernel side told.
struct ProcessHint {
  uint32_t tgid = 0;           ///< in the initial pid namespace; 0: not known
  uint64_t cgroup_id = 0;      ///< of cgroup v2; 0: not known
  std::string_view comm;       ///< command name, up to 15 bytes
  uint32_t parent = 0;         ///< from which it was forked, where neither has executed a program since; 0: none lives, or not told
  bool forked = false;         ///< it has executed nothing since it was forked
  std::optional<uint32_t> user = {};  ///< real user id; nothing: not told
  std::string_view service = {};  ///< the name in the environment that its program was executed with; empty: none, or not seen
};

/// A socket that is worth watching; comes before the socket's first Segment. Every field is optional.
struct Open {
  Endpoint local;
  Endpoint remote;
  uint64_t netns = 0;               ///< cookie or inode of the network namespace; equal = same namespace
  std::string_view unix_path;       ///< AF_UNIX: the listener's path, "@..." for abstract ones, empty for none
  SocketId peer = 0;                ///< AF_UNIX: the other end's socket, where known
  std::string_view service;         ///< replay only: the service's name
  bool accepted = false;            ///< known to have come out of accept()
  bool from_start = true;           ///< the socket has been seen since before its first byte
  bool assumed = false;             ///< replay only: no open was recorded, so that the start is a guess
  uint64_t passed[2] = {};          ///< bytes of each direction before this: what was lost of them has been counted
  uint32_t flight = 0;                 ///< of the next segment; 0: not known
};

/// Why bytes that passed could not be read.
enum class Hidden : uint8_t {
  none,
  splice,      ///< sendfile, splice: never in user memory
  fault,       ///< the page was not resident
  truncated,   ///< discarded by MSG_TRUNC
  compat,      ///< a 32-bit process on a 64-bit kernel
  io_uring,    ///< an io_uring request that does not tell its buffer
  syscall,     ///< a system call that is not known
  skipped,     ///< consumed without passing a receive
  preempted,   ///< passed while another program was at work on that CPU
  // From here on: read, and not understood.
  encrypted,   ///< TLS within a protocol that is understood
  compressed,  ///< the same of compression
};
inline constexpr size_t kHiddenReasons = 11;
std::string_view to_string(Hidden reason);

/// Bytes that passed. `offset` counts from the first byte seen of this direction.
struct Segment {
  Direction direction = Direction::recv;
  uint64_t offset = 0;
  uint64_t length = 0;                ///< bytes on the wire
  std::span<const uint8_t> data;      ///< the first bytes of these `length`; may be shorter
  std::span<const uint8_t> tail;      ///< the last bytes of these `length`, where `data` does not reach them
  uint32_t flight = 0;                   ///< counts changes of direction on the socket; 0: not known
  bool later = false;                 ///< other bytes of the flight passed before these
  Hidden hidden = Hidden::none;       ///< why there is no data
};

/// One direction has ended (half-close).
struct Eof {
  Direction direction = Direction::recv;
  uint64_t end = 0;    ///< offset behind its last byte, so that a loss at the very end is noticed; 0: not told
};

/// Why nothing, or nothing more, is understood of what a connection says.
enum class Unread : uint8_t {
  none,
  tls,
  http2,
  encrypted,   ///< as a database and its client agreed
  compressed,  ///< the same
  other,
};
inline constexpr size_t kUnreadKinds = 6;
std::string_view to_string(Unread kind);

struct Close {
  bool reset = false;  ///< by RST
  Unread unread = Unread::none;  ///< the connection lives on, but is watched no longer
  uint64_t end[2] = {};  ///< the same of both directions
  uint32_t flight = 0;      ///< the last one; 0: not known
  Direction direction = Direction::recv;  ///< of that flight
};

/// The socket is now used by another process.
struct Owner {};

/// Views are valid only during the call that hands the event over.
struct SocketEvent {
  enum class Kind : uint8_t { open, segment, eof, close, owner };
  SocketId socket = 0;
  uint64_t ts_ns = 0;     ///< CLOCK_MONOTONIC
  Kind kind = Kind::segment;
  ProcessHint process;    ///< segment: tgid only; open and owner: all of it
  Open open;
  Segment segment;
  Eof eof;
  Close close;
};

}  // namespace sockwatch
