// The bytes of one client's connection, in the clear or through TLS. Never blocks.
//
// One thread's. After a call that could not go on, wanted() tells what to poll for.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string_view>

#include "exposition/tls_context.h"
#include "util/fd.h"

namespace sockwatch {

class Transport {
 public:
  enum class Progress { done, blocked, end, failed };

  /// Without `tls` the bytes are in the clear.
  Transport(Fd socket, std::shared_ptr<const TlsContext> tls);

  int fd() const { return socket_.get(); }
  bool encrypted() const { return tls_ != nullptr; }

  /// `done` once the client may send its request; at once in the clear.
  Progress handshake();
  /// `done`: `got` bytes are in `buffer`, at least one.
  Progress read(char* buffer, size_t size, size_t& got);
  /// `done`: `wrote` bytes have been taken, at least one. `more` will follow at once: they may wait for it.
  Progress write(std::string_view bytes, bool more, size_t& wrote);
  /// Whether read() has bytes to give that poll() knows nothing of.
  bool has_buffered() const;
  /// What the last call that was blocked waits for (POLLIN or POLLOUT); `otherwise` if none was.
  short wanted(short otherwise) const { return wanted_.value_or(otherwise); }
  /// Says that nothing more will be sent.
  void finish_sending();

 private:
  Progress judge(int result);

  Fd socket_;
  std::shared_ptr<const TlsContext> tls_;  ///< before the session, which uses it
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
  std::optional<short> wanted_;
  bool failed_ = false;  ///< the session is beyond repair, and must not say good-bye
};

}  // namespace sockwatch
