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

/// Has the kernel watch: takes privileges, and some seconds.
using StartCapture = std::function<Result<std::unique_ptr<Capture>>(const Config&)>;

/// Binds the endpoint and answers there from then on (503 while nothing is watched yet), has the kernel watch by `start`, gives up the
/// capabilities that were for that, and counts until SIGINT or SIGTERM. On SIGHUP, and on POST /-/reload where
/// WebConfig::enable_lifecycle allows it, `load` gives the configuration that is to hold from then on.
Result<> run_agent(const Config& config, const StartCapture& start, const std::function<Result<Config>()>& load);

/// Hands every event of the live host to `sink`, until SIGINT or SIGTERM, until it returns false or until `done`, asked four times a
/// second at least, is true.
Result<> record_live(Capture& capture, const std::function<bool(const SocketEvent&)>& sink, const std::function<bool()>& done);

}  // namespace sockwatch
