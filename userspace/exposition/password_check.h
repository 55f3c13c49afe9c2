// Basic authentication (RFC 7617): what a client says, whether it is right, and a memory of what was right
// before.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sockwatch {

struct BasicCredentials {
  std::string user;
  std::string password;
};

/// The value of an Authorization field; nothing for other schemes and for what is malformed.
std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization);

using PasswordHashes = std::map<std::string, std::string>;  ///< user to bcrypt hash

/// Takes as long as bcrypt does, tens of milliseconds and more; for a user that does not exist as long as for
/// the one whose hash costs most. Any thread.
bool password_matches(const PasswordHashes& users, const BasicCredentials& credentials);

/// Credentials that were right, so that not every scrape pays for bcrypt. Holds digests under a key of its
/// own, never a password. A user whose hash has changed is unknown again. One thread's.
class KnownCredentials {
 public:
  using Digest = std::array<uint8_t, 32>;

  KnownCredentials();
  Digest digest(const PasswordHashes& users, const BasicCredentials& credentials) const;
  bool contains(const Digest& digest) const { return digests_.contains(digest); }
  void remember(const Digest& digest);

 private:
  static constexpr size_t kMost = 1024;
  std::array<uint8_t, 32> key_{};
  std::set<Digest> digests_;
};

}  // namespace sockwatch
