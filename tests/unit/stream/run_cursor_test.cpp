#include "stream/run_cursor.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

constexpr Direction kAsks = Direction::recv;
constexpr Direction kAnswers = Direction::send;

TEST(RunCursor, NothingIsLostWhereEachRunIsTold) {
  RunCursor runs;
  runs.expect(1);
  EXPECT_EQ(runs.place(1, kAsks, false, kAsks), 0u);
  EXPECT_EQ(runs.place(1, kAsks, true, kAsks), 0u);
  EXPECT_EQ(runs.place(2, kAnswers, false, kAsks), 0u);
  EXPECT_EQ(runs.place(3, kAsks, false, kAsks), 0u);
}

TEST(RunCursor, CountsRunsOfTheDirectionThatAsks) {
  RunCursor runs;
  runs.expect(1);
  EXPECT_EQ(runs.place(2, kAnswers, false, kAsks), 1u);  // 1
  EXPECT_EQ(runs.place(5, kAsks, false, kAsks), 1u);     // 3
  EXPECT_EQ(runs.place(7, kAsks, true, kAsks), 1u);      // 7, whose end was told
  EXPECT_EQ(runs.place(12, kAnswers, false, kAsks), 2u); // 9 and 11
  EXPECT_EQ(runs.pass(12, kAnswers, kAsks), 0u);
  EXPECT_EQ(runs.pass(15, kAsks, kAsks), 2u);            // 13 and 15
  EXPECT_EQ(runs.place(15, kAsks, true, kAsks), 0u);
}

TEST(RunCursor, WhatWasBeforeTheFirstRecordIsNotCountedUnlessItWasExpected) {
  RunCursor runs;
  EXPECT_EQ(runs.place(40, kAsks, true, kAsks), 0u);
  EXPECT_EQ(runs.place(41, kAnswers, false, kAsks), 0u);
}

// A listing may have been taken before records that have come since.
TEST(RunCursor, AnEarlierRunTellsNothing) {
  RunCursor runs;
  runs.expect(9);
  EXPECT_EQ(runs.place(9, kAsks, false, kAsks), 0u);
  EXPECT_EQ(runs.pass(5, kAsks, kAsks), 0u);
  EXPECT_EQ(runs.place(10, kAnswers, false, kAsks), 0u);
}

TEST(RunCursor, CountsAcrossTheLastNumber) {
  RunCursor runs;
  runs.expect(UINT32_MAX);
  EXPECT_EQ(runs.place(UINT32_MAX, kAsks, false, kAsks), 0u);
  EXPECT_EQ(runs.place(2, kAnswers, false, kAsks), 1u);  // 1
}

}  // namespace
}  // namespace sockwatch
