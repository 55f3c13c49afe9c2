#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "stream/socket_event.h"

namespace sockwatch {

std::string to_string(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  switch (endpoint.family) {
    case SocketFamily::inet:
      inet_ntop(AF_INET, endpoint.address, text, sizeof(text));
      return std::string(text) + ":" + std::to_string(endpoint.port);
    case SocketFamily::inet6:
      inet_ntop(AF_INET6, endpoint.address, text, sizeof(text));
      return "[" + std::string(text) + "]:" + std::to_string(endpoint.port);
    default:
      return {};
  }
}

Endpoint parse_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);

  Endpoint endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return {};

  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string address(host);
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, address.c_str(), endpoint.address) != 1) return {};
  endpoint.family = bracketed ? SocketFamily::inet6 : SocketFamily::inet;
  return endpoint;
}

std::string_view to_string(Unread kind) {
  switch (kind) {
    case Unread::none: return "none";
    case Unread::tls: return "tls";
    case Unread::http2: return "http2";
    case Unread::encrypted: return "encrypted";
    case Unread::compressed: return "compressed";
    case Unread::other: return "other";
  }
  return "other";
}

std::string_view to_string(Hidden reason) {
  constexpr std::string_view names[kHiddenReasons] = {"none",   "splice",   "fault",   "truncated",
                                                      "compat", "io_uring", "syscall", "skipped", "preempted", "encrypted", "compressed"};
  return names[static_cast<size_t>(reason)];
}

}  // namespace sockwatch
