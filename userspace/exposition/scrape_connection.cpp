#include "exposition/scrape_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sockwatch {
namespace {

constexpr size_t kReadBytes = 4096;

using Progress = Transport::Progress;

}  // namespace

ScrapeConnection::ScrapeConnection(Fd socket, const ServerLimits& limits, RefusalCounts& refusals, Clock::time_point now,
                       std::shared_ptr<const WebAccess> access)
    : access_(std::move(access)),
      transport_(std::move(socket), access_->tls),
      limits_(limits),
      refusals_(refusals),
      state_(transport_.encrypted() ? State::handshaking : State::reading),
      deadline_(now + limits.head_timeout),
      quiet_since_(now) {}

short ScrapeConnection::events() const {
  switch (state_) {
    case State::handshaking:
    case State::reading:
      return transport_.wanted(POLLIN);
    case State::lingering:
      return POLLIN;
    case State::writing:
      return transport_.wanted(POLLOUT);
    case State::answering:
    case State::closed:
      return 0;
  }
  return 0;
}

void ScrapeConnection::on_ready(Clock::time_point now) {
  switch (state_) {
    case State::handshaking:
      shake_hands(now);
      break;
    case State::reading:
      read_some();
      break;
    case State::writing:
      write_some(now);
      break;
    case State::lingering:
      discard_some();
      break;
    case State::answering:
    case State::closed:
      break;
  }
  settle(now);
}

void ScrapeConnection::respond(Response response, Clock::time_point now) {
  send(std::move(response), now);
  settle(now);
}

void ScrapeConnection::on_deadline(Clock::time_point now) {
  switch (state_) {
    case State::handshaking:
      return cut_off(Refusal::tls_timeout);
    case State::reading:
      if (!head_begun_) return close();
      return refuse(Refusal::head_timeout, 408, "The request's head was not complete in time.", now);
    case State::writing:
      return cut_off(Refusal::write_timeout);
    case State::lingering:
      return close();
    case State::answering:
    case State::closed:
      return;
  }
}

void ScrapeConnection::settle(Clock::time_point now) {
  // A loop, not a recursion: one read may hold hundreds of pipelined requests.
  while (state_ == State::reading) {
    if (searched_ < input_.size()) {
      next_head(now);
    } else if (transport_.has_buffered()) {
      read_some();
    } else {
      return;
    }
  }
}

void ScrapeConnection::shake_hands(Clock::time_point now) {
  switch (transport_.handshake()) {
    case Progress::done:
      state_ = State::reading;  // with the deadline that it has: of both together
      return read_some();
    case Progress::blocked:
      return;
    case Progress::end:
    case Progress::failed:
      refusals_.count(Refusal::tls_handshake);
      return let_linger(now);  // TLS has told why by an alert
  }
}

void ScrapeConnection::read_some() {
  char buffer[kReadBytes];
  const size_t room = std::min(sizeof buffer, limits_.max_head_bytes - input_.size());
  size_t got = 0;
  const Progress progress = transport_.read(buffer, room, got);
  if (progress == Progress::done) {
    input_.append(buffer, got);
  } else if (progress != Progress::blocked) {
    close();  // a client that has gone, or that says no more: half a head is nobody's request
  }
}

void ScrapeConnection::next_head(Clock::time_point now) {
  // Some clients end a request with one empty line too many.
  input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
  if (input_.empty()) {
    searched_ = 0;
    return;
  }
  if (!std::exchange(head_begun_, true)) {
    deadline_ = now + limits_.head_timeout;
    quiet_since_ = now;
  }
  const size_t end = find_head_end(input_, searched_);
  searched_ = input_.size();
  if (end == std::string::npos) {
    if (input_.size() < limits_.max_head_bytes) return;
    return refuse(Refusal::head_too_large, 431, "The request's head is too large.", now);
  }
  auto parsed = parse_head(std::string_view(input_).substr(0, end));
  input_.erase(0, end);
  searched_ = 0;
  ++requests_;
  if (auto* head = std::get_if<RequestHead>(&parsed)) return judge(std::move(*head), now);
  switch (std::get<HeadFault>(parsed)) {
    case HeadFault::malformed:
      return refuse(Refusal::bad_request, 400, "This is not an HTTP request.", now);
    case HeadFault::unsupported_version:
      return refuse(Refusal::bad_request, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.", now);
    case HeadFault::too_many_fields:
      return refuse(Refusal::head_too_large, 431, "The request's head has too many fields.", now);
  }
}

void ScrapeConnection::judge(RequestHead head, Clock::time_point now) {
  close_after_ = head.close || head.has_body || requests_ >= limits_.max_requests;
  if (head.has_body) refusals_.count(Refusal::body_not_allowed);
  const bool known_method =
      head.method == "GET" || head.method == "HEAD" || (head.method == "POST" && head.path == kReloadPath);
  if (known_method && !head.has_body) {
    request_ = std::move(head);
    state_ = State::answering;
    deadline_ = Clock::time_point::max();
    return;
  }
  PlainResponse response{.close = close_after_, .head_only = head.method == "HEAD"};
  if (known_method) {
    response.status = 413;
    response.text = "Requests with a body are not taken here.";
  } else {
    response.status = 405;
    response.text = "Only GET and HEAD are allowed here.";
  }
  send(std::make_shared<const std::string>(to_bytes(response)), now);
}

std::optional<RequestHead> ScrapeConnection::take_request() { return std::exchange(request_, std::nullopt); }

void ScrapeConnection::send(Response response, Clock::time_point now) {
  response_ = std::move(response);
  body_offset_ = find_head_end(*response_);
  head_ = response_->substr(0, body_offset_);
  head_.insert(head_.find('\n') + 1, access_->header_fields);  // behind the status line
  sent_ = 0;
  state_ = State::writing;
  writing_since_ = now;
  deadline_ = now + limits_.write_timeout;
  write_some(now);
}

void ScrapeConnection::refuse(Refusal reason, int status, std::string_view text, Clock::time_point now) {
  refusals_.count(reason);
  close_after_ = true;
  send(std::make_shared<const std::string>(to_bytes({.status = status, .text = text})), now);
}

void ScrapeConnection::give_way() {
  if (head_begun_) refusals_.count(Refusal::connection_limit);
  close();
}

void ScrapeConnection::cut_off(Refusal reason) {
  refusals_.count(reason);
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(transport_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

/// Empty when all is sent; `more` when something follows it.
std::string_view ScrapeConnection::next_to_send(bool& more) const {
  const std::string_view body = std::string_view(*response_).substr(body_offset_);
  more = sent_ < head_.size() && !body.empty();
  return sent_ < head_.size() ? std::string_view(head_).substr(sent_) : body.substr(sent_ - head_.size());
}

void ScrapeConnection::write_some(Clock::time_point now) {
  bool more = true;
  while (more) {
    const std::string_view bytes = next_to_send(more);
    size_t wrote = 0;
    const Progress progress = transport_.write(bytes, more, wrote);
    if (progress == Progress::blocked) return;
    if (progress != Progress::done) return close();
    sent_ += wrote;
    if (wrote < bytes.size()) return;
  }
  after_response(now);
}

/// It asked, and gave up before the answer came: what is sent to it then is read by nobody.
bool ScrapeConnection::client_has_gone() const {
  char byte = 0;
  return ::recv(transport_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void ScrapeConnection::after_response(Clock::time_point now) {
  if (!client_has_gone()) ++delivered_;
  response_ = nullptr;
  head_ = std::string();
  if (close_after_) {
    return let_linger(now);
  }
  state_ = State::reading;
  head_begun_ = false;
  quiet_since_ = now;
  deadline_ = now + limits_.idle_timeout;
  if (input_.empty()) input_ = std::string();
}

void ScrapeConnection::let_linger(Clock::time_point now) {
  input_ = std::string();
  transport_.finish_sending();
  state_ = State::lingering;
  deadline_ = now + limits_.linger_timeout;
}

void ScrapeConnection::discard_some() {
  char buffer[kReadBytes];
  const ssize_t got = ::recv(transport_.fd(), buffer, sizeof buffer, 0);  // encrypted or not
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) close();
}

}  // namespace sockwatch
