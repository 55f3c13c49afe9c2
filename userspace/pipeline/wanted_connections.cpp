#include "pipeline/wanted_connections.h"

#include <utility>

namespace sockwatch {

WantedConnections::WantedConnections(const Config& config, std::function<void(SocketId)> ignore)
    : all_(config.filter.include.empty() && config.filter.exclude.empty()),
      max_connections_(config.capture.max_connections),
      ignore_(std::move(ignore)),
      resolver_(config.attribution, config.procfs, config.cgroupfs, config.metrics.max_services),
      filter_(config.filter) {}

bool WantedConnections::wants(const SocketEvent& event) {
  if (all_) return true;
  if (event.kind == SocketEvent::Kind::open) {
    const Ports ports{.local = event.open.local.port, .remote = event.open.remote.port};
    if (wanted_.size() < max_connections_ && passes(event.process, ports)) {
      wanted_[event.socket] = ports;
      return true;
    }
    ignore_(event.socket);
    return false;
  }
  const auto known = wanted_.find(event.socket);
  if (known == wanted_.end()) {
    if (event.kind == SocketEvent::Kind::segment) ignore_(event.socket);  // it may not have been heard the first time
    return false;
  }
  if (event.kind == SocketEvent::Kind::owner && !passes(event.process, known->second)) {
    wanted_.erase(known);
    ignore_(event.socket);
    return false;
  }
  if (event.kind == SocketEvent::Kind::close) wanted_.erase(known);
  return true;
}

bool WantedConnections::passes(const ProcessHint& process, const Ports& ports) {
  const ServiceId service = resolver_.resolve(process, ports.local);
  ConnectionFilter::Facts facts{
      .service = resolver_.name(service), .local_port = ports.local, .remote_port = ports.remote, .cgroup = {}};
  if (filter_.asks_for_cgroup()) facts.cgroup = resolver_.cgroup(process.cgroup_id);
  return filter_.passes(facts);
}

}  // namespace sockwatch
