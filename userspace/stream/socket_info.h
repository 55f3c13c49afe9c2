// One socket of the host as it stands at this moment: what a listing of all watched sockets tells.
#pragma once

#include <cstdint>
#include <string>

#include "stream/socket_event.h"

namespace sockwatch {

/// Which sockets a listing has.
enum class ListingScope : uint8_t {
  pending,  ///< those with bytes that no event has told of, and every one of AF_UNIX
  held,     ///< those that a process has a descriptor of, and both ends of AF_UNIX connections where one is
  all,      ///< every one that is watched
};

struct SocketInfo {
  SocketId socket = 0;
  Endpoint local;
  uint64_t netns = 0;
  uint32_t tgid = 0;         ///< a process that was seen to use it; 0: none yet
  bool listening = false;
  bool accepted = false;     ///< known to have come out of accept()
  bool known_start = false;  ///< `accepted` is certain either way
  bool attached = false;     ///< a process holds it
  bool opened = false;       ///< an Open event was sent

  /// Bytes that passed and that no event has told of yet.
  struct Progress {
    uint64_t offset = 0;  ///< one past the last byte that passed
    uint64_t ts_ns = 0;   ///< when it passed
    uint8_t tail[16] = {};
    uint8_t tail_length = 0;
  };
  bool pending = false;
  bool lost = false;      ///< so may they be that passed before, and no event will tell
  Progress progress[2];   ///< by direction; valid when pending
  uint32_t flight = 0;
  Direction direction = Direction::recv;  ///< of that flight
};

}  // namespace sockwatch
