// Who has been told of which snapshot: what is born later shows 0 to it once.
#include "exposition/scrapers.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sockwatch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
const ScraperKey kPrometheus{.address = "10.0.0.1", .user_agent = "Prometheus/2.42.0", .timeout = "10"};

TEST(Scrapers, ThoseWhoStoreAreToldByWhatTheirNameBeginsWith) {
  const Scrapers scrapers({"Prometheus", "vm_promscrape"});
  EXPECT_TRUE(scrapers.stores("Prometheus/2.42.0"));
  EXPECT_TRUE(scrapers.stores("prometheus"));
  EXPECT_TRUE(scrapers.stores("vm_promscrape"));
  EXPECT_FALSE(scrapers.stores("curl/8.0 (like Prometheus/2)"));
  EXPECT_FALSE(scrapers.stores("Prom"));
  EXPECT_FALSE(scrapers.stores(""));
  EXPECT_FALSE(Scrapers({}).stores("Prometheus/2.42.0"));
}

TEST(Scrapers, RemembersWhatEachHasSeenOverItsConnection) {
  Scrapers scrapers({});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 10), std::nullopt);
  scrapers.saw(kPrometheus, 1, {.newest_birth = 7, .taken_ns = 20});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 30), 7u);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 40), 7u) << "asking tells it nothing";
  scrapers.saw(kPrometheus, 1, {.newest_birth = 9, .taken_ns = 50});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 60), 9u);
}

TEST(Scrapers, AddressAgentAndTimeoutTellThemApart) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 7, .taken_ns = 20});
  scrapers.disconnected(1);
  ScraperKey other = kPrometheus;
  other.address = "10.0.0.2";
  EXPECT_EQ(scrapers.last_seen(other, 2, 30), std::nullopt);
  other = kPrometheus;
  other.user_agent = "Prometheus/3.0.0";
  EXPECT_EQ(scrapers.last_seen(other, 3, 30), std::nullopt);
  other = kPrometheus;
  other.timeout = "5";
  EXPECT_EQ(scrapers.last_seen(other, 4, 30), std::nullopt);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 5, 30), 7u);
}

TEST(Scrapers, TwoAlikeAreToldApartByTheirConnections) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 7, .taken_ns = 20});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 2, 30), std::nullopt) << "the first one's connection is still open";
  scrapers.saw(kPrometheus, 2, {.newest_birth = 8, .taken_ns = 30});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 40), 7u);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 2, 40), 8u);
}

TEST(Scrapers, AnAnswerThatFailedTellsNothing) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 7, .taken_ns = 20});
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 30), 7u);
  scrapers.disconnected(1);  // before the answer was sent
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 2, 40), 7u);
}

TEST(Scrapers, OfTwoAlikeWithoutLastingConnectionsTheOneThatIsDueComes) {
  Scrapers scrapers({});
  // Both have come twice: one every 10 s, the other every 30 s.
  for (const auto& [connection, birth, at] :
       {std::array<uint64_t, 3>{1, 11, 10}, {2, 20, 5}, {1, 12, 20}, {2, 21, 35}})
    scrapers.saw(kPrometheus, connection, {.newest_birth = birth, .taken_ns = at * kSecond});
  scrapers.disconnected(1);
  scrapers.disconnected(2);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 3, 40 * kSecond), 12u);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 4, 65 * kSecond), 21u);
}

TEST(Scrapers, OneThatStayedAwayForLongIsTheLastChoice) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = kSecond});  // its connection stays open for hours
  for (uint64_t i = 1; i < 100; ++i)
    scrapers.saw(kPrometheus, 2, {.newest_birth = 1 + i, .taken_ns = (3600 + 15 * i) * kSecond});
  scrapers.disconnected(1);
  scrapers.disconnected(2);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 3, (3600 + 1500) * kSecond), 100u);
}

TEST(Scrapers, WhoComesBackAfterADayHasSeenWhatItSaw) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 5, .taken_ns = kSecond});
  scrapers.disconnected(1);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 2, 86'400 * kSecond), 5u);
}

TEST(Scrapers, TellWhatAllHaveBeenShownTwice) {
  Scrapers scrapers({});
  EXPECT_EQ(scrapers.shown_twice_ns(0), UINT64_MAX) << "nobody to wait for";
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = 100 * kSecond});
  EXPECT_EQ(scrapers.shown_twice_ns(101 * kSecond), 0u) << "once";
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = 115 * kSecond});
  EXPECT_EQ(scrapers.shown_twice_ns(116 * kSecond), 100 * kSecond);
  ScraperKey slow = kPrometheus;
  slow.address = "10.0.0.2";
  scrapers.saw(slow, 2, {.newest_birth = 1, .taken_ns = 60 * kSecond});
  scrapers.saw(slow, 2, {.newest_birth = 1, .taken_ns = 120 * kSecond});
  EXPECT_EQ(scrapers.shown_twice_ns(121 * kSecond), 60 * kSecond);
}

TEST(Scrapers, WhoComesNoMoreIsNotWaitedFor) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = 100 * kSecond});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = 115 * kSecond});
  EXPECT_EQ(scrapers.shown_twice_ns(160 * kSecond), 100 * kSecond) << "three intervals are not over";
  EXPECT_EQ(scrapers.shown_twice_ns(161 * kSecond), UINT64_MAX);
  // A pause of an hour is no interval to wait for thrice.
  scrapers.saw(kPrometheus, 1, {.newest_birth = 1, .taken_ns = 3715 * kSecond});
  EXPECT_EQ(scrapers.shown_twice_ns((3715 + 1801) * kSecond), UINT64_MAX);
}

TEST(Scrapers, ABoundOfWhichOneAddressCannotTakeAll) {
  Scrapers scrapers({});
  scrapers.saw(kPrometheus, 1, {.newest_birth = 7, .taken_ns = 1});
  for (uint64_t i = 0; i < 10 * Scrapers::kMax; ++i) {
    const ScraperKey guest{.address = "10.9.9.9", .user_agent = "Prometheus/" + std::to_string(i), .timeout = ""};
    scrapers.saw(guest, 10 + i, {.newest_birth = 1, .taken_ns = 100 + i});
  }
  EXPECT_EQ(scrapers.forgotten(), 9 * Scrapers::kMax + 1);
  EXPECT_EQ(scrapers.last_seen(kPrometheus, 1, 2000), 7u);
}

}  // namespace
}  // namespace sockwatch
