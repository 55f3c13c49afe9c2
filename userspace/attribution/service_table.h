// The services' names and numbers, and how many living processes each has. One thread.
#pragma once

#include <cstdint>
#include <optional>
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
  static constexpr size_t kMaxUsers = 8;  ///< of one service that are told apart

  /// Room for `most` names besides "unknown" and "_overflow". The last quarter of it is for users who have less than the others.
  explicit ServiceTable(uint32_t most);

  /// The service of that name, which need not be clean; kUnknown for a name of which nothing is left, kOverflow for one that there is no
  /// room for. `user`: whose programs are called so, as far as that is known; names of nobody have no part that they must keep to.
  ServiceId intern(std::string_view name, std::optional<uint32_t> user = {});
  /// The service is no longer known: its number and its room are for another name. Nobody may hold the number any more.
  void release(ServiceId service);
  std::string_view name(ServiceId service) const { return services_[service].name; }
  uint32_t count() const { return static_cast<uint32_t>(services_.size()); }

  /// The service has one more process of the user (nothing: not known), or one less since `now_ns`.
  void add_process(ServiceId service, std::optional<uint32_t> user);
  void remove_process(ServiceId service, std::optional<uint32_t> user, uint64_t now_ns);
  /// How many users its processes have, up to kMaxUsers.
  size_t users(ServiceId service) const { return services_[service].users.size(); }
  /// When its last process went; 0 while one lives or where none was ever known.
  uint64_t gone_since_ns(ServiceId service) const { return services_[service].gone_since_ns; }

  /// Whether a name would find room, of whomever it is.
  bool has_room() const { return !released_.empty() || services_.size() < most_; }

  /// Names that there was no room for.
  uint64_t overflowed() const { return overflowed_; }
  /// Names longer than kMaxServiceName.
  uint64_t shortened() const { return shortened_; }

 private:
  using Users = std::vector<std::pair<uint32_t, uint32_t>>;
  struct Service {
    std::string name;
    uint32_t processes = 0;
    uint64_t gone_since_ns = 0;
    Users users = {};  ///< and how many processes each has; the first kMaxUsers
    std::optional<uint32_t> owner = {};  ///< the user whose name it was first
  };

  bool keeps_to_part(std::optional<uint32_t> user) const;
  static Users::iterator find_user(Service& service, uint32_t user);

  const size_t most_;
  std::vector<Service> services_;
  std::unordered_map<std::string, ServiceId> ids_;
  std::vector<ServiceId> released_;
  std::unordered_map<uint32_t, size_t> owned_;  ///< names by user
  uint64_t overflowed_ = 0;
  uint64_t shortened_ = 0;
};

}  // namespace sockwatch
