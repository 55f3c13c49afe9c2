#include "exposition/transport.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace sockwatch {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// Records of TLS sent in one go: OpenSSL takes 16 KiB at a time, and a poll for each would be slow.
constexpr int kRecordsPerWrite = 16;

}  // namespace

Transport::Transport(Fd socket, std::shared_ptr<const TlsContext> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)), session_(nullptr, SSL_free) {
  if (tls_) session_ = tls_->accept(socket_.get());
}

Transport::Progress Transport::judge(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE:
      return Progress::done;
    case SSL_ERROR_WANT_READ:
      wanted_ = POLLIN;
      return Progress::blocked;
    case SSL_ERROR_WANT_WRITE:
      wanted_ = POLLOUT;
      return Progress::blocked;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::end;
    default:
      failed_ = true;
      ERR_clear_error();
      return Progress::failed;
  }
}

Transport::Progress Transport::handshake() {
  if (!tls_) return Progress::done;
  if (!session_) return Progress::failed;
  wanted_.reset();
  ERR_clear_error();
  return judge(SSL_do_handshake(session_.get()));
}

Transport::Progress Transport::read(char* buffer, size_t size, size_t& got) {
  got = 0;
  wanted_.reset();
  if (tls_) {
    ERR_clear_error();
    return judge(SSL_read_ex(session_.get(), buffer, size, &got));
  }
  const ssize_t result = ::recv(socket_.get(), buffer, size, 0);
  if (result > 0) {
    got = static_cast<size_t>(result);
    return Progress::done;
  }
  if (result == 0) return Progress::end;
  return would_block() ? Progress::blocked : Progress::failed;
}

Transport::Progress Transport::write(std::string_view bytes, bool more, size_t& wrote) {
  wrote = 0;
  wanted_.reset();
  if (!tls_) {
    const ssize_t result =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (result < 0) return would_block() ? Progress::blocked : Progress::failed;
    wrote = static_cast<size_t>(result);
    return Progress::done;
  }
  for (int i = 0; i < kRecordsPerWrite && wrote < bytes.size(); ++i) {
    size_t taken = 0;
    ERR_clear_error();
    const Progress progress =
        judge(SSL_write_ex(session_.get(), bytes.data() + wrote, bytes.size() - wrote, &taken));
    if (progress != Progress::done)
      return wrote > 0 && progress == Progress::blocked ? Progress::done : progress;
    wrote += taken;
  }
  return Progress::done;
}

bool Transport::has_buffered() const { return tls_ && SSL_pending(session_.get()) > 0; }

void Transport::finish_sending() {
  if (tls_ && !failed_ && SSL_is_init_finished(session_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(session_.get());  // if there is room for it; nobody waits for the answer
    ERR_clear_error();
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace sockwatch
