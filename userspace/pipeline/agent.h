// The live agent: capture, pipeline and metrics server, put together.
#pragma once

#include <functional>

#include "config/config.h"
#include "stream/socket_event.h"
#include "util/result.h"

namespace sockwatch {

/// Watches and serves until SIGINT or SIGTERM. On SIGHUP, and on POST /-/reload where
/// WebConfig::enable_lifecycle allows it, `load` gives the configuration that is to hold from then on.
Result<> run_agent(const Config& config, const std::function<Result<Config>()>& load);

/// Hands every event of the live host to `sink`, until SIGINT or SIGTERM or until it returns false.
Result<> record_live(const Config& config, const std::function<bool(const SocketEvent&)>& sink);

}  // namespace sockwatch
