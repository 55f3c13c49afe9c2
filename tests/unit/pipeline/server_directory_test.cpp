#include "pipeline/server_directory.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

constexpr ServiceId kShop = 2;
constexpr ServiceId kThief = 3;
constexpr ServiceId kOther = 4;
constexpr uint64_t kHost = 100;
constexpr uint64_t kPrivate = 200;
constexpr uint64_t kThird = 300;

TEST(ServerDirectory, ANameIsThatOfTheLastOneWhoServedThere) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("10.0.0.5:80");
  EXPECT_EQ(servers.at(at, kHost), std::nullopt);
  servers.learn(at, kHost, kShop);
  EXPECT_EQ(servers.at(at, kHost), kShop);
  EXPECT_EQ(servers.at(at, kThird), kShop);
  servers.learn(at, kHost, kOther);
  EXPECT_EQ(servers.at(at, kThird), kOther);
}

TEST(ServerDirectory, AnAddressThatTwoNamespacesHaveIsNobodys) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("10.0.0.5:80");
  servers.learn(at, kHost, kShop);
  const uint64_t before = servers.version();
  servers.learn(at, kPrivate, kThief);
  EXPECT_NE(servers.version(), before);
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);
  EXPECT_EQ(servers.at(at, kHost), kShop);  // its own address reaches nobody else
  EXPECT_EQ(servers.at(at, kPrivate), kThief);
  servers.learn(at, kHost, kShop);
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);  // and saying it again changes nothing
  EXPECT_EQ(servers.at(parse_endpoint("10.0.0.5:81"), kThird), std::nullopt);
}

TEST(ServerDirectory, OneServiceInSeveralNamespacesIsOne) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("[fd00::5]:80");
  servers.learn(at, kHost, kShop);
  servers.learn(at, kPrivate, kShop);
  EXPECT_EQ(servers.at(at, kThird), kShop);
}

TEST(ServerDirectory, ManyClaimsAreBounded) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("10.0.0.5:80");
  for (uint64_t netns = 1; netns < 1000; ++netns) servers.learn(at, netns, kShop + static_cast<ServiceId>(netns));
  EXPECT_EQ(servers.at(at, 5000), std::nullopt);
  EXPECT_EQ(servers.at(at, 1), kShop + 1);
}

TEST(ServerDirectory, WhoIsGoneClaimsNothing) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("10.0.0.5:80");
  servers.learn(at, kHost, kShop);
  servers.learn(at, kPrivate, kThief);
  servers.keep({kHost});
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);  // a listing may miss it once
  servers.keep({kHost, kPrivate});
  servers.keep({kHost});
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);
  servers.keep({kHost});
  EXPECT_EQ(servers.at(at, kThird), kShop);
  EXPECT_EQ(servers.at_port(80, kPrivate), std::nullopt);
  servers.learn(at, kPrivate, kThief);
  servers.forget(kThief);
  EXPECT_EQ(servers.at(at, kThird), kShop);
  servers.forget(kShop);
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);
}

TEST(ServerDirectory, LoopbackIsOfItsNamespace) {
  ServerDirectory servers;
  const Endpoint at = parse_endpoint("127.0.0.1:80");
  servers.learn(at, kHost, kShop);
  servers.learn(at, kPrivate, kThief);
  EXPECT_EQ(servers.at(at, kHost), kShop);
  EXPECT_EQ(servers.at(at, kPrivate), kThief);
  EXPECT_EQ(servers.at(at, kThird), std::nullopt);
}

}  // namespace
}  // namespace sockwatch
