// TLS for the metrics endpoint: an OpenSSL context as the web configuration file asks for it.
//
// Immutable once made; shared by the connections that began under it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "config/web_config_file.h"
#include "util/result.h"

namespace sockwatch {

class TlsContext {
 public:
  /// Reads the certificate, the key and the authorities. The error tells which could not be used, and why.
  static Result<std::shared_ptr<const TlsContext>> create(const TlsServerConfig& config);

  /// The server's side of a connection on a non-blocking socket, which it does not own.
  std::unique_ptr<SSL, void (*)(SSL*)> accept(int socket) const;

 private:
  TlsContext(SSL_CTX* context, const TlsServerConfig& config);
  Result<> load(const TlsServerConfig& config);
  Result<> choose_algorithms(const TlsServerConfig& config);
  void ask_for_certificate(const TlsServerConfig& config);
  static int judge_client(X509_STORE_CTX* store, void* self);

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  bool verify_chain_ = false;
  std::optional<std::vector<std::string>> allowed_sans_;
};

/// Every DNS name, e-mail address, IP address and URI among the certificate's alternative names.
std::vector<std::string> alternative_names(const X509* certificate);

}  // namespace sockwatch
