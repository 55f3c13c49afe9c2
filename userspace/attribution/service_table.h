// The services' names and numbers, and how many living processes each has. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sockwatch {

/// A service's small number, dense from 0; its name does not change until the service is released.
using ServiceId = uint32_t;

class ServiceTable {
 public:
  static constexpr ServiceId kUnknown = 0;
  static constexpr ServiceId kOverflow = 1;

  /// Room for `most` names besides "unknown" and "_overflow".
  explicit ServiceTable(uint32_t most);

  /// The service of that name, which need not be clean; kUnknown for a name of which nothing is left,
  /// kOverflow for one that there is no room for.
  ServiceId intern(std::string_view name);
  /// The service is no longer known: its number and its room are for another name. Nobody may hold the number any more.
  void release(ServiceId service);
  std::string_view name(ServiceId service) const { return services_[service].name; }
  uint32_t count() const { return static_cast<uint32_t>(services_.size()); }

  /// The service has one more process, or one less since `now_ns`.
  void add_process(ServiceId service);
  void remove_process(ServiceId service, uint64_t now_ns);
  /// When its last process went; 0 while one lives or where none was ever known.
  uint64_t gone_since_ns(ServiceId service) const { return services_[service].gone_since_ns; }

  /// Names that there was no room for.
  uint64_t overflowed() const { return overflowed_; }
  /// Names longer than kMaxServiceName.
  uint64_t shortened() const { return shortened_; }

 private:
  struct Service {
    std::string name;
    uint32_t processes = 0;
    uint64_t gone_since_ns = 0;
  };

  const size_t most_;
  std::vector<Service> services_;
  std::unordered_map<std::string, ServiceId> ids_;
  std::vector<ServiceId> released_;
  uint64_t overflowed_ = 0;
  uint64_t shortened_ = 0;
};

}  // namespace sockwatch
