#include "attribution/service_table.h"

#include <algorithm>

#include "attribution/service_name.h"

namespace sockwatch {

ServiceTable::ServiceTable(uint32_t most) : most_(static_cast<size_t>(most) + 2) {
  services_ = {{.name = "unknown"}, {.name = "_overflow"}};
  ids_ = {{"unknown", kUnknown}, {"_overflow", kOverflow}};
}

ServiceId ServiceTable::intern(std::string_view name, std::optional<uint32_t> user) {
  std::string clean = clean_service_name(name);
  if (clean.empty()) return kUnknown;
  if (name.size() > kMaxServiceName) ++shortened_;
  if (const auto known = ids_.find(clean); known != ids_.end()) return known->second;
  if (!has_room() || !keeps_to_part(user)) {
    ++overflowed_;
    return kOverflow;
  }
  auto service = static_cast<ServiceId>(services_.size());
  if (released_.empty()) {
    services_.emplace_back();
  } else {
    service = released_.back();
    released_.pop_back();
  }
  services_[service].name = clean;
  services_[service].owner = user;
  if (user) ++owned_[*user];
  ids_.emplace(std::move(clean), service);
  return service;
}

// One user's programs, whatever they call themselves, leave room for those of others.
bool ServiceTable::keeps_to_part(std::optional<uint32_t> user) const {
  if (!user) return true;
  const size_t places = most_ - 2;
  const auto owned = owned_.find(*user);
  return owned == owned_.end() || owned->second < places - places / 4;
}

void ServiceTable::release(ServiceId service) {
  services_[service].gone_since_ns = 0;
  if (service == kUnknown || service == kOverflow) return;
  ids_.erase(services_[service].name);
  if (const auto user = services_[service].owner; user && --owned_[*user] == 0) owned_.erase(*user);
  services_[service] = {};
  released_.push_back(service);
}

void ServiceTable::add_process(ServiceId service, std::optional<uint32_t> user) {
  Service& s = services_[service];
  ++s.processes;
  s.gone_since_ns = 0;
  if (!user) return;
  if (const auto known = find_user(s, *user); known != s.users.end()) {
    ++known->second;
  } else if (s.users.size() < kMaxUsers) {
    s.users.emplace_back(*user, 1);
  }
}

void ServiceTable::remove_process(ServiceId service, std::optional<uint32_t> user, uint64_t now_ns) {
  Service& s = services_[service];
  if (--s.processes == 0) s.gone_since_ns = now_ns;
  if (!user) return;
  if (const auto known = find_user(s, *user); known != s.users.end() && --known->second == 0) s.users.erase(known);
}

ServiceTable::Users::iterator ServiceTable::find_user(Service& service, uint32_t user) {
  return std::find_if(service.users.begin(), service.users.end(), [&](const auto& one) { return one.first == user; });
}

}  // namespace sockwatch
