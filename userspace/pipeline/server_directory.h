// Which service answers at which local endpoint, learned from what accepted and served. Names the other end of a
// client's transaction, and finds the service of an accepted connection that has been idle.
//
// One thread. Bounded: kMaxEndpoints, each with kMaxClaims; when full, it is learned anew.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>

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
  static constexpr size_t kMaxClaims = 4;  ///< of one endpoint, by network namespace; with more it is nobody's until some are gone

  /// Connections to `local` reach the service.
  void learn(const Endpoint& local, uint64_t netns, ServiceId service);
  /// The service has been seen to serve HTTP.
  void serves_http(ServiceId service) { services_.insert(service); }
  /// The service at exactly this endpoint, as seen from the network namespace. A loopback address is looked up within that alone. Any
  /// other address that the namespace has itself is its own; one that several other namespaces have, with different services, is nobody's:
  /// which of them a connection reaches is not known, and everybody can make a namespace with any address in it.
  std::optional<ServiceId> at(const Endpoint& endpoint, uint64_t netns) const;
  /// The service at the port in the network namespace, whatever the address; none when several share it.
  std::optional<ServiceId> at_port(uint16_t port, uint64_t netns) const;
  /// Every service that was seen to serve HTTP.
  const std::set<ServiceId>& services() const { return services_; }
  void forget(ServiceId service);
  /// Forgets what network namespaces claim that were not among these twice in a row: a listing may miss one.
  void keep(const absl::flat_hash_set<uint64_t>& namespaces);
  /// Changes whenever an answer of at() may have; never 0.
  uint64_t version() const { return version_; }

 private:
  struct Shared {
    ServiceId service;
    bool several;
  };
  struct Claim {
    uint64_t netns;
    ServiceId service;
  };
  using Claims = absl::InlinedVector<Claim, 1>;
  static std::string key(const Endpoint& endpoint, uint64_t netns);
  template <typename Unwanted>
  void erase(Unwanted unwanted);

  absl::flat_hash_map<std::string, Claims> endpoints_;
  absl::flat_hash_map<std::pair<uint64_t, uint16_t>, Shared> ports_;
  std::set<ServiceId> services_;
  absl::flat_hash_set<uint64_t> missing_;  ///< namespaces with claims that the last listing did not have
  uint64_t version_ = 1;
};

}  // namespace sockwatch
