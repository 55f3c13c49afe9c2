// What no record told of: lost bytes and requests, what listings tell, connections whose close was lost.
#include "pipeline_fixture.h"

#include <algorithm>
#include <random>

namespace sockwatch {
namespace {

TEST_F(PipelineTest, ALossAtTheVeryEndIsNoticed) {
  start();
  const std::string request = "GET /a HTTP/1.1\r\n\r\n";
  segment(1, Direction::recv, 0, request.size(), request);
  close(1, request.size(), 38);  // the response was lost
  segment(2, Direction::recv, 0, request.size(), request);
  close(2, request.size(), 0);  // there was none
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown", "2 server unknown  GET /a /a aborted"}));
}

// A request whose beginning was seen is reported; any other is lost, under the name of whose it was.
TEST_F(PipelineTest, LossIsToldByService) {
  start_live();
  Open accepted = between("10.0.0.1:80", "10.0.0.7:5000", "shop");
  accepted.accepted = true;
  accepted.passed[0] = 100;  // counted by the kernel side
  accepted.flight = 3;
  open(1, accepted);
  const std::string request = "GET /a HTTP/1.1\r\n\r\n", response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  uint64_t asked = 100, answered = 0;
  const auto pass = [&](uint32_t flight, Direction direction, const std::string& bytes, bool told) {
    uint64_t& offset = direction == Direction::recv ? asked : answered;
    SocketEvent event = event_of(1, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.offset = std::exchange(offset, offset + bytes.size());
    event.segment.length = bytes.size();
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    event.segment.flight = flight;
    if (told) pipeline_->on_event(event);
  };
  const std::vector<bool> told = {false, true, true, true, true, false, false, false, true, true, true, false};
  for (uint32_t i = 0; i < told.size(); ++i)
    pass(3 + i, i % 2 == 0 ? Direction::recv : Direction::send, i % 2 == 0 ? request : response, told[i]);
  SocketEvent closing = event_of(1, SocketEvent::Kind::close);
  closing.close = {.reset = false, .unread = Unread::none, .end = {asked, answered}, .flight = 14, .direction = Direction::send};
  pipeline_->on_event(closing);

  const std::string unknown = "1 server shop  GET /a /a unknown";
  EXPECT_EQ(seen_, (Lines{"1 server shop  GET /a /a 200", unknown, unknown, unknown}));
  EXPECT_EQ((self().lost_requests[{"shop", "ring_full"}]), 2u);
  EXPECT_EQ((self().lost_bytes[{"shop", "server", "recv", "ring_full"}]), 2 * request.size());
  EXPECT_EQ((self().lost_bytes[{"shop", "server", "send", "ring_full"}]), 3 * response.size());
}

// Requests one after the other, of which records are lost: as many as it may be, of requests or answers or both, at either end.
TEST_F(PipelineTest, AfterALossStatusesAreKnownAgain) {
  const std::string request = "GET /a HTTP/1.1\r\n\r\n", response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  constexpr uint32_t kLossFrom = 5, kLossTo = 40, kFlights = 60;
  std::minstd_rand random(1);
  for (int round = 0; round < 400; ++round) {
    const Direction asks = round % 2 == 0 ? Direction::recv : Direction::send;
    const uint32_t lost_requests = random() % 101, lost_responses = random() % 101;  // of a hundred
    start_live();
    Open whole;
    whole.accepted = asks == Direction::recv;
    whole.flight = 1;
    open(1, whole);
    uint64_t offsets[2] = {};
    std::string told;
    for (uint32_t flight = 1; flight <= kFlights; ++flight) {
      const bool is_request = flight % 2 == 1;
      const std::string& bytes = is_request ? request : response;
      SocketEvent event = event_of(1, SocketEvent::Kind::segment);
      event.segment.direction = is_request ? asks : opposite(asks);
      uint64_t& offset = offsets[static_cast<size_t>(event.segment.direction)];
      event.segment.offset = std::exchange(offset, offset + bytes.size());
      event.segment.length = bytes.size();
      event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
      event.segment.flight = flight;
      const bool at_random = random() % 100 < (is_request ? lost_requests : lost_responses);
      const bool lost = flight >= kLossFrom && flight <= kLossTo && (round >= 8 ? at_random : flight > kLossFrom + round / 2 && flight <= kLossTo - round / 4);
      told += lost ? '-' : is_request ? '?' : '!';
      if (!lost) pipeline_->on_event(event);
      if (round % 3 == 0 && lost && random() % 8 == 0) {
        told += '.';
        SocketInfo info;
        info.socket = 1;
        info.pending = info.lost = true;
        info.flight = flight;
        info.direction = event.segment.direction;
        for (int d = 0; d < 2; ++d) info.progress[d] = {.offset = offsets[d], .ts_ns = now_ns_};
        pipeline_->on_progress({&info, 1}, ListingScope::pending, now_ns_);
      }
    }
    const auto last = std::find_if(seen_.rbegin(), seen_.rend(), [](const std::string& line) { return !line.ends_with(" 200"); });
    EXPECT_GE(last - seen_.rbegin(), (kFlights - kLossTo) / 2 - 1) << told << " as " << (asks == Direction::recv ? "a server" : "a client");
  }
}

TEST_F(PipelineTest, ALossBeforeAHalfCloseIsNoticed) {
  start();
  const std::string request = "GET /a HTTP/1.1\r\n\r\n";
  segment(1, Direction::recv, 0, request.size(), request);
  SocketEvent event = event_of(1, SocketEvent::Kind::eof);
  event.eof = {.direction = Direction::send, .end = 100};
  pipeline_->on_event(event);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown"}));
}

TEST_F(PipelineTest, ProgressThatNoSegmentToldOf) {
  start();
  open(1);
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  say(1, Direction::send, head);
  SocketInfo info;
  info.socket = 1;
  info.pending = true;
  info.flight = 2;
  info.progress[0].offset = 19;
  info.progress[1].offset = head.size() + 1000;
  info.progress[1].ts_ns = now_ns_ + 7 * kMs;
  pipeline_->on_progress({&info, 1}, ListingScope::all, now_ns_);
  EXPECT_EQ(seen_.size(), 1u);
}

TEST_F(PipelineTest, ConnectionsThatTwoListingsDoNotHaveAreGone) {
  start_live();
  open(1);
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  SocketInfo other;
  other.socket = 9;
  pipeline_->on_progress({&other, 1}, ListingScope::pending, now_ns_ + kMs);  // tells of AF_UNIX alone
  pipeline_->on_progress({&other, 1}, ListingScope::all, now_ns_ + kMs);
  EXPECT_TRUE(seen_.empty());
  pipeline_->on_progress({&other, 1}, ListingScope::all, now_ns_ + kMs);
  // Nothing told that it was closed: that was lost, and the answer may have been too.
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown"}));
  EXPECT_EQ(self().connections, 0u);
}

TEST_F(PipelineTest, WhatNoProcessHoldsIsNotGone) {
  start_live();
  open(1);
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 50; ++i) pipeline_->on_progress({}, ListingScope::held, now_ns_ + kMs);
  say(1, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a 200"}));
}

// Of TCP a close is told of; one that two listings of every socket do not have has lost that, and perhaps more.
TEST_F(PipelineTest, AConnectionThatIsInNoListingHasLostItsClose) {
  start_live();
  open(1);
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 2; ++i) pipeline_->on_progress({}, ListingScope::all, now_ns_ + kMs);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown"}));
  EXPECT_EQ(self().connections, 0u);
}

TEST_F(PipelineTest, OnlyListingsTellThatAConnectionOfUnixIsGone) {
  start_live();
  Open local;
  local.local.family = SocketFamily::unix_stream;
  open(1, local);
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 2; ++i) pipeline_->on_progress({}, ListingScope::pending, now_ns_ + kMs);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a aborted"}));
  EXPECT_EQ(self().connections, 0u);
}

}  // namespace
}  // namespace sockwatch
