#include "exposition/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace sockwatch {
namespace {

constexpr int kBacklog = 128;

struct HostAndPort {
  std::string host;  ///< numeric, without brackets; empty: every address
  std::string port;
};

struct AddressDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressDeleter>;

Error fail(const std::string& address, const std::string& reason) {
  return Error{"cannot listen on \"" + address + "\": " + reason};
}

Error not_an_address(const std::string& address) {
  return fail(address,
              "not an address and a port; write \":9765\" for every address, \"127.0.0.1:9765\" or "
              "\"[::1]:9765\" for one");
}

/// Splits without judging: getaddrinfo knows what an address is.
bool split(const std::string& address, HostAndPort& out) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  out.host = address.substr(0, colon);
  out.port = address.substr(colon + 1);
  if (out.port.empty() || out.port.size() > 5 ||
      out.port.find_first_not_of("0123456789") != std::string::npos || std::stoul(out.port) > UINT16_MAX) {
    return false;
  }
  const bool bracketed = out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']';
  if (bracketed) out.host = out.host.substr(1, out.host.size() - 2);
  return bracketed == (out.host.find(':') != std::string::npos);
}

std::string words_for(int error, const std::string& address, const std::string& port) {
  switch (error) {
    case EADDRINUSE:
      return "port " + port + " is already in use; stop what uses it (`ss -ltnp 'sport = :" + port +
             "'` shows it) or choose another port with --web.listen-address";
    case EADDRNOTAVAIL:
      return "this host has no such address; `ip address` shows those it has, and \":" + port +
             "\" listens on all of them";
    case EACCES:
      return "ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a port from 1024 on with "
             "--web.listen-address";
    case EAFNOSUPPORT:
      return "this host has no " + std::string(address.starts_with('[') ? "IPv6" : "IPv4") +
             "; choose another address with --web.listen-address";
    default:
      return std::strerror(error);
  }
}

/// 0, or errno.
int bind_and_listen(const addrinfo& where, bool every_address, Listener& out) {
  out.socket = Fd(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!out.socket) return errno;
  const int fd = out.socket.get();
  const int on = 1;
  const int v6_only = every_address ? 0 : 1;
  // A restart must not wait for the last run's connections to time out.
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return errno;
  if (where.ai_family == AF_INET6 &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) != 0) {
    return errno;
  }
  if (::bind(fd, where.ai_addr, where.ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) return errno;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return errno;
  // The port stands at the same place in both.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  out.port = ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  return 0;
}

}  // namespace

Result<Listener> listen_on(const std::string& address) {
  HostAndPort parts;
  if (!split(address, parts)) return not_an_address(address);
  const bool every_address = parts.host.empty();
  int error = EAFNOSUPPORT;
  // "::" takes IPv4 as well; a kernel without IPv6 gets plain IPv4.
  for (const char* wildcard : {"::", "0.0.0.0"}) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const char* host = every_address ? wildcard : parts.host.c_str();
    if (getaddrinfo(host, parts.port.c_str(), &hints, &found) != 0) return not_an_address(address);
    const AddressList list(found);
    Listener listener;
    error = bind_and_listen(*list, every_address, listener);
    if (error == 0) return listener;
    const bool no_ipv6 = error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
    if (!every_address || !no_ipv6) break;
  }
  return fail(address, words_for(error, address, parts.port));
}

}  // namespace sockwatch
