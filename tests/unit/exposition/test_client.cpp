#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

namespace sockwatch {
namespace {

using Clock = std::chrono::steady_clock;

bool wait_for(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd polled{fd, events, 0};
  return ::poll(&polled, 1, static_cast<int>(std::max<int64_t>(left, 0))) > 0;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// `head` with its empty line.
TestResponse parse(std::string_view head) {
  TestResponse response;
  response.status = std::atoi(std::string(head.substr(head.find(' ') + 1, 3)).c_str());
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.starts_with("\r\n")) {
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const size_t colon = line.find(": ");
    response.fields[lower(std::string(line.substr(0, colon)))] = line.substr(colon + 2);
    head.remove_prefix(end + 2);
  }
  return response;
}

}  // namespace

bool has_ipv6() {
  const Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

TestClient::TestClient(uint16_t port, Loopback family, int receive_buffer, uint8_t host)
    : socket_(::socket(family == Loopback::ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  int status = -1;
  if (family == Loopback::ipv4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    if (host != 1 && ::bind(fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    status = ::connect(fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    status = ::connect(fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (status != 0) socket_ = Fd();
}

bool TestClient::send(std::string_view bytes) {
  const auto deadline = Clock::now() + kPatience;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN || !wait_for(fd(), POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

void TestClient::half_close() { ::shutdown(fd(), SHUT_WR); }

TestClient::Got TestClient::receive(Clock::time_point deadline) {
  if (!wait_for(fd(), POLLIN, deadline)) return Got::nothing;
  char buffer[65536];
  const ssize_t got = ::recv(fd(), buffer, sizeof buffer, 0);
  if (got <= 0) {
    reset_ = got < 0 && errno == ECONNRESET;
    return Got::end;
  }
  input_.append(buffer, static_cast<size_t>(got));
  return Got::bytes;
}

std::optional<TestResponse> TestClient::read_response(bool to_head) {
  const auto deadline = Clock::now() + kPatience;
  size_t head_end = 0;
  while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (receive(deadline) != Got::bytes) return std::nullopt;
  }
  head_end += 4;
  TestResponse response = parse(std::string_view(input_).substr(0, head_end));
  const bool to_the_end = !to_head && response.field("content-length").empty();
  size_t length = to_head ? 0 : std::strtoull(response.field("content-length").c_str(), nullptr, 10);
  while (to_the_end || input_.size() < head_end + length) {
    const Got got = receive(deadline);
    if (to_the_end && got == Got::end) break;
    if (got != Got::bytes) return std::nullopt;
  }
  if (to_the_end) length = input_.size() - head_end;
  response.body = input_.substr(head_end, length);
  input_.erase(0, head_end + length);
  return response;
}

std::optional<TestResponse> TestClient::get(const std::string& path, const std::string& fields) {
  if (!send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n")) return std::nullopt;
  return read_response();
}

bool TestClient::sees_close(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  Got got = Got::bytes;
  while (got == Got::bytes) got = receive(deadline);
  return got == Got::end;
}

bool TestClient::has_news() const { return wait_for(fd(), POLLIN, Clock::now()); }

}  // namespace sockwatch
