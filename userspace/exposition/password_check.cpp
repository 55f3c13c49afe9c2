#include "exposition/password_check.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "exposition/field_value.h"

namespace sockwatch {
namespace {

constexpr size_t kCostOffset = 4;  // in "$2y$10$..."
/// Nobody's: what is checked for a user that does not exist, with a cost put in.
constexpr std::string_view kNobodysHash = "$2y$10$......................vVrPOJJrCfAQX2pTCyVBDQYlrF0LfTi";

/// Base64 of RFC 4648 with its padding, nothing else.
std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t digits = std::min(text.find_first_not_of(alphabet), text.size());
  const size_t padding = text.size() - digits;
  if (text.empty() || text.size() % 4 != 0 || padding > 2 ||
      text.find_first_not_of('=', digits) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(out.size() - padding);
  return out;
}

std::string decoy(const PasswordHashes& users) {
  std::string hash(kNobodysHash);
  std::string cost = "04";
  for (const auto& [user, other] : users) cost = std::max(cost, other.substr(kCostOffset, 2));
  return hash.replace(kCostOffset, 2, cost);
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  const auto decoded = decode_base64(trim(authorization.substr(scheme.size())));
  if (!decoded) return std::nullopt;
  const size_t colon = decoded->find(':');
  // crypt_r would take a NUL for the password's end, and what begins with a right one for right.
  if (colon == std::string::npos || decoded->find('\0') != std::string::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

bool password_matches(const PasswordHashes& users, const BasicCredentials& credentials) {
  const auto user = users.find(credentials.user);
  const bool exists = user != users.end();
  const std::string hash = exists ? user->second : decoy(users);
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* result = ::crypt_r(credentials.password.c_str(), hash.c_str(), data.get());
  const bool equal = result != nullptr && std::string_view(result).size() == hash.size() &&
                     CRYPTO_memcmp(result, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof *data);
  return exists && equal;
}

KnownCredentials::KnownCredentials() {
  // A key of zeros, should the system have no random bytes, still gives digests that nobody sees.
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) key_ = {};
}

KnownCredentials::Digest KnownCredentials::digest(const PasswordHashes& users,
                                                  const BasicCredentials& credentials) const {
  // None of the three holds a NUL, so no two triples make the same text.
  const auto user = users.find(credentials.user);
  std::string text =
      credentials.user + '\0' + (user == users.end() ? "" : user->second) + '\0' + credentials.password;
  Digest out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return out;
}

void KnownCredentials::remember(const Digest& digest) {
  if (digests_.size() >= kMost) digests_.clear();  // there are that many only after many changes of passwords
  digests_.insert(digest);
}

}  // namespace sockwatch
