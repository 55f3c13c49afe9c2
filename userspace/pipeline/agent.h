// The live agent: capture, pipeline and metrics server, put together.
#pragma once

#include <functional>
#include <memory>

#include "capture/capture.h"
#include "config/config.h"
#include "exposition/metrics_server.h"
#include "stream/socket_event.h"
#include "util/result.h"

namespace sockwatch {

/// What needs privileges and has been done with them.
struct StartedAgent {
  MetricsServer::Endpoint endpoint;
  std::unique_ptr<Capture> capture;
};

/// Binds the endpoint, has the kernel watch by `start`, and then gives up the capabilities that were for that.
Result<StartedAgent> start_agent(const Config& config,
                                 const std::function<Result<std::unique_ptr<Capture>>(const Config&)>& start);

/// Counts and serves until SIGINT or SIGTERM. On SIGHUP, and on POST /-/reload where
/// WebConfig::enable_lifecycle allows it, `load` gives the configuration that is to hold from then on.
Result<> run_agent(StartedAgent started, const Config& config, const std::function<Result<Config>()>& load);

/// Hands every event of the live host to `sink`, until SIGINT or SIGTERM or until it returns false.
Result<> record_live(Capture& capture, const std::function<bool(const SocketEvent&)>& sink);

}  // namespace sockwatch
