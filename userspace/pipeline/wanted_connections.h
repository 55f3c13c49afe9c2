// Which connections a recording has, as the configuration's filter says.
//
// One thread. Bounded: CaptureConfig::max_connections; what has no room is left out. Without a filter nothing is looked up.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>

#include "attribution/service_resolver.h"
#include "config/config.h"
#include "pipeline/connection_filter.h"
#include "stream/socket_event.h"

namespace sockwatch {

class WantedConnections {
 public:
  /// `ignore` is told of sockets that are left out.
  WantedConnections(const Config& config, std::function<void(SocketId)> ignore);

  /// Whether the event is part of the recording. A connection whose process changes to one that is left out ends there.
  bool wants(const SocketEvent& event);

 private:
  struct Ports {
    uint16_t local;
    uint16_t remote;
  };
  bool passes(const ProcessHint& process, const Ports& ports);

  const bool all_;
  const size_t max_connections_;
  std::function<void(SocketId)> ignore_;
  ServiceResolver resolver_;
  ConnectionFilter filter_;
  absl::flat_hash_map<SocketId, Ports> wanted_;
};

}  // namespace sockwatch
