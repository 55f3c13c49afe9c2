#include "stream/stream_cursor.h"

#include <gtest/gtest.h>

#include <random>

namespace sockwatch {
namespace {

struct Expected {
  uint64_t missed, known, fresh;
};

void expect(const StreamCursor::Placement& place, const Expected& expected) {
  EXPECT_EQ(place.missed, expected.missed);
  EXPECT_EQ(place.known, expected.known);
  EXPECT_EQ(place.fresh, expected.fresh);
}

TEST(StreamCursor, OneBehindTheOther) {
  StreamCursor cursor;
  expect(cursor.place(0, 10), {0, 0, 10});
  expect(cursor.place(10, 5), {0, 0, 5});
  expect(cursor.place(15, 0), {0, 0, 0});
  EXPECT_EQ(cursor.next(), 15u);
}

TEST(StreamCursor, WhatWasMissed) {
  StreamCursor cursor;
  expect(cursor.place(7, 3), {7, 0, 3});
  expect(cursor.place(20, 1), {10, 0, 1});
  expect(cursor.place(30, 0), {9, 0, 0});  // nothing came, but it tells where the stream stands
  EXPECT_EQ(cursor.next(), 30u);
}

TEST(StreamCursor, WhatHadBeenToldOf) {
  StreamCursor cursor;
  cursor.place(0, 10);
  expect(cursor.place(0, 10), {0, 10, 0});
  expect(cursor.place(3, 2), {0, 2, 0});
  expect(cursor.place(8, 5), {0, 2, 3});
  expect(cursor.place(5, 0), {0, 0, 0});
  EXPECT_EQ(cursor.next(), 13u);
}

TEST(StreamCursor, NumbersThatAreTooLarge) {
  StreamCursor cursor;
  expect(cursor.place(UINT64_MAX - 2, 10), {UINT64_MAX - 2, 0, 2});
  expect(cursor.place(UINT64_MAX, UINT64_MAX), {0, 0, 0});
  expect(cursor.place(0, UINT64_MAX), {0, UINT64_MAX, 0});
  EXPECT_EQ(cursor.next(), UINT64_MAX);
}

// Whatever comes in whatever order, every byte is missed or fresh once.
TEST(StreamCursor, EveryByteOnce) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1000; ++round) {
    StreamCursor cursor;
    uint64_t accounted = 0;
    for (int i = 0; i < 50; ++i) {
      const uint64_t length = random() % 40;
      const StreamCursor::Placement place = cursor.place(random() % 2000, length);
      EXPECT_EQ(place.known + place.fresh, length);
      accounted += place.missed + place.fresh;
      ASSERT_EQ(accounted, cursor.next());
    }
  }
}

}  // namespace
}  // namespace sockwatch
