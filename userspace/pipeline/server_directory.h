// Which service answers at which local endpoint, learned from what accepted and served. Names the other end of a
// client's transaction, and finds the service of an accepted connection that has been idle.
//
// One thread. Bounded: kMaxEndpoints; when full, it is learned anew.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "attribution/service_resolver.h"
#include "stream/socket_event.h"

namespace sockwatch {

class ServerDirectory {
 public:
  static constexpr size_t kMaxEndpoints = 65536;

  /// Connections to `local` reach the service.
  void learn(const Endpoint& local, uint64_t netns, ServiceId service);
  /// The service has been seen to serve HTTP.
  void serves_http(ServiceId service) { services_.insert(service); }
  /// The service at exactly this endpoint. A loopback address is looked up within the network namespace.
  std::optional<ServiceId> at(const Endpoint& endpoint, uint64_t netns) const;
  /// The service at the port in the network namespace, whatever the address; none when several share it.
  std::optional<ServiceId> at_port(uint16_t port, uint64_t netns) const;
  /// Every service that was seen to serve HTTP.
  const std::set<ServiceId>& services() const { return services_; }
  void forget(ServiceId service);
  /// Changes whenever an answer of at() may have; never 0.
  uint64_t version() const { return version_; }

 private:
  struct Shared {
    ServiceId service;
    bool several;
  };
  static std::string key(const Endpoint& endpoint, uint64_t netns);

  absl::flat_hash_map<std::string, ServiceId> endpoints_;
  absl::flat_hash_map<std::pair<uint64_t, uint16_t>, Shared> ports_;
  std::set<ServiceId> services_;
  uint64_t version_ = 1;
};

}  // namespace sockwatch
