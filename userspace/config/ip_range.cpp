#include "config/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "config/values.h"

namespace sockwatch {
namespace {

constexpr unsigned kMappedBits = 96;  // in front of an IPv4 address in its IPv6 form

in6_addr mapped(const in_addr& address) {
  in6_addr out{};
  out.s6_addr[10] = out.s6_addr[11] = 0xff;
  std::memcpy(out.s6_addr + 12, &address, sizeof address);
  return out;
}

/// Whether the first `bits` of both are the same.
bool same_prefix(const in6_addr& a, const in6_addr& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (std::memcmp(a.s6_addr, b.s6_addr, whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - bits % 8));
  return (a.s6_addr[whole] & mask) == (b.s6_addr[whole] & mask);
}

/// `address` with nothing but its first `bits`.
in6_addr cut_to(const in6_addr& address, unsigned bits) {
  in6_addr out{};
  std::memcpy(out.s6_addr, address.s6_addr, bits / 8);
  if (bits % 8 != 0) {
    out.s6_addr[bits / 8] = static_cast<uint8_t>(address.s6_addr[bits / 8] & (0xff << (8 - bits % 8)));
  }
  return out;
}

}  // namespace

Result<IpRange> IpRange::parse(std::string_view text) {
  const Error error{
      "expected an address or a range such as \"10.0.0.0/8\", \"192.0.2.1\" or \"2001:db8::/32\", got \"" +
      std::string(text) + "\""};
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  if (address.find('\0') != std::string::npos) return error;
  IpRange range;
  in_addr v4{};
  unsigned offset = 0;
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    range.network_ = mapped(v4);
    offset = kMappedBits;
  } else if (::inet_pton(AF_INET6, address.c_str(), &range.network_) != 1) {
    return error;
  }
  range.length_ = 128;
  if (slash != std::string_view::npos) {
    const auto length = parse_number(text.substr(slash + 1), 0, 128 - offset);
    if (!length) return error;
    range.length_ = offset + static_cast<unsigned>(length.value());
  }
  if (!same_prefix(range.network_, cut_to(range.network_, range.length_), 128)) {
    return Error{"expected a range whose address ends in zeros beyond its length, got \"" +
                 std::string(text) + "\""};
  }
  return range;
}

bool IpRange::contains(const in6_addr& address) const {
  if (IN6_IS_ADDR_V4MAPPED(&address) && length_ < kMappedBits) return false;
  return same_prefix(network_, address, length_);
}

bool IpRange::operator==(const IpRange& other) const {
  return length_ == other.length_ && same_prefix(network_, other.network_, 128);
}

std::vector<IpRange> everybody() {
  return {IpRange::parse("0.0.0.0/0").value(), IpRange::parse("::/0").value()};
}

bool any_contains(std::span<const IpRange> ranges, const sockaddr_storage& peer) {
  in6_addr address{};
  if (peer.ss_family == AF_INET) {
    address = mapped(reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  } else if (peer.ss_family == AF_INET6) {
    address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  } else {
    return false;
  }
  return std::ranges::any_of(ranges, [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace sockwatch
