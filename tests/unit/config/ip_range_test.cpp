#include "config/ip_range.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace sockwatch {
namespace {

sockaddr_storage peer(const std::string& address) {
  sockaddr_storage out{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    out.ss_family = AF_INET;
  } else {
    EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr), 1) << address;
    out.ss_family = AF_INET6;
  }
  return out;
}

bool in(const std::string& range, const std::string& address) {
  const auto parsed = IpRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && any_contains(std::vector{parsed.value()}, peer(address));
}

TEST(IpRange, HoldsWhatSharesItsPrefix) {
  EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(in("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(in("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(in("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(in("192.0.2.1", "192.0.2.0"));
  EXPECT_TRUE(in("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(in("::1", "::1"));
  EXPECT_FALSE(in("::1", "::2"));
}

TEST(IpRange, AMappedAddressIsTheIpv4OneItHolds) {
  EXPECT_TRUE(in("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(in("10.0.0.0/8", "::ffff:11.1.2.3"));
  EXPECT_TRUE(in("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(in("10.0.0.0/8", "::10.1.2.3"));  // another address, long out of use
}

TEST(IpRange, EverybodyOfOneFamilyIsNobodyOfTheOther) {
  EXPECT_TRUE(in("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(in("0.0.0.0/0", "::ffff:203.0.113.9"));
  EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(in("::/0", "2001:db8::1"));
  EXPECT_FALSE(in("::/0", "203.0.113.9"));
  EXPECT_FALSE(in("::/0", "::ffff:203.0.113.9"));
}

TEST(IpRange, APeerWithoutAnAddressIsInNone) {
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_FALSE(
      any_contains(std::vector{IpRange::parse("::/0").value(), IpRange::parse("0.0.0.0/0").value()}, local));
}

TEST(IpRange, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0/8", "localhost", "10.0.0.0/8/8",
        " 10.0.0.0/8", "10.0.0.1/8", "::1/127", "fe80::1%eth0", "1.2.3.4/0x8"}) {
    EXPECT_FALSE(IpRange::parse(text)) << text;
  }
  EXPECT_FALSE(IpRange::parse(std::string_view("10.0.0.1\0x", 10)));
}

}  // namespace
}  // namespace sockwatch
