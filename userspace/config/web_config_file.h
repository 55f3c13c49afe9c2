// The file of --web.config.file: TLS, users and header fields of the metrics endpoint, in the format of
// Prometheus' exporter-toolkit (docs/security.md lists what differs).
//
// A plain struct, as the file says it: certificates are not read here. Paths are relative to the file's
// folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace sockwatch {

/// What is asked of a client's certificate, as Go's crypto/tls names it.
enum class ClientAuth : uint8_t {
  none,                ///< NoClientCert
  request,             ///< RequestClientCert: asked for, neither required nor verified
  require_any,         ///< RequireAnyClientCert: required, not verified
  verify_if_given,     ///< VerifyClientCertIfGiven
  require_and_verify,  ///< RequireAndVerifyClientCert
};

/// A file, or the PEM text itself.
struct PemSource {
  std::string file;
  std::string text;
  bool empty() const { return file.empty() && text.empty(); }
};

enum class TlsVersion : uint8_t { tls12, tls13 };

struct TlsServerConfig {
  PemSource certificate, key, client_ca;
  ClientAuth client_auth = ClientAuth::none;
  std::optional<std::vector<std::string>> client_allowed_sans;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites;  ///< by the names of IANA; empty: the library's modern ones
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> curve_preferences;  ///< by OpenSSL's names
};

struct WebConfigFile {
  std::optional<TlsServerConfig> tls;          ///< none: plain HTTP
  bool asks_for_http2 = false;                 ///< said so in as many words; HTTP/1.1 is spoken all the same
  std::map<std::string, std::string> headers;  ///< added to every response
  std::map<std::string, std::string> users;    ///< name to bcrypt hash; empty: everybody
};

inline constexpr size_t kMaxWebConfigBytes = 1024 * 1024;

/// Everything that is wrong, one line each: "FILE:LINE: KEY: what was expected". No secret is ever part of
/// it.
Result<WebConfigFile> load_web_config_file(const std::string& path);

/// The same from memory; `path` is what messages call it, and its folder is where relative paths begin.
Result<WebConfigFile> parse_web_config_file(std::string_view yaml, const std::string& path);

}  // namespace sockwatch
