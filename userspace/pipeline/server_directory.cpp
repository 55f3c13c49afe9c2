#include "pipeline/server_directory.h"

#include <cstring>

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
  const auto [known, added] = endpoints_.try_emplace(key(local, netns), service);
  if (!added && known->second == service) return;
  known->second = service;
  ++version_;
  const auto [it, fresh] = ports_.try_emplace({netns, local.port}, Shared{service, false});
  if (!fresh && it->second.service != service) it->second.several = true;
}

std::optional<ServiceId> ServerDirectory::at(const Endpoint& endpoint, uint64_t netns) const {
  const auto it = endpoints_.find(key(endpoint, netns));
  if (it == endpoints_.end()) return std::nullopt;
  return it->second;
}

std::optional<ServiceId> ServerDirectory::at_port(uint16_t port, uint64_t netns) const {
  const auto it = ports_.find({netns, port});
  if (it == ports_.end() || it->second.several) return std::nullopt;
  return it->second.service;
}

void ServerDirectory::forget(ServiceId service) {
  ++version_;
  services_.erase(service);
  absl::erase_if(endpoints_, [&](const auto& entry) { return entry.second == service; });
  absl::erase_if(ports_, [&](const auto& entry) { return entry.second.service == service; });
}

}  // namespace sockwatch
