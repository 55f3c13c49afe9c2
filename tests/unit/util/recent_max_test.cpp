#include "util/recent_max.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(RecentMax, WhoAsksTakesNothingFromWhoAsksNext) {
  RecentMax recent;
  recent.note(7, 1000 * kSecond);
  recent.note(3, 1001 * kSecond);
  EXPECT_EQ(recent.at(1001 * kSecond), 7u);
  EXPECT_EQ(recent.at(1002 * kSecond), 7u) << "the second scraper sees it too";
}

TEST(RecentMax, IsOfAboutTwoMinutes) {
  RecentMax recent;
  recent.note(7, 1000 * kSecond);
  recent.note(3, 1060 * kSecond);
  EXPECT_EQ(recent.at(1109 * kSecond), 7u);
  EXPECT_EQ(recent.at(1120 * kSecond), 3u);
  EXPECT_EQ(recent.at(1200 * kSecond), 0u);
}

TEST(RecentMax, NothingWasNoted) {
  EXPECT_EQ(RecentMax().at(5 * kSecond), 0u);
  EXPECT_EQ(RecentMax().at(5000 * kSecond), 0u);
}

TEST(RecentMax, APauseLeavesNothingOfOldSlots) {
  RecentMax recent;
  recent.note(7, 1000 * kSecond);
  recent.note(1, 1000 * kSecond + RecentMax::kSlots * RecentMax::kSlotNs);  // the same slot
  EXPECT_EQ(recent.at(1000 * kSecond + RecentMax::kSlots * RecentMax::kSlotNs), 1u);
}

}  // namespace
}  // namespace sockwatch
