// When a transaction begins, has its first byte and ends, and what waits for time to pass.
#include <gtest/gtest.h>

#include "protocols/http1/http1.h"
#include "script.h"

namespace sockwatch {
namespace {

constexpr uint64_t kMs = 1'000'000;

struct Times {
  std::string target;
  uint64_t start_ns, ttfb_ns, duration_ns;
  uint32_t tgid;
  bool operator==(const Times&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Times& t) {
  return out << t.target << " " << t.start_ns / kMs << " " << t.ttfb_ns / kMs << " " << t.duration_ns / kMs
             << " " << t.tgid;
}

class Http1Time : public testing::Test, private TransactionSink {
 protected:
  void client(uint64_t ms, std::string_view text, uint32_t tgid = 1) { say(Direction::recv, ms, text, tgid); }
  void server(uint64_t ms, std::string_view text) { say(Direction::send, ms, text, 1); }
  void on_gap(Direction direction, uint64_t ms, uint64_t length, std::string_view tail = {}) {
    turn(direction);
    http_.on_gap(direction, {.ts_ns = ms * kMs, .tgid = 1, .flight = flight_}, {.length = length, .tail = tail});
  }

  Http1 http_{*this};
  std::vector<Times> got_;

 private:
  void on_transaction(const Transaction& t) override {
    got_.push_back({std::string(t.target), t.start_ns, t.ttfb_ns, t.duration_ns, t.tgid});
  }
  void on_parse_error(ParseError) override {}
  void turn(Direction direction) {
    if (flight_ == 0 || direction != last_) ++flight_;
    last_ = direction;
  }
  void say(Direction direction, uint64_t ms, std::string_view text, uint32_t tgid) {
    turn(direction);
    http_.data(direction, {.ts_ns = ms * kMs, .tgid = tgid, .flight = flight_}, unescape(text));
  }

  uint32_t flight_ = 0;
  Direction last_ = Direction::recv;
};

Times times(const char* target, uint64_t start_ms, uint64_t ttfb_ms, uint64_t duration_ms,
            uint32_t tgid = 1) {
  return {target, start_ms * kMs, ttfb_ms * kMs, duration_ms * kMs, tgid};
}

TEST_F(Http1Time, FromTheFirstByteOfTheRequestToTheLastOfTheResponse) {
  client(90, "|", 8);  // an empty line before it is no part of it
  client(100, "P", 7);
  client(120, "OST /a HTTP/1.1|Content-Length: 2||", 8);
  client(130, "ab");
  server(140, "HTTP/1.1 100 Continue||");
  server(150, "HTT");
  server(160, "P/1.1 200 OK|Content-Length: 2||");
  server(170, "o");
  server(190, "k");
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 90, 7)}));
}

TEST_F(Http1Time, PipelinedRequestsWaitFromTheirOwnBeginning) {
  client(100, "GET /a HTTP/1.1||");
  client(110, "GET /b HTTP/1.1||");
  server(200, "HTTP/1.1 204 No||");
  server(250, "HTTP/1.1 204 No||");
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 100, 100), times("/b", 110, 140, 140)}));
}

TEST_F(Http1Time, AnEarlyAnswerEndsWithTheAnswer) {
  client(100, "POST /a HTTP/1.1|Content-Length: 2||a");
  server(150, "HTTP/1.1 413 No|Content-Length: 0||");
  EXPECT_TRUE(got_.empty());
  EXPECT_TRUE(http_.waiting());
  client(170, "b");
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 50)}));
  EXPECT_FALSE(http_.waiting());
}

TEST_F(Http1Time, AnAnswerUntilCloseEndsWithItsLastByte) {
  client(100, "GET /a HTTP/1.1||");
  server(150, "HTTP/1.1 200 OK||a");
  server(180, "b");
  http_.close(900 * kMs);
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 80)}));
}

TEST_F(Http1Time, AnAnswerCutOffInItsHeadEndsWithItsLastByte) {
  client(100, "CONNECT a:1 HTTP/1.1||");
  server(150, "HTTP/1.1 200 OK|");
  server(170, "Via: a");
  http_.close(300 * kMs);
  EXPECT_EQ(got_, (std::vector{times("a:1", 100, 50, 70)}));
}

TEST_F(Http1Time, AnAbortedRequestWaitsUntilTheEnd) {
  client(100, "GET /a HTTP/1.1||");
  http_.close(900 * kMs);
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 0, 800)}));
}

TEST_F(Http1Time, ABodyThatSeemsToHaveEndedHasAfterSilence) {
  client(100, "GET /a HTTP/1.1||");
  server(150, "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|");
  EXPECT_FALSE(http_.waiting());
  on_gap(Direction::send, 180, 4000, "\r\n0\r\n\r\n");
  EXPECT_TRUE(http_.waiting());
  http_.advance(180 * kMs + Http1::kSettleNs - 1);
  EXPECT_TRUE(got_.empty());
  http_.advance(180 * kMs + Http1::kSettleNs);
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 80)}));
  EXPECT_FALSE(http_.waiting());
}

TEST_F(Http1Time, AnEndInsideTheContentDoesNotWait) {
  client(100, "GET /a HTTP/1.1||");
  server(150, "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|");
  on_gap(Direction::send, 180, 4000, "\r\n0\r\n\r\n");
  server(190, "more");
  EXPECT_FALSE(http_.waiting());
  http_.advance(5000 * kMs);
  EXPECT_TRUE(got_.empty());
  server(6000, "\\r");
  server(6010, "\\n0||");
  EXPECT_TRUE(http_.waiting());
  http_.advance(UINT64_MAX);
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 5910)}));
}

TEST_F(Http1Time, AnAnswerThatHabitAloneSpeaksForIsHeldBack) {
  on_gap(Direction::recv, 1, 1);
  on_gap(Direction::send, 1, 1);
  client(100, "GET /a HTTP/1.1||");
  server(150, "HTTP/1.1 204 No||");
  EXPECT_TRUE(got_.empty());
  EXPECT_TRUE(http_.waiting());
  http_.advance(150 * kMs + Http1::kSettleNs);
  EXPECT_EQ(got_, (std::vector{times("/a", 100, 50, 50)}));
  EXPECT_FALSE(http_.waiting());
}

TEST_F(Http1Time, NothingIsReportedAfterTheEnd) {
  client(100, "GET /a HTTP/1.1||");
  http_.close(200 * kMs);
  ASSERT_EQ(got_.size(), 1u);
  server(300, "HTTP/1.1 200 OK|Content-Length: 0||");
  client(310, "GET /b HTTP/1.1||");
  http_.eof(Direction::recv, 320 * kMs);
  http_.advance(UINT64_MAX);
  http_.close(400 * kMs);
  EXPECT_EQ(got_.size(), 1u);
}

}  // namespace
}  // namespace sockwatch
