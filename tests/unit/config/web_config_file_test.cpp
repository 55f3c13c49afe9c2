#include "config/web_config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const std::string kHash = "$2y$10$" + std::string(53, 'a');

WebConfigFile parsed(const std::string& yaml) {
  auto file = parse_web_config_file(yaml, "/etc/sockwatch/web.yml");
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(file).value() : WebConfigFile{};
}

std::string error(const std::string& yaml) {
  const auto file = parse_web_config_file(yaml, "web.yml");
  EXPECT_FALSE(file) << yaml;
  return file ? "" : file.error().message;
}

std::string tls_error(const std::string& keys) {
  return error("tls_server_config: {cert_file: c, key_file: k, " + keys + "}");
}

TEST(WebConfigFile, NothingIsPlainHttpForEverybody) {
  for (const char* yaml :
       {"", "{}", "tls_server_config:\n", "tls_server_config: {cert_file: ''}", "basic_auth_users:"}) {
    const WebConfigFile file = parsed(yaml);
    EXPECT_FALSE(file.tls) << yaml;
    EXPECT_TRUE(file.users.empty());
    EXPECT_TRUE(file.headers.empty());
  }
}

TEST(WebConfigFile, EveryKeyIsRead) {
  const WebConfigFile file = parsed(R"(
tls_server_config:
  cert_file: tls/server.crt
  key_file: /run/keys/server.key
  client_ca: |
    PEM
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [a.example, 192.0.2.1]
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=1
    X-Content-Type-Options: nosniff
    X-Frame-Options: sameorigin
    X-XSS-Protection: ""
    Content-Security-Policy: default-src 'none'
basic_auth_users:
  alice: )" + kHash);
  ASSERT_TRUE(file.tls);
  EXPECT_EQ(file.tls->certificate.file, "/etc/sockwatch/tls/server.crt");
  EXPECT_EQ(file.tls->key.file, "/run/keys/server.key");
  EXPECT_EQ(file.tls->client_ca.text, "PEM\n");
  EXPECT_EQ(file.tls->client_auth, ClientAuth::require_and_verify);
  EXPECT_THAT(*file.tls->client_allowed_sans, ElementsAre("a.example", "192.0.2.1"));
  EXPECT_EQ(file.tls->max_version, TlsVersion::tls12);
  EXPECT_THAT(file.tls->cipher_suites, ElementsAre("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
  EXPECT_FALSE(file.tls->prefer_server_cipher_suites);
  EXPECT_THAT(file.tls->curve_preferences, ElementsAre("X25519", "P-256"));
  EXPECT_TRUE(file.asks_for_http2);
  EXPECT_THAT(file.headers,
              ElementsAre(Pair("Content-Security-Policy", "default-src 'none'"),
                          Pair("Strict-Transport-Security", "max-age=1"),
                          Pair("X-Content-Type-Options", "nosniff"), Pair("X-Frame-Options", "sameorigin")));
  EXPECT_THAT(file.users, ElementsAre(Pair("alice", kHash)));
}

TEST(WebConfigFile, EverythingWrongIsToldAtOnce) {
  const std::string all = error(R"(tls_server_config:
  cert_file: [a]
  clientCAs: b
  client_auth_type: Maybe
  min_version: SSL30
  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
  curve_preferences: X25519
  prefer_server_cipher_suites: 1
http_server_config:
  http2: maybe
  headers: {Server: me, X-Frame-Options: allow}
basic_auth_users: {a: secret, "b:c": x, d: [1]}
rate_limit: {burst: 1}
web: {}
)");
  for (const char* line :
       {":2: tls_server_config.cert_file: expected a file, got a list",
        ":3: tls_server_config.clientCAs: unknown key",
        ":4: tls_server_config.client_auth_type: expected one of NoClientCert",
        ":5: tls_server_config.min_version", ":6: tls_server_config.cipher_suites[0]",
        ":7: tls_server_config.curve_preferences: expected a list",
        ":8: tls_server_config.prefer_server_cipher_suites: expected true or false",
        ":10: http_server_config.http2", ":11: http_server_config.headers.Server: unknown key",
        ":11: http_server_config.headers.X-Frame-Options", ":12: basic_auth_users.a: expected a bcrypt hash",
        ":12: basic_auth_users: expected a user's name without",
        ":12: basic_auth_users.d: expected a bcrypt hash", ":13: rate_limit: not supported",
        ":14: web: unknown key"}) {
    EXPECT_THAT(all, HasSubstr(line));
  }
  EXPECT_THAT(all, Not(HasSubstr("secret")));
}

TEST(WebConfigFile, WhatDoesNotGoTogether) {
  EXPECT_THAT(error("tls_server_config: {key_file: k}"), HasSubstr("expected cert_file or cert"));
  EXPECT_THAT(error("tls_server_config: {cert_file: c}"), HasSubstr("expected key_file or key"));
  EXPECT_THAT(tls_error("cert: x"), HasSubstr("got both"));
  EXPECT_THAT(tls_error("client_ca_file: a"), HasSubstr("client_auth_type that asks"));
  EXPECT_THAT(tls_error("client_auth_type: RequireAndVerifyClientCert"),
              HasSubstr("expected client_ca_file"));
  EXPECT_THAT(tls_error("client_allowed_sans: [a]"), HasSubstr("RequireAnyClientCert or"));
  EXPECT_THAT(
      tls_error("client_ca_file: a, client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: []"),
      HasSubstr("RequireAnyClientCert or"));
  EXPECT_THAT(tls_error("min_version: TLS13, max_version: TLS12"), HasSubstr("no higher than"));
  EXPECT_THAT(tls_error("min_version: TLS11"), HasSubstr("not spoken here"));
}

TEST(WebConfigFile, HashesThatAreNone) {
  for (std::string hash :
       {std::string("plain"), kHash + "a", kHash.substr(1), "$1$" + kHash, "$2x$10$" + kHash.substr(7),
        "$2y$03$" + kHash.substr(7), "$2y$19$" + kHash.substr(7), "$2y$10$" + std::string(53, '!')}) {
    EXPECT_THAT(error("basic_auth_users: {u: '" + hash + "'}"), Not(HasSubstr("aaaaaaaa"))) << hash;
  }
  parsed("basic_auth_users: {u: $2b$04$" + kHash.substr(7) + "}");
  EXPECT_THAT(error("basic_auth_users: {u: " + kHash + ", u: " + kHash + "}"), HasSubstr("second time"));
}

}  // namespace
}  // namespace sockwatch
