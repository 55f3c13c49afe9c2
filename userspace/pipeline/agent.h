// The live agent: capture, pipeline and metrics server, put together.
#pragma once

#include <functional>

#include "config/config.h"
#include "stream/socket_event.h"
#include "util/result.h"

namespace sockwatch {

/// Watches and serves until SIGINT or SIGTERM.
Result<> run_agent(const Config& config);

/// Hands every event of the live host to `sink`, until SIGINT or SIGTERM or until it returns false.
Result<> record_live(const Config& config, const std::function<bool(const SocketEvent&)>& sink);

}  // namespace sockwatch
