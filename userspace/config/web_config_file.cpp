#include "config/web_config_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "config/values.h"
#include "config/yaml_reader.h"

namespace sockwatch {
namespace {

using Node = YAML::Node;
using Path = std::string;

/// Beyond it one check takes many seconds; Prometheus' documentation ends there too.
constexpr uint64_t kMaxBcryptCost = 18;

template <typename T, size_t N>
Result<T> one_of(const std::array<std::pair<std::string_view, T>, N>& words, const std::string& text) {
  std::string names;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    names += (names.empty() ? "" : ", ") + std::string(word);
  }
  return Error{"expected one of " + names + ", got \"" + text + "\""};
}

Result<ClientAuth> parse_client_auth(const std::string& text) {
  if (text.empty()) return ClientAuth::none;
  if (text == "RequireClientCert") return ClientAuth::require_any;  // its old name
  return one_of<ClientAuth, 5>({{{"NoClientCert", ClientAuth::none},
                                 {"RequestClientCert", ClientAuth::request},
                                 {"RequireAnyClientCert", ClientAuth::require_any},
                                 {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
                                 {"RequireAndVerifyClientCert", ClientAuth::require_and_verify}}},
                               text);
}

Result<TlsVersion> parse_tls_version(const std::string& text) {
  if (text == "TLS10" || text == "TLS11") {
    return Error{"expected TLS12 or TLS13; " + text + " is broken and not spoken here"};
  }
  return one_of<TlsVersion, 2>({{{"TLS12", TlsVersion::tls12}, {"TLS13", TlsVersion::tls13}}}, text);
}

/// Those that Go's crypto/tls.CipherSuites names.
Result<std::string> parse_cipher(const std::string& text) {
  static constexpr std::string_view known[] = {
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
      "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
      "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  };
  if (std::ranges::find(known, text) != std::end(known)) return text;
  return Error{"expected a cipher suite such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, got \"" + text + "\""};
}

Result<std::string> parse_curve(const std::string& text) {
  return one_of<std::string, 4>(
      {{{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}}, text);
}

Result<bool> parse_bool(const std::string& text) {
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (text == word) return true;
  }
  for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (text == word) return false;
  }
  return Error{"expected true or false, got \"" + text + "\""};
}

/// The error does not tell the hash.
Result<> check_bcrypt(std::string_view hash) {
  constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const Error error{"expected a bcrypt hash such as \"$2y$10$...\" (60 characters)"};
  if (hash.size() != 60 || hash.find_first_not_of(alphabet, 7) != std::string_view::npos) return error;
  const std::string_view version = hash.substr(0, 4);
  if ((version != "$2a$" && version != "$2b$" && version != "$2y$") || hash[6] != '$') return error;
  if (!parse_number(hash.substr(4, 2), 4, kMaxBcryptCost)) {
    return Error{"expected a bcrypt hash of a cost from 04 to 18"};
  }
  return {};
}

class WebConfigReader {
 public:
  WebConfigReader(YamlReader& yaml, std::string folder, WebConfigFile& out)
      : yaml_(yaml), folder_(std::move(folder)), out_(out) {}

  void read(const Node& document) {
    yaml_.read_map(document, "",
                   {{"tls_server_config", [this](auto& n, auto& p) { read_tls(n, p); }},
                    {"http_server_config", [this](auto& n, auto& p) { read_http(n, p); }},
                    {"basic_auth_users", [this](auto& n, auto& p) { read_users(n, p); }},
                    {"rate_limit", [this](auto& n, auto& p) {
                       yaml_.report(n, p,
                                    "not supported here; --web.max-requests bounds what is answered at once");
                     }}});
  }

 private:
  void read_tls(const Node& node, const Path& path) {
    TlsServerConfig tls;
    const size_t reports_before = yaml_.report_count();
    bool auth_given = false;
    yaml_.read_map(node, path,
                   {{"cert", text(tls.certificate.text, "a certificate in PEM")},
                    {"key", text(tls.key.text, "a key in PEM")},
                    {"client_ca", text(tls.client_ca.text, "a certificate in PEM")},
                    {"cert_file", file(tls.certificate.file)},
                    {"key_file", file(tls.key.file)},
                    {"client_ca_file", file(tls.client_ca.file)},
                    {"client_auth_type",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "a policy such as RequireAndVerifyClientCert", tls.client_auth,
                                        parse_client_auth);
                       auth_given = n.IsScalar() && !n.Scalar().empty();
                     }},
                    {"client_allowed_sans",
                     [&](auto& n, auto& p) {
                       tls.client_allowed_sans.emplace();
                       yaml_.read_list(n, p, [&](auto& e, auto& ep) {
                         if (const std::string* name = yaml_.scalar(e, ep, "a name"))
                           tls.client_allowed_sans->push_back(*name);
                       });
                     }},
                    {"min_version",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "TLS12 or TLS13", tls.min_version, parse_tls_version);
                     }},
                    {"max_version",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "TLS12 or TLS13", tls.max_version, parse_tls_version);
                     }},
                    {"cipher_suites", names(tls.cipher_suites, parse_cipher)},
                    {"prefer_server_cipher_suites", flag(tls.prefer_server_cipher_suites)},
                    {"curve_preferences", names(tls.curve_preferences, parse_curve)}});
    if (yaml_.report_count() != reports_before) return;
    const bool enabled = !tls.certificate.empty() || !tls.key.empty() || !tls.client_ca.empty() ||
                         auth_given || tls.client_allowed_sans;
    if (!enabled) return;
    check_tls(node, path, tls);
    out_.tls = std::move(tls);
  }

  void check_tls(const Node& node, const Path& path, const TlsServerConfig& tls) {
    const auto report = [&](const char* what) { yaml_.report(node, path, what); };
    if (tls.certificate.empty()) report("expected cert_file or cert");
    if (tls.key.empty()) report("expected key_file or key");
    const auto both = [](const PemSource& source) { return !source.file.empty() && !source.text.empty(); };
    if (both(tls.certificate)) report("expected cert_file or cert, got both");
    if (both(tls.key)) report("expected key_file or key, got both");
    if (both(tls.client_ca)) report("expected client_ca_file or client_ca, got both");
    if (tls.min_version > tls.max_version) report("expected a min_version no higher than max_version");
    const bool verifies =
        tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
    if (tls.client_auth == ClientAuth::none && !tls.client_ca.empty()) {
      report("expected a client_auth_type that asks for certificates, as there is a client_ca");
    }
    if (verifies && tls.client_ca.empty()) {
      report(
          "expected client_ca_file or client_ca: without it whomever the public authorities know could come "
          "in");
    }
    if (tls.client_allowed_sans && tls.client_auth != ClientAuth::require_any &&
        tls.client_auth != ClientAuth::require_and_verify) {
      report(
          "client_allowed_sans: expected client_auth_type RequireAnyClientCert or "
          "RequireAndVerifyClientCert");
    }
  }

  void read_http(const Node& node, const Path& path) {
    yaml_.read_map(node, path,
                   {{"http2", flag(out_.asks_for_http2)},
                    {"headers", [this](auto& n, auto& p) {
                       yaml_.read_map(n, p,
                                      {{"Strict-Transport-Security", header()},
                                       {"X-Content-Type-Options", header({"nosniff"})},
                                       {"X-Frame-Options", header({"deny", "sameorigin"})},
                                       {"X-XSS-Protection", header()},
                                       {"Content-Security-Policy", header()}});
                     }}});
  }

  std::function<void(const Node&, const Path&)> header(std::vector<std::string_view> allowed = {}) {
    return [this, allowed = std::move(allowed)](const Node& node, const Path& path) {
      const std::string* value = yaml_.scalar(node, path, "the field's value");
      if (value == nullptr || value->empty()) return;
      const bool printable = std::ranges::all_of(*value, [](char c) { return c >= ' ' && c <= '~'; });
      if (!printable) return yaml_.report(node, path, "expected printable ASCII on one line");
      if (!allowed.empty() && std::ranges::find(allowed, *value) == allowed.end()) {
        std::string words;
        for (const std::string_view word : allowed)
          words += (words.empty() ? "" : " or ") + std::string(word);
        return yaml_.report(node, path, "expected " + words + ", got \"" + *value + "\"");
      }
      out_.headers[path.substr(path.rfind('.') + 1)] = *value;
    };
  }

  void read_users(const Node& node, const Path& path) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return yaml_.report(node, path, "expected a map of users' names to bcrypt hashes");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        yaml_.report(entry.first, path, "expected a user's name");
        continue;
      }
      const std::string& user = entry.first.Scalar();
      const Path user_path = path + "." + user;
      if (user.empty() || user.find_first_of(std::string_view(":\0", 2)) != std::string::npos) {
        yaml_.report(entry.first, path, "expected a user's name without \":\"");
        continue;
      }
      if (!entry.second.IsScalar()) {
        yaml_.report(entry.second, user_path, "expected a bcrypt hash");
        continue;
      }
      if (const Result<> checked = check_bcrypt(entry.second.Scalar()); !checked) {
        yaml_.report(entry.second, user_path, checked.error().message);
      } else if (!out_.users.emplace(user, entry.second.Scalar()).second) {
        yaml_.report(entry.first, user_path, "the user stands here for the second time; expected it once");
      }
    }
  }

  std::function<void(const Node&, const Path&)> text(std::string& target, std::string_view expected) {
    return [this, &target, expected](const Node& node, const Path& path) {
      if (const std::string* value = yaml_.scalar(node, path, expected)) target = *value;
    };
  }

  std::function<void(const Node&, const Path&)> file(std::string& target) {
    return [this, &target](const Node& node, const Path& path) {
      const std::string* value = yaml_.scalar(node, path, "a file");
      if (value != nullptr && !value->empty()) target = std::filesystem::path(folder_) / *value;
    };
  }

  std::function<void(const Node&, const Path&)> flag(bool& target) {
    return [this, &target](const Node& node, const Path& path) {
      yaml_.read_value(node, path, "true or false", target, parse_bool);
    };
  }

  std::function<void(const Node&, const Path&)> names(std::vector<std::string>& target,
                                                      Result<std::string> (*parse)(const std::string&)) {
    return [this, &target, parse](const Node& node, const Path& path) {
      yaml_.read_list(node, path, [&](auto& e, auto& ep) {
        yaml_.read_value(e, ep, "a name", target.emplace_back(), parse);
      });
    };
  }

  YamlReader& yaml_;
  const std::string folder_;
  WebConfigFile& out_;
};

}  // namespace

Result<WebConfigFile> parse_web_config_file(std::string_view yaml, const std::string& path) {
  WebConfigFile out;
  YamlReader reader(path);
  try {
    WebConfigReader(reader, std::filesystem::path(path).parent_path(), out).read(reader.load(yaml));
  } catch (const YAML::Exception& exception) {  // yaml-cpp throws on what is no YAML
    reader.report_at(exception.mark.line + 1, "not YAML: " + exception.msg);
  }
  std::string errors = reader.errors();
  if (!errors.empty()) return Error{std::move(errors)};
  return out;
}

Result<WebConfigFile> load_web_config_file(const std::string& path) {
  const auto fail = [&] { return Error{"cannot read " + path + ": " + std::strerror(errno)}; };
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail();
  std::string text(kMaxWebConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail();
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxWebConfigBytes) return Error{"cannot read " + path + ": it is longer than 1 MiB"};
  return parse_web_config_file(text, path);
}

}  // namespace sockwatch
