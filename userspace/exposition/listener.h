// The listening socket of the metrics server.
#pragma once

#include <cstdint>
#include <string>

#include "util/fd.h"
#include "util/result.h"

namespace sockwatch {

struct Listener {
  Fd socket;          ///< listening, non-blocking, close-on-exec
  uint16_t port = 0;  ///< the one that is bound
};

/// `address` is ":9765" (every address, IPv6 and IPv4), "127.0.0.1:9765" or "[::1]:9765"; port 0 takes a free
/// one. The error tells which address and what to do about it.
Result<Listener> listen_on(const std::string& address);

}  // namespace sockwatch
