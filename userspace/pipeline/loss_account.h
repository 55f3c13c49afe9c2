// What passed on connections under observation and is in no transaction, by service. It keeps the promise that what was sent is what is
// reported and what is lost: a request whose beginning was seen is reported, as `unknown` at the least; any other is here.
//
// One thread. Bounded by the services.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>

#include "attribution/service_resolver.h"
#include "protocols/transaction.h"
#include "stream/socket_event.h"

namespace sockwatch {

class LossAccount {
 public:
  /// Why bytes are in no transaction.
  enum class Reason : uint8_t {
    ring_full,  ///< no record told of them
    not_read,   ///< they were not copied, or came after such bytes and before it was known where the next request begins
  };

  void add_requests(ServiceId service, uint64_t n) {
    if (n > 0) requests_[service] += n;
  }
  void add_bytes(ServiceId service, Role role, Direction direction, Reason reason, uint64_t n) {
    if (n > 0) bytes_[{service, role, direction, reason}] += n;
  }
  void forget(ServiceId service) {
    requests_.erase(service);
    std::erase_if(bytes_, [&](const auto& entry) { return std::get<ServiceId>(entry.first) == service; });
  }
  /// Calls `visit(service, n)`.
  template <typename Visit>
  void for_each_request_count(Visit visit) const {
    for (const auto& [service, n] : requests_) visit(service, n);
  }
  /// Calls `visit(service, role, direction, reason, n)`.
  template <typename Visit>
  void for_each_byte_count(Visit visit) const {
    for (const auto& [key, n] : bytes_)
      visit(std::get<ServiceId>(key), std::get<Role>(key), std::get<Direction>(key), std::get<Reason>(key), n);
  }

 private:
  std::map<ServiceId, uint64_t> requests_;
  std::map<std::tuple<ServiceId, Role, Direction, Reason>, uint64_t> bytes_;
};

constexpr std::string_view to_string(LossAccount::Reason reason) {
  return reason == LossAccount::Reason::ring_full ? "ring_full" : "not_read";
}

}  // namespace sockwatch
