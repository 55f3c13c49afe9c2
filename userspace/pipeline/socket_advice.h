// What the pipeline says back to the kernel side of sockets: the one way against the data's direction. A recording has nobody to say it to.
#pragma once

#include <functional>

#include "stream/socket_event.h"

namespace sockwatch {

struct SocketAdvice {
  /// The socket is of no interest any longer.
  std::function<void(SocketId)> ignore;
  /// There is no room for the socket: what passes there is counted until make_room().
  std::function<void(SocketId)> postpone;
  /// Sockets that were postponed may come back.
  std::function<void()> make_room;
};

}  // namespace sockwatch
