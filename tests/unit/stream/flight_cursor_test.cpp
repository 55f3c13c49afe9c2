#include "stream/flight_cursor.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

constexpr Direction kAsks = Direction::recv;
constexpr Direction kAnswers = Direction::send;

TEST(FlightCursor, NothingIsLostWhereEachFlightIsTold) {
  FlightCursor flights;
  flights.expect(1);
  EXPECT_EQ(flights.place(1, kAsks, false, kAsks), 0u);
  EXPECT_EQ(flights.place(1, kAsks, true, kAsks), 0u);
  EXPECT_EQ(flights.place(2, kAnswers, false, kAsks), 0u);
  EXPECT_EQ(flights.place(3, kAsks, false, kAsks), 0u);
}

TEST(FlightCursor, CountsFlightsOfTheDirectionThatAsks) {
  FlightCursor flights;
  flights.expect(1);
  EXPECT_EQ(flights.place(2, kAnswers, false, kAsks), 1u);  // 1
  EXPECT_EQ(flights.place(5, kAsks, false, kAsks), 1u);     // 3
  EXPECT_EQ(flights.place(7, kAsks, true, kAsks), 1u);      // 7, whose end was told
  EXPECT_EQ(flights.place(12, kAnswers, false, kAsks), 2u); // 9 and 11
  EXPECT_EQ(flights.pass(12, kAnswers, kAsks), 0u);
  EXPECT_EQ(flights.pass(15, kAsks, kAsks), 2u);            // 13 and 15
  EXPECT_EQ(flights.place(15, kAsks, true, kAsks), 0u);
}

TEST(FlightCursor, WhatWasBeforeTheFirstRecordIsNotCountedUnlessItWasExpected) {
  FlightCursor flights;
  EXPECT_EQ(flights.place(40, kAsks, true, kAsks), 0u);
  EXPECT_EQ(flights.place(41, kAnswers, false, kAsks), 0u);
}

// A listing may have been taken before records that have come since.
TEST(FlightCursor, AnEarlierFlightTellsNothing) {
  FlightCursor flights;
  flights.expect(9);
  EXPECT_EQ(flights.place(9, kAsks, false, kAsks), 0u);
  EXPECT_EQ(flights.pass(5, kAsks, kAsks), 0u);
  EXPECT_EQ(flights.place(10, kAnswers, false, kAsks), 0u);
}

TEST(FlightCursor, CountsAcrossTheLastNumber) {
  FlightCursor flights;
  flights.expect(UINT32_MAX);
  EXPECT_EQ(flights.place(UINT32_MAX, kAsks, false, kAsks), 0u);
  EXPECT_EQ(flights.place(2, kAnswers, false, kAsks), 1u);  // 1
}

}  // namespace
}  // namespace sockwatch
