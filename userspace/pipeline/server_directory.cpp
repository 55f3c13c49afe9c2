#include "pipeline/server_directory.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sockwatch {
namespace {

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.family == SocketFamily::inet) return endpoint.address[0] == 127;
  static constexpr uint8_t kLoopback6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::memcmp(endpoint.address, kLoopback6, sizeof(kLoopback6)) == 0;
}

}  // namespace

std::string ServerDirectory::key(const Endpoint& endpoint, uint64_t netns) {
  if (!is_loopback(endpoint)) netns = 0;
  std::string key(reinterpret_cast<const char*>(endpoint.address), sizeof(endpoint.address));
  key.append(reinterpret_cast<const char*>(&endpoint.port), sizeof(endpoint.port));
  key.append(reinterpret_cast<const char*>(&netns), sizeof(netns));
  return key;
}

void ServerDirectory::learn(const Endpoint& local, uint64_t netns, ServiceId service) {
  if (local.family != SocketFamily::inet && local.family != SocketFamily::inet6) return;
  if (endpoints_.size() >= kMaxEndpoints) endpoints_.clear();
  if (ports_.size() >= kMaxEndpoints) ports_.clear();
  Claims& claims = endpoints_[key(local, netns)];
  const auto own = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.netns == netns; });
  if (own == claims.end()) {
    if (claims.size() == kMaxClaims) return;  // it is nobody's already
    claims.push_back({netns, service});
  } else if (own->service == service) {
    return;
  } else {
    own->service = service;
  }
  ++version_;
  const auto [it, fresh] = ports_.try_emplace({netns, local.port}, Shared{service, false});
  if (!fresh && it->second.service != service) it->second.several = true;
}

std::optional<ServiceId> ServerDirectory::at(const Endpoint& endpoint, uint64_t netns) const {
  const auto it = endpoints_.find(key(endpoint, netns));
  if (it == endpoints_.end()) return std::nullopt;
  const Claims& claims = it->second;
  for (const Claim& claim : claims)
    if (claim.netns == netns) return claim.service;
  const ServiceId first = claims.front().service;
  const bool agreed = std::all_of(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.service == first; });
  return agreed ? std::optional(first) : std::nullopt;
}

std::optional<ServiceId> ServerDirectory::at_port(uint16_t port, uint64_t netns) const {
  const auto it = ports_.find({netns, port});
  if (it == ports_.end() || it->second.several) return std::nullopt;
  return it->second.service;
}

void ServerDirectory::forget(ServiceId service) {
  services_.erase(service);
  erase([&](const Claim& claim) { return claim.service == service; });
  absl::erase_if(ports_, [&](const auto& entry) { return entry.second.service == service; });
}

void ServerDirectory::keep(const absl::flat_hash_set<uint64_t>& namespaces) {
  absl::flat_hash_set<uint64_t> missing;
  for (const auto& [endpoint, claims] : endpoints_)
    for (const Claim& claim : claims)
      if (!namespaces.contains(claim.netns)) missing.insert(claim.netns);
  const auto gone = [&](uint64_t netns) { return missing.contains(netns) && missing_.contains(netns); };
  if (std::any_of(missing.begin(), missing.end(), gone)) {
    erase([&](const Claim& claim) { return gone(claim.netns); });
    absl::erase_if(ports_, [&](const auto& entry) { return gone(entry.first.first); });
  }
  missing_ = std::move(missing);
}

template <typename Unwanted>
void ServerDirectory::erase(Unwanted unwanted) {
  ++version_;
  absl::erase_if(endpoints_, [&](auto& entry) {
    Claims& claims = entry.second;
    claims.erase(std::remove_if(claims.begin(), claims.end(), unwanted), claims.end());
    return claims.empty();
  });
}

}  // namespace sockwatch
