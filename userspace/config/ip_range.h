// A range of IP addresses in CIDR notation, and whether an address lies in it.
//
// Plain values. An IPv4 address and its IPv4-mapped IPv6 form (::ffff:192.0.2.1, which is how a socket for
// both families tells IPv4 peers) are the same address.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <span>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace sockwatch {

class IpRange {
 public:
  /// "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"; without a length it is the one address. Bits set
  /// beyond the length are refused: who writes them means something else.
  static Result<IpRange> parse(std::string_view text);

  /// ::/0 is every IPv6 address and no IPv4 one; that is 0.0.0.0/0.
  bool contains(const in6_addr& address) const;

  bool operator==(const IpRange& other) const;

 private:
  in6_addr network_{};   ///< IPv4 in its mapped form
  unsigned length_ = 0;  ///< of the prefix, of 128 bits
};

/// 0.0.0.0/0 and ::/0.
std::vector<IpRange> everybody();

/// Whether one of `ranges` holds the peer of a socket; false for families other than IPv4 and IPv6.
bool any_contains(std::span<const IpRange> ranges, const sockaddr_storage& peer);

}  // namespace sockwatch
