// Nobody takes from others what is theirs, and nothing lies idle while somebody wants it.
#include "util/fair_share.h"

#include <gtest/gtest.h>

#include <map>

namespace sockwatch {
namespace {

class FairShareTest : public testing::Test {
 protected:
  /// Takes one unit at a time for `service` until there is no more, `wanted` at most.
  uint64_t fill(uint32_t service, uint64_t wanted) {
    uint64_t got = 0;
    while (got < wanted && share_.take(service, 1)) ++got, ++held_[service];
    return got;
  }

  std::map<uint32_t, uint64_t> held_;
  bool stubborn_ = false;
  FairShare share_{100, [this](uint32_t service, uint64_t units) {
                     if (stubborn_) return;
                     units = std::min(units, held_[service]);
                     held_[service] -= units;
                     share_.give_back(service, units);
                   }};
};

TEST_F(FairShareTest, OneAloneMayHaveAll) {
  EXPECT_EQ(fill(3, 1000), 100u);
  EXPECT_EQ(share_.used(), 100u);
  EXPECT_GT(share_.hits(), 0u);
}

TEST_F(FairShareTest, WhoComesLaterGetsItsPartOfTheGreediest) {
  fill(0, 1000);
  const uint64_t half = fill(1, 1000);  // and what the other gave beyond that
  EXPECT_TRUE(half >= 50 && half <= 56) << half;
  const uint64_t third = fill(2, 1000);
  EXPECT_TRUE(third >= 33 && third <= 39) << third;
  EXPECT_EQ(fill(3, 5), 5u) << "less than its part";
  EXPECT_LE(share_.used(), 100u);
  for (uint32_t service : {0, 1, 2}) EXPECT_GE(held_[service], 22u) << service;
  EXPECT_EQ(held_[3], 5u) << "who has less than its part never gives way";
}

TEST_F(FairShareTest, WhatHasToBeCountsToo) {
  fill(0, 90);
  share_.take_anyway(1, 20);
  EXPECT_EQ(share_.used(), 110u);
  EXPECT_EQ(fill(0, 1), 0u);
  share_.give_back(1, 20);
  EXPECT_EQ(fill(0, 1000), 10u);
}

TEST_F(FairShareTest, WhatIsReservedIsNobodys) {
  fill(0, 1000);
  share_.set_reserved(40);
  EXPECT_LE(share_.used(), 60u);
  EXPECT_GE(fill(1, 1000), 30u);
}

TEST_F(FairShareTest, NobodyWaitsForWhoGivesNothing) {
  fill(0, 1000);
  stubborn_ = true;
  EXPECT_EQ(fill(1, 10), 0u);
  share_.set_reserved(50);
  EXPECT_EQ(share_.used(), 100u);
}

}  // namespace
}  // namespace sockwatch
