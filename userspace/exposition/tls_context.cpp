#include "exposition/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace sockwatch {
namespace {

constexpr size_t kMaxPemBytes = 1024 * 1024;
/// For TLS 1.2 where the file names none: forward secrecy and authenticated encryption only.
constexpr const char* kDefaultCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

using BioPtr = std::unique_ptr<BIO, int (*)(BIO*)>;
using X509Ptr = std::unique_ptr<X509, void (*)(X509*)>;

std::string library_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "it cannot be used" : reason;
}

/// The PEM text, and what messages call it.
struct Pem {
  std::string text;
  std::string name;
};

Result<Pem> read_pem(const PemSource& source, const std::string& key) {
  if (source.file.empty()) return Pem{source.text, "tls_server_config." + key};
  Pem pem{std::string(kMaxPemBytes + 1, '\0'), "tls_server_config." + key + "_file: " + source.file};
  std::ifstream file(source.file, std::ios::binary);
  if (file) file.read(pem.text.data(), static_cast<std::streamsize>(pem.text.size()));
  if (!file.is_open() || file.bad()) return Error{pem.name + ": " + std::strerror(errno)};
  pem.text.resize(static_cast<size_t>(file.gcount()));
  if (pem.text.size() > kMaxPemBytes) return Error{pem.name + ": it is longer than 1 MiB"};
  return pem;
}

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
}

X509Ptr next_certificate(BIO* bio) {
  return X509Ptr(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
}

/// A key that wants a password is refused rather than asked about on the terminal.
int no_password(char*, int, int, void*) { return -1; }

/// The protocol is HTTP/1.1 or none.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ":") + part;
  return out;
}

int protocol_number(TlsVersion version) {
  return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

}  // namespace

TlsContext::TlsContext(SSL_CTX* context, const TlsServerConfig& config)
    : context_(context, SSL_CTX_free),
      verify_chain_(config.client_auth == ClientAuth::verify_if_given ||
                    config.client_auth == ClientAuth::require_and_verify),
      allowed_sans_(config.client_allowed_sans) {}

Result<std::shared_ptr<const TlsContext>> TlsContext::create(const TlsServerConfig& config) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> self(new TlsContext(SSL_CTX_new(TLS_server_method()), config));
  SSL_CTX* context = self->context_.get();
  if (context == nullptr) return Error{"cannot set up TLS: " + library_error()};
  SSL_CTX_set_min_proto_version(context, protocol_number(config.min_version));
  SSL_CTX_set_max_proto_version(context, protocol_number(config.max_version));
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  if (config.prefer_server_cipher_suites) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // A resumed session would skip the client's certificate, whatever has become of it.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (Result<> chosen = self->choose_algorithms(config); !chosen) return chosen.error();
  if (Result<> loaded = self->load(config); !loaded) return loaded.error();
  self->ask_for_certificate(config);
  return std::shared_ptr<const TlsContext>(std::move(self));
}

Result<> TlsContext::choose_algorithms(const TlsServerConfig& config) {
  std::vector<std::string> older;  // those of TLS 1.3 are not to be chosen, as in Go
  for (const std::string& name : config.cipher_suites) {
    if (name.find("_WITH_") != std::string::npos) older.emplace_back(OPENSSL_cipher_name(name.c_str()));
  }
  if (!config.cipher_suites.empty() && older.empty()) {
    if (config.max_version == TlsVersion::tls12)
      return Error{"tls_server_config.cipher_suites: none is of TLS 1.2"};
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
  } else if (SSL_CTX_set_cipher_list(context_.get(), older.empty() ? kDefaultCiphers : join(older).c_str()) !=
             1) {
    return Error{"tls_server_config.cipher_suites: " + library_error()};
  }
  if (!config.curve_preferences.empty() &&
      SSL_CTX_set1_groups_list(context_.get(), join(config.curve_preferences).c_str()) != 1) {
    return Error{"tls_server_config.curve_preferences: " + library_error()};
  }
  return {};
}

Result<> TlsContext::load(const TlsServerConfig& config) {
  const auto certificate = read_pem(config.certificate, "cert");
  if (!certificate) return certificate.error();
  const BioPtr chain = bio_of(certificate.value().text);
  const X509Ptr leaf = next_certificate(chain.get());
  if (!leaf || SSL_CTX_use_certificate(context_.get(), leaf.get()) != 1) {
    return Error{certificate.value().name + ": expected a certificate in PEM: " + library_error()};
  }
  while (const X509Ptr next = next_certificate(chain.get()))
    SSL_CTX_add1_chain_cert(context_.get(), next.get());
  ERR_clear_error();  // the chain ends where none follows

  auto key = read_pem(config.key, "key");
  if (!key) return key.error();
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> private_key(
      PEM_read_bio_PrivateKey(bio_of(key.value().text).get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  OPENSSL_cleanse(key.value().text.data(), key.value().text.size());
  if (!private_key)
    return Error{key.value().name + ": expected a private key in PEM without a password: " + library_error()};
  if (SSL_CTX_use_PrivateKey(context_.get(), private_key.get()) != 1) {
    return Error{key.value().name + ": the key does not belong to the certificate: " + library_error()};
  }

  if (config.client_ca.empty()) return {};
  const auto authorities = read_pem(config.client_ca, "client_ca");
  if (!authorities) return authorities.error();
  const BioPtr bio = bio_of(authorities.value().text);
  size_t count = 0;
  while (const X509Ptr authority = next_certificate(bio.get())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.get());
    SSL_CTX_add_client_CA(context_.get(), authority.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return Error{authorities.value().name + ": expected at least one certificate in PEM"};
  return {};
}

void TlsContext::ask_for_certificate(const TlsServerConfig& config) {
  int mode = config.client_auth == ClientAuth::none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  if (config.client_auth == ClientAuth::require_any || config.client_auth == ClientAuth::require_and_verify) {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  SSL_CTX_set_verify(context_.get(), mode, nullptr);
  SSL_CTX_set_cert_verify_callback(context_.get(), judge_client, this);
}

int TlsContext::judge_client(X509_STORE_CTX* store, void* self_pointer) {
  const auto* self = static_cast<const TlsContext*>(self_pointer);
  if (self->verify_chain_ && X509_verify_cert(store) != 1) return 0;
  if (self->allowed_sans_) {
    const auto names = alternative_names(X509_STORE_CTX_get0_cert(store));
    const bool allowed = std::ranges::any_of(names, [&](const std::string& name) {
      return std::ranges::find(*self->allowed_sans_, name) != self->allowed_sans_->end();
    });
    if (!allowed) {
      X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
      return 0;
    }
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

std::unique_ptr<SSL, void (*)(SSL*)> TlsContext::accept(int socket) const {
  std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context_.get()), SSL_free);
  if (session) {
    if (SSL_set_fd(session.get(), socket) != 1) return {nullptr, SSL_free};
    SSL_set_accept_state(session.get());
  }
  return session;
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> out;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_URI && type != GEN_IPADD) continue;
    const auto* bytes = static_cast<const ASN1_STRING*>(value);
    const auto* data = ASN1_STRING_get0_data(bytes);
    const auto size = static_cast<size_t>(ASN1_STRING_length(bytes));
    if (type == GEN_IPADD) {
      char text[INET6_ADDRSTRLEN] = {};
      if (size != 4 && size != 16) continue;
      ::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof text);
      out.emplace_back(text);
    } else {
      // With its length: a NUL within it makes it another name, not a shorter one.
      out.emplace_back(reinterpret_cast<const char*>(data), size);
    }
  }
  return out;
}

}  // namespace sockwatch
