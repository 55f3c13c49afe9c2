#include "agent/poll_interval.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

// Drains until the interval settles, with so many records a millisecond.
int settled_ms(PollInterval& interval, size_t records_per_ms) {
  for (int i = 0; i < 100; ++i) interval.found(static_cast<size_t>(interval.ms()) * records_per_ms);
  return interval.ms();
}

TEST(PollInterval, IsLongWithLittleToDo) {
  PollInterval interval;
  EXPECT_EQ(settled_ms(interval, 0), PollInterval::kLongestMs);
  EXPECT_EQ(settled_ms(interval, 5), PollInterval::kLongestMs);
}

TEST(PollInterval, ShortensAtOnceToWhatTheAimTakes) {
  PollInterval interval;
  interval.found(4 * PollInterval::kAim);
  EXPECT_EQ(interval.ms(), PollInterval::kLongestMs / 4);
}

TEST(PollInterval, NeverSpins) {
  PollInterval interval;
  interval.found(SIZE_MAX / 64);
  EXPECT_EQ(interval.ms(), PollInterval::kShortestMs);
  EXPECT_EQ(settled_ms(interval, 100'000), PollInterval::kShortestMs);
}

TEST(PollInterval, FindsAboutTheAimInBetween) {
  for (const size_t records_per_ms : {40, 100, 200}) {
    PollInterval interval;
    const size_t found = static_cast<size_t>(settled_ms(interval, records_per_ms)) * records_per_ms;
    EXPECT_GE(found, PollInterval::kAim / 2 - records_per_ms) << records_per_ms;
    EXPECT_LE(found, PollInterval::kAim) << records_per_ms;
  }
}

TEST(PollInterval, LengthensAgainWhenTheLoadIsGone) {
  PollInterval interval;
  ASSERT_EQ(settled_ms(interval, 1000), PollInterval::kShortestMs);
  EXPECT_EQ(settled_ms(interval, 0), PollInterval::kLongestMs);
}

}  // namespace
}  // namespace sockwatch
