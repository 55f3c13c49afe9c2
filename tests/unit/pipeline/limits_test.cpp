// The bounds of connections and of their parsers' memory, and who gives way.
#include "pipeline_fixture.h"

#include <algorithm>

namespace sockwatch {
namespace {

TEST_F(PipelineTest, MoreConnectionsThanAreTracked) {
  Config config;
  config.capture.max_connections = 3;
  start_live(config);
  for (SocketId socket = 1; socket <= 5; ++socket) open(socket);
  EXPECT_EQ(self().connections, 3u);
  EXPECT_EQ(self().lost_segments["connection_limit"], 2u);
  EXPECT_EQ(postponed_, (std::vector<SocketId>{4, 5}));
  pipeline_->advance(now_ns_ += 2'000 * kMs);
  EXPECT_EQ(rooms_, 0);
  close(2);
  close(3);
  pipeline_->advance(now_ns_ += 2'000 * kMs);
  pipeline_->advance(now_ns_ += 2'000 * kMs);
  EXPECT_EQ(rooms_, 1);  // and no more, until another one is refused
  open(6);
  serve(6, "/a");
  EXPECT_EQ(seen_.size(), 1u);
  EXPECT_EQ(self().lost_segments["connection_limit"], 2u);
}

// Until the kernel side has heard of it, what passes on a refused socket is counted here.
TEST_F(PipelineTest, RequestsOfRefusedConnectionsAreCounted) {
  Config config;
  config.capture.max_connections = 1;
  start_live(config);
  open(1);
  open(2);
  uint32_t flight = 0;
  const auto pass = [&](Direction direction, std::string_view bytes) {
    SocketEvent event = event_of(2, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.flight = flight;
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    pipeline_->on_event(event);
  };
  for (int i = 0; i < 3; ++i) {
    ++flight;
    pass(Direction::recv, "GET /a HTTP/1.1\r\n");
    pass(Direction::recv, "\r\n");
    ++flight;
    pass(Direction::send, "HTTP/1.1 204 No Content\r\n\r\n");
  }
  EXPECT_EQ((self().lost_requests[{kNoService, "connection_limit"}]), 3u);
  EXPECT_TRUE(ignored_.empty());
}

// One process that takes every place does not keep others out.
TEST_F(PipelineTest, TheProcessThatHoldsMostGivesWay) {
  Config config;
  config.capture.max_connections = 8;
  start_live(config);
  const auto open_by = [&](SocketId socket, uint32_t tgid) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::open);
    event.process.tgid = tgid;
    pipeline_->on_event(event);
  };
  for (SocketId socket = 1; socket <= 8; ++socket) open_by(socket, 100);
  for (SocketId socket = 1; socket <= 8; ++socket)
    if (socket != 5) serve(socket, "/a");
  open_by(9, 200);
  serve(9, "/b");
  EXPECT_EQ(postponed_, (std::vector<SocketId>{5}));  // nothing has passed there for longest
  EXPECT_EQ(seen_.back(), "9 server unknown  GET /b /b 200");
  EXPECT_EQ(self().lost_segments["connection_limit"], 0u);
  // It finds no place for another one at others' cost.
  open_by(10, 100);
  EXPECT_EQ(postponed_.back(), 10u);
  EXPECT_EQ(self().lost_segments["connection_limit"], 1u);
}

// Who holds most gives way, and what it has asked is unknown, not forgotten; everybody else is as before.
TEST_F(PipelineTest, ParsersThatHoldTooMuch) {
  start();
  serve(1, "/before");
  const std::string request = "GET /" + std::string(4000, 'a') + " HTTP/1.1\r\n\r\n";
  SocketId socket = 2;
  while (self().lost_segments["memory_limit"] == 0) {
    for (int i = 0; i < 300; ++i) say(socket, Direction::recv, request);
    ASSERT_LT(++socket, 1000u) << "no limit";
  }
  EXPECT_GT(socket, 30u);
  serve(1, "/after");
  EXPECT_EQ(seen_.front(), "1 server unknown  GET /before /before 200");
  EXPECT_EQ(seen_.back(), "1 server unknown  GET /after /after 200");
  const auto unknown = [](const std::string& line) { return line.ends_with(" unknown"); };
  const auto given_up = std::count_if(seen_.begin(), seen_.end(), unknown);
  EXPECT_GE(given_up, 200);
  EXPECT_EQ(given_up + 2, static_cast<std::ptrdiff_t>(seen_.size()));
}

// A small one does not give way for the greed of another, though it asks for the last byte.
TEST_F(PipelineTest, TheGreediestGivesWay) {
  const std::string large = "GET /" + std::string(16000, 'a') + " HTTP/1.1\r\n\r\n";
  const auto ask = [&](SocketId n) { say(2 + n / 60, Direction::recv, large); };  // 60 on each connection
  start();
  SocketId limit = 0;
  for (; self().lost_segments["memory_limit"] == 0; ++limit) {
    ASSERT_LT(limit, 100000u) << "no limit";
    ask(limit);
  }
  start_live();
  for (SocketId socket = 1; socket <= 2 + limit / 60; ++socket) open(socket);
  for (SocketId n = 0; n + 1 < limit; ++n) ask(n);
  ASSERT_EQ(self().lost_segments["memory_limit"], 0u);
  for (int i = 0; self().lost_segments["memory_limit"] == 0; ++i) {
    ASSERT_LT(i, 4000) << "no limit";
    say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  }
  EXPECT_EQ(postponed_.size(), 1u);
  EXPECT_NE(postponed_.front(), 1u);
  EXPECT_EQ(seen_.size(), 60u);
}

}  // namespace
}  // namespace sockwatch
