// BodyReader by itself.
#include "protocols/http1/body.h"

#include <gtest/gtest.h>

#include "guarded_bytes.h"
#include "script.h"

namespace sockwatch {
namespace {

using State = BodyReader::State;

size_t feed(BodyReader& body, std::string_view bytes) {
  const GuardedBytes guarded(bytes);
  return body.feed(guarded.view());
}

struct Ending {
  State state;
  size_t taken;
  bool operator==(const Ending&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Ending& e) {
  return out << static_cast<int>(e.state) << " after " << e.taken;
}

// How a chunked body ends: in one piece, and the same split at every byte.
Ending ending(std::string_view text) {
  const std::string bytes = unescape(text);
  BodyReader whole;
  whole.start_chunked();
  const size_t taken = feed(whole, bytes);
  const Ending expected{whole.state(), taken};
  for (size_t split = 0; split <= bytes.size(); ++split) {
    BodyReader body;
    body.start_chunked();
    size_t sum = feed(body, std::string_view(bytes).substr(0, split));
    if (body.state() == State::in_body) sum += feed(body, std::string_view(bytes).substr(split));
    EXPECT_EQ((Ending{body.state(), sum}), expected) << text << " split at " << split;
  }
  return expected;
}

TEST(BodyReader, Counted) {
  BodyReader body;
  body.start_length(0);
  EXPECT_EQ(body.state(), State::done);
  EXPECT_EQ(feed(body, "abc"), 0u);
  body.start_length(5);
  EXPECT_EQ(feed(body, "abc"), 3u);
  EXPECT_EQ(body.state(), State::in_body);
  EXPECT_EQ(feed(body, "defgh"), 2u);
  EXPECT_EQ(body.state(), State::done);
}

TEST(BodyReader, CountedAndNotSeen) {
  BodyReader body;
  body.start_length(10);
  EXPECT_EQ(body.skip(4), 4u);
  EXPECT_EQ(body.skip(UINT64_MAX), 6u);
  EXPECT_EQ(body.state(), State::done);
  EXPECT_EQ(body.skip(1), 0u);
  body.start_length(UINT64_MAX);
  EXPECT_EQ(body.skip(UINT64_MAX - 1), UINT64_MAX - 1);
  EXPECT_EQ(body.state(), State::in_body);
}

TEST(BodyReader, Chunked) {
  EXPECT_EQ(ending("0||GET"), (Ending{State::done, 5}));
  EXPECT_EQ(ending("3|abc|0||GET"), (Ending{State::done, 13}));
  EXPECT_EQ(ending("3\nabc\n0\n\nGET"), (Ending{State::done, 9}));
  EXPECT_EQ(ending(" 3 ;x=\"\\0;\" |abc|00000000000000000000000000;y|A: b|c||GET").state, State::done);
  EXPECT_EQ(ending("aB|\\{x*171}|0||").state, State::done);
  EXPECT_EQ(ending("7||0|| |0||x"), (Ending{State::broken, 10}));
  EXPECT_EQ(ending("7||0|||0||x").state, State::done);
  EXPECT_EQ(ending("3|abc").state, State::in_body);
}

TEST(BodyReader, WhatIsNoFraming) {
  for (const char* text : {"|0||", "x|", "-1|", "0x3|abc", "3xyz|", "3|abcd|", "3|abc0||", "3|abc\\r\\r|",
                           "\\0", "1000000000000000|", ";x|"})
    EXPECT_EQ(ending(text).state, State::broken) << text;
  EXPECT_EQ(ending("100000000000000|abc").state, State::in_body);  // 15 digits
}

TEST(BodyReader, ChunksNotSeen) {
  BodyReader body;
  body.start_chunked();
  EXPECT_EQ(body.skip(0), 0u);
  EXPECT_EQ(feed(body, "A\r\n01"), 5u);
  EXPECT_EQ(body.skip(8), 8u);
  EXPECT_EQ(body.state(), State::in_body);  // to the chunk's last byte
  EXPECT_EQ(feed(body, "\r\nA\r\n"), 5u);
  EXPECT_EQ(body.skip(11), 10u);  // one byte of framing more
  EXPECT_EQ(body.state(), State::broken);
  body.start_chunked();
  EXPECT_EQ(body.skip(1), 0u);
  EXPECT_EQ(body.state(), State::broken);
}

TEST(BodyReader, EndlessFraming) {
  for (const std::string& unit : {std::string(1 << 16, '0'), std::string("0;") + std::string(1 << 16, 'x'),
                                  std::string("0\r\n") + std::string(1 << 16, 'y')}) {
    BodyReader body;
    body.start_chunked();
    for (int i = 0; i < 16; ++i)
      ASSERT_EQ(body.feed(i == 0 ? unit : std::string(1 << 16, unit.back())), i == 0 ? unit.size() : 1 << 16);
    EXPECT_EQ(body.state(), State::in_body);
  }
}

}  // namespace
}  // namespace sockwatch
