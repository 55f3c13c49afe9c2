#include "exposition/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"

namespace sockwatch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Listener, TakesAFreePortAndTellsIt) {
  auto listener = listen_on("127.0.0.1:0");
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_NE(listener->port, 0);
  EXPECT_TRUE(TestClient(listener->port).connected());
  EXPECT_FALSE(TestClient(listener->port, Loopback::ipv6).connected());
}

TEST(Listener, ListensOnIpv6Alone) {
  if (!has_ipv6()) GTEST_SKIP() << "this host has no IPv6 loopback";
  auto listener = listen_on("[::1]:0");
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(TestClient(listener->port, Loopback::ipv6).connected());
  EXPECT_FALSE(TestClient(listener->port).connected());
}

TEST(Listener, ListensOnBothWithoutAHost) {
  if (!has_ipv6()) GTEST_SKIP() << "this host has no IPv6 loopback";
  auto listener = listen_on(":0");
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(TestClient(listener->port).connected());
  EXPECT_TRUE(TestClient(listener->port, Loopback::ipv6).connected());
}

TEST(Listener, SaysWhichPortIsBusyAndWhatToDo) {
  for (const std::string host : {"127.0.0.1:", "[::1]:", ":"}) {
    if (host == "[::1]:" && !has_ipv6()) continue;
    const auto first = listen_on(host + "0");
    ASSERT_TRUE(first) << first.error().message;
    const std::string address = host + std::to_string(first.value().port);
    const auto second = listen_on(address);
    ASSERT_FALSE(second) << address;
    EXPECT_THAT(second.error().message, AllOf(HasSubstr(address), HasSubstr("already in use"),
                                              HasSubstr("ss -ltnp"), HasSubstr("--web.listen-address")));
  }
}

TEST(Listener, SaysWhenTheHostHasNoSuchAddress) {
  const auto listener = listen_on("192.0.2.1:0");
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, AllOf(HasSubstr("192.0.2.1"), HasSubstr("no such address")));
}

TEST(Listener, SaysWhatAnAddressLooksLike) {
  for (const std::string address :
       {"", "9765", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536",
        "127.0.0.1:999999999999", "::1:80", "[::1]", "[127.0.0.1]:80", "[]:80", "256.0.0.1:80",
        "no.such.host.invalid:80", "127.0.0.1:-1"}) {
    const auto listener = listen_on(address);
    ASSERT_FALSE(listener) << address;
    EXPECT_THAT(listener.error().message, AllOf(HasSubstr('"' + address + '"'), HasSubstr("\":9765\"")));
  }
}

}  // namespace
}  // namespace sockwatch
