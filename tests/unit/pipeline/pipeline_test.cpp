// The pipeline around the parser: connections and their limits, services and peers, what it counts of itself.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sockwatch {
namespace {

constexpr uint64_t kMs = 1'000'000;

class PipelineTest : public testing::Test {
 protected:
  void start(const Config& config = {}) {
    offsets_.clear();
    pipeline_ = std::make_unique<Pipeline>(config);
    observe();
  }
  void start_live(const Config& config = {}) {
    offsets_.clear();
    seen_.clear();
    pipeline_ = std::make_unique<Pipeline>(config, SocketAdvice{.ignore = [this](SocketId socket) { ignored_.push_back(socket); },
                                                                .postpone = [this](SocketId socket) { postponed_.push_back(socket); },
                                                                .make_room = [this] { ++rooms_; }});
    observe();
  }

  SocketEvent event_of(SocketId socket, SocketEvent::Kind kind) {
    SocketEvent event;
    event.socket = socket;
    event.kind = kind;
    event.ts_ns = now_ns_ += kMs;
    return event;
  }
  static Open between(const char* local, const char* remote, const char* service) {
    Open open;
    open.local = parse_endpoint(local);
    open.remote = parse_endpoint(remote);
    open.service = service;
    return open;
  }
  void open(SocketId socket, const Open& open = {}) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::open);
    event.open = open;
    pipeline_->on_event(event);
  }
  /// Bytes where the last ones of the direction ended.
  void say(SocketId socket, Direction direction, std::string_view bytes) {
    uint64_t& offset = offsets_[{socket, direction}];
    segment(socket, direction, offset, bytes.size(), bytes);
    offset += bytes.size();
  }
  void segment(SocketId socket, Direction direction, uint64_t offset, uint64_t length, std::string_view bytes,
               Hidden hidden = Hidden::none, std::string_view tail = {}) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.offset = offset;
    event.segment.length = length;
    event.segment.hidden = hidden;
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    event.segment.tail = {reinterpret_cast<const uint8_t*>(tail.data()), tail.size()};
    pipeline_->on_event(event);
  }
  void close(SocketId socket, uint64_t recv_end = 0, uint64_t send_end = 0) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::close);
    event.close.end[0] = recv_end;
    event.close.end[1] = send_end;
    pipeline_->on_event(event);
  }
  /// A server's exchange.
  void serve(SocketId socket, const std::string& path) {
    say(socket, Direction::recv, "GET " + path + " HTTP/1.1\r\n\r\n");
    say(socket, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  SelfMetrics self() {
    SelfMetrics self;
    pipeline_->fill(self);
    return self;
  }

  std::unique_ptr<Pipeline> pipeline_;
  std::vector<std::string> seen_;  ///< "1 server shop peer GET /a /a 200"
  std::vector<SocketId> ignored_;
  std::vector<SocketId> postponed_;
  int rooms_ = 0;
  uint64_t now_ns_ = 0;

 private:
  void observe() {
    pipeline_->set_observer([this](const ObservedTransaction& o) {
      const Transaction& t = o.transaction;
      seen_.push_back(std::to_string(o.socket) + " " + std::string(to_string(t.role)) + " " +
                      std::string(o.service) + " " + std::string(o.peer) + " " + std::string(t.method) + " " +
                      std::string(t.target) + " " + std::string(o.path) + " " + t.status.text());
    });
  }
  std::map<std::pair<SocketId, Direction>, uint64_t> offsets_;
};

using Lines = std::vector<std::string>;

TEST_F(PipelineTest, ARecordingNeedsNoOpen) {
  start();
  serve(1, "/users/17?token=secret");
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /users/17?token=secret /users/{id} 200"}));
  EXPECT_EQ((self().transactions[{"http", "server"}]), 1u);
  EXPECT_EQ(self().segments, 2u);
}

TEST_F(PipelineTest, TheRecordingNamesServicesAndPeers) {
  start();
  Open accepted = between("10.0.0.1:80", "10.0.0.7:5000", "shop");
  accepted.accepted = true;
  open(1, accepted);
  open(2, between("10.0.0.2:5000", "10.0.0.1:80", "web"));
  open(3, between("10.0.0.2:5001", "10.0.0.9:80", "web"));
  for (SocketId client : {2, 3}) {
    say(client, Direction::send, "GET /a HTTP/1.1\r\n\r\n");
    say(client, Direction::recv, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_EQ(seen_, (Lines{"2 client web shop GET /a /a 404", "3 client web 10.0.0.9:80 GET /a /a 404"}));
}

// Any process may bind a name of any bytes; one label that is no UTF-8 and Prometheus takes nothing of a scrape.
TEST_F(PipelineTest, ThePathOfASocketBecomesALabelThatMayStandThere) {
  start();
  Open open_to;
  open_to.local.family = SocketFamily::unix_stream;
  open_to.unix_path = "@a\nb\"c\\\xff\xc3(\x01";
  open(1, open_to);
  say(1, Direction::send, "GET /a HTTP/1.1\r\n\r\n");
  say(1, Direction::recv, "HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(seen_, (Lines{"1 client unknown unix:@a_b\"c\\__(_ GET /a /a 204"}));
}

TEST_F(PipelineTest, RepeatedAndOverlappingSegmentsCountOnce) {
  start();
  const std::string request = "GET /a HTTP/1.1\r\n\r\n",
                    response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  segment(1, Direction::recv, 0, 10, request.substr(0, 10));
  segment(1, Direction::recv, 0, 10, request.substr(0, 10));
  segment(1, Direction::recv, 5, request.size() - 5, request.substr(5));
  segment(1, Direction::send, 0, response.size(), response);
  segment(1, Direction::send, 0, response.size(), response);
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a 200"}));
}

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
  accepted.run = 3;
  open(1, accepted);
  const std::string request = "GET /a HTTP/1.1\r\n\r\n", response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  uint64_t asked = 100, answered = 0;
  const auto pass = [&](uint32_t run, Direction direction, const std::string& bytes, bool told) {
    uint64_t& offset = direction == Direction::recv ? asked : answered;
    SocketEvent event = event_of(1, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.offset = std::exchange(offset, offset + bytes.size());
    event.segment.length = bytes.size();
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    event.segment.run = run;
    if (told) pipeline_->on_event(event);
  };
  const std::vector<bool> told = {false, true, true, true, true, false, false, false, true, true, true, false};
  for (uint32_t i = 0; i < told.size(); ++i)
    pass(3 + i, i % 2 == 0 ? Direction::recv : Direction::send, i % 2 == 0 ? request : response, told[i]);
  SocketEvent closing = event_of(1, SocketEvent::Kind::close);
  closing.close = {.reset = false, .unread = Unread::none, .end = {asked, answered}, .run = 14, .direction = Direction::send};
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
  constexpr uint32_t kLossFrom = 5, kLossTo = 40, kRuns = 60;
  std::minstd_rand random(1);
  for (int round = 0; round < 400; ++round) {
    const Direction asks = round % 2 == 0 ? Direction::recv : Direction::send;
    const uint32_t lost_requests = random() % 101, lost_responses = random() % 101;  // of a hundred
    start_live();
    Open whole;
    whole.accepted = asks == Direction::recv;
    whole.run = 1;
    open(1, whole);
    uint64_t offsets[2] = {};
    std::string told;
    for (uint32_t run = 1; run <= kRuns; ++run) {
      const bool is_request = run % 2 == 1;
      const std::string& bytes = is_request ? request : response;
      SocketEvent event = event_of(1, SocketEvent::Kind::segment);
      event.segment.direction = is_request ? asks : opposite(asks);
      uint64_t& offset = offsets[static_cast<size_t>(event.segment.direction)];
      event.segment.offset = std::exchange(offset, offset + bytes.size());
      event.segment.length = bytes.size();
      event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
      event.segment.run = run;
      const bool at_random = random() % 100 < (is_request ? lost_requests : lost_responses);
      const bool lost = run >= kLossFrom && run <= kLossTo && (round >= 8 ? at_random : run > kLossFrom + round / 2 && run <= kLossTo - round / 4);
      told += lost ? '-' : is_request ? '?' : '!';
      if (!lost) pipeline_->on_event(event);
      if (round % 3 == 0 && lost && random() % 8 == 0) {
        told += '.';
        SocketInfo info;
        info.socket = 1;
        info.pending = info.lost = true;
        info.run = run;
        info.direction = event.segment.direction;
        for (int d = 0; d < 2; ++d) info.progress[d] = {.offset = offsets[d], .ts_ns = now_ns_};
        pipeline_->on_progress({&info, 1}, ListingScope::pending, now_ns_);
      }
    }
    const auto last = std::find_if(seen_.rbegin(), seen_.rend(), [](const std::string& line) { return !line.ends_with(" 200"); });
    EXPECT_GE(last - seen_.rbegin(), (kRuns - kLossTo) / 2 - 1) << told << " as " << (asks == Direction::recv ? "a server" : "a client");
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

TEST_F(PipelineTest, OffsetsAndLengthsThatAreTooLarge) {
  start();
  segment(1, Direction::recv, UINT64_MAX - 1, 50, "GET /a HTTP/1.1\r\n\r\n");
  segment(1, Direction::recv, 0, UINT64_MAX, "GET /a HTTP/1.1\r\n\r\n");
  segment(1, Direction::send, 5, UINT64_MAX, "HTTP/1.1 200 OK\r\n\r\n");
  close(1, UINT64_MAX, UINT64_MAX);
  serve(2, "/b");
  EXPECT_EQ(seen_, (Lines{"2 server unknown  GET /b /b 200"}));
}

TEST_F(PipelineTest, AnOpenAgainIsANewConnection) {
  start();
  open(1);
  segment(1, Direction::recv, 0, 19, "GET /a HTTP/1.1\r\n\r\n");
  open(1);
  segment(1, Direction::recv, 0, 19, "GET /b HTTP/1.1\r\n\r\n");
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a aborted", "1 server unknown  GET /b /b aborted"}));
}

TEST_F(PipelineTest, WhatIsNotHttpIsIgnoredFromThenOn) {
  start_live();
  open(1);
  say(1, Direction::recv, "SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(ignored_.size(), 0u);  // a server of HTTP would refuse it
  say(1, Direction::send, "SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(ignored_, (std::vector<SocketId>{1}));
  EXPECT_EQ(self().connections, 0u);
  serve(1, "/a");  // on its way still
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(ignored_.size(), 3u);  // advised again: the advice may have been lost
}

TEST_F(PipelineTest, WhatIsNotHttpInARecordingStaysIgnored) {
  start();
  open(1);
  say(1, Direction::recv, "SSH-2.0-OpenSSH_9.2\r\n");
  say(1, Direction::send, "SSH-2.0-OpenSSH_9.2\r\n");
  serve(1, "/a");
  EXPECT_TRUE(seen_.empty());
  close(1);
  EXPECT_EQ(self().connections, 0u);
}

TEST_F(PipelineTest, AnUpgradedConnectionIsLetGo) {
  start_live();
  open(1);
  say(1, Direction::recv, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  say(1, Direction::send, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  EXPECT_EQ(seen_.size(), 1u);
  EXPECT_EQ(ignored_, (std::vector<SocketId>{1}));
  EXPECT_EQ(self().connections, 0u);
}

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
  uint32_t run = 0;
  const auto pass = [&](Direction direction, std::string_view bytes) {
    SocketEvent event = event_of(2, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.run = run;
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    pipeline_->on_event(event);
  };
  for (int i = 0; i < 3; ++i) {
    ++run;
    pass(Direction::recv, "GET /a HTTP/1.1\r\n");
    pass(Direction::recv, "\r\n");
    ++run;
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

TEST_F(PipelineTest, SilenceSettles) {
  start();
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  segment(1, Direction::send, 0, 5000, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
          Hidden::none, "\r\n0\r\n\r\n");
  pipeline_->advance(now_ns_ + 400 * kMs);
  EXPECT_TRUE(seen_.empty());
  pipeline_->advance(now_ns_ + 600 * kMs);
  EXPECT_EQ(seen_.size(), 1u);
  pipeline_->finish();
  EXPECT_EQ(seen_.size(), 1u);
}

// Whoever calls advance() late changes nothing for a connection that speaks again.
TEST_F(PipelineTest, SilenceSettlesBeforeTheNextBytes) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const uint64_t silence_ms : {400, 600}) {
    start();
    seen_.clear();
    say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
    segment(1, Direction::send, 0, head.size() + 100, head, Hidden::none, "x\r\n0\r\n\r\n");
    now_ns_ += silence_ms * kMs;
    segment(1, Direction::send, head.size() + 100, 4, "more");
    EXPECT_EQ(seen_.size(), silence_ms > 500 ? 1u : 0u) << silence_ms;
  }
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
  info.run = 2;
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

TEST_F(PipelineTest, AConnectionFromTheMiddle) {
  start();
  Open middle;
  middle.from_start = false;
  open(1, middle);
  say(1, Direction::recv, "rest of a body");
  say(1, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  serve(1, "/b");
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /b /b 200"}));
  EXPECT_EQ(self().parse_errors["orphan_response"], 1u);
}

// Nobody said where the connection began: what is no message may be the rest of one.
TEST_F(PipelineTest, ARecordingFromTheMiddleThatDoesNotSaySo) {
  for (const char* rest :
       {"rest of a body", "\x01\x02", "{\"a\":1}\r\n", "st: a\r\ncontent-length: 5\r\n\r\nhello"}) {
    start();
    seen_.clear();
    say(1, Direction::recv, rest);
    say(1, Direction::recv, "GET /inside HTTP/1.1\r\n\r\n");
    say(1, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    serve(1, "/b");
    close(1);
    EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /b /b 200"})) << rest;

    start();
    seen_.clear();
    say(1, Direction::send, rest);
    serve(1, "/b");
    serve(1, "/c");
    say(1, Direction::recv, "GET /d HTTP/1.1\r\n\r\n");
    close(1);
    EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /b /b 200", "1 server unknown  GET /c /c 200",
                            "1 server unknown  GET /d /d aborted"}))
        << rest;
  }
}

TEST_F(PipelineTest, ARecordingFromTheMiddleByItsOffsets) {
  const std::string request = "GET /a HTTP/1.1\r\n\r\n";
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  start();
  segment(1, Direction::recv, 5000, request.size(), request);
  segment(1, Direction::send, 70000, answer.size(), answer);
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a 200"}));

  seen_.clear();
  segment(2, Direction::recv, 5000, request.size(), request);
  segment(2, Direction::send, 70000, answer.size(), answer);
  segment(2, Direction::recv, 6000, request.size(), request);
  segment(2, Direction::send, 80000, answer.size(), answer);
  close(2);
  ASSERT_EQ(seen_.size(), 2u);
  EXPECT_EQ(seen_[1], "2 server unknown  GET /a /a unknown") << "what is missing from then on was lost";

  seen_.clear();
  open(3);
  segment(3, Direction::recv, 5000, request.size(), request);
  segment(3, Direction::send, 70000, answer.size(), answer);
  close(3);
  EXPECT_EQ(seen_, (Lines{"3 server unknown  GET /a /a unknown"})) << "its start was seen";
}

TEST_F(PipelineTest, WhatWasNoHttpIsNotTakenForItWithoutAnAnswer) {
  start();
  say(1, Direction::send, "220 mail.example.org ESMTP\r\n");
  say(1, Direction::recv, "EHLO a\r\n");
  say(1, Direction::send, "250 mail.example.org\r\n");
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  say(1, Direction::send, "502 What?\r\n");
  say(1, Direction::recv, "GET /b HTTP/1.1\r\n\r\n");
  close(1);
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ((self().transactions[{"http", "server"}]), 0u);
}

// Other protocols have such words too, but no such line.
TEST_F(PipelineTest, AMethodThatIsAnotherProtocolsWordInPieces) {
  for (const char* method : {"get", "gets", "touch", "set", "mg"}) {
    start();
    seen_.clear();
    for (const char c : std::string(method) + " /a HTTP/1.1\r\nHost: a\r\n\r\n")
      say(1, Direction::recv, {&c, 1});
    say(1, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(seen_, (Lines{std::string("1 server unknown  ") + method + " /a /a 200"}));
  }
}

// Written by hand, a recording does not say in which run a segment passed: a lost answer and a client that
// pipelines look the same, and the first is taken for it until the second has been seen.
TEST_F(PipelineTest, ARecordingWithoutRuns) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  start();
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\n");
  say(1, Direction::recv, "GET /b HTTP/1.1\r\n\r\n");
  segment(1, Direction::send, answer.size(), answer.size(), answer);
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown", "1 server unknown  GET /b /b 200"}));

  seen_.clear();
  say(2, Direction::recv, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  segment(2, Direction::send, 0, 2 * answer.size(), answer + answer);
  say(2, Direction::recv, "GET /c HTTP/1.1\r\n\r\n");
  say(2, Direction::recv, "GET /d HTTP/1.1\r\n\r\n");
  segment(2, Direction::send, 3 * answer.size(), answer.size(), answer);
  close(2);
  EXPECT_EQ(seen_, (Lines{"2 server unknown  GET /a /a 200", "2 server unknown  GET /b /b 200",
                          "2 server unknown  GET /c /c unknown", "2 server unknown  GET /d /d unknown"}));
}

// But requests that came in one piece were asked at once, runs or not.
TEST_F(PipelineTest, ARecordingWithoutRunsOfRequestsInOnePiece) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  start();
  say(1, Direction::recv, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n");
  segment(1, Direction::send, 0, answer.size(), "");
  say(1, Direction::recv, "\r\nGET /c HTTP/1.1\r\n\r\n");
  segment(1, Direction::send, answer.size(), 2 * answer.size(), answer + answer);
  close(1);
  EXPECT_EQ(seen_, (Lines{"1 server unknown  GET /a /a unknown", "1 server unknown  GET /b /b unknown",
                          "1 server unknown  GET /c /c unknown"}));
}

TEST_F(PipelineTest, WhatCouldNotBeReadIsCountedByServiceAndReason) {
  start();
  open(1, between("", "", "shop"));
  serve(1, "/a");
  segment(1, Direction::recv, 19, 40, {}, Hidden::fault);
  segment(1, Direction::send, 38, 40, {}, Hidden::splice);
  EXPECT_EQ((self().unreadable_segments[{"shop", "fault"}]), 1u);
  EXPECT_EQ((self().unreadable_segments[{"shop", "splice"}]), 1u);
  EXPECT_EQ(self().parse_errors["unseen_request"], 1u);
  EXPECT_EQ(self().parse_errors["unseen_response"], 1u);
}

TEST_F(PipelineTest, AcceptedConnectionsOfWhichNothingIsUnderstoodAreCounted) {
  start();
  Open accepted = between("10.0.0.1:80", "10.0.0.7:5000", "shop");
  accepted.accepted = true;
  for (SocketId socket : {1, 2, 3, 4}) open(socket, accepted);
  for (const auto& [socket, kind] : {std::pair{SocketId{1}, Unread::tls}, {2, Unread::other}, {3, Unread::none}}) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::close);
    event.close.unread = kind;
    event.close.end[0] = 500;
    pipeline_->on_event(event);
  }
  say(4, Direction::recv, "(\r\n");
  EXPECT_EQ((self().unreadable_connections[{"shop", "other"}]), 1u);  // the answer may yet be HTTP's
  say(4, Direction::send, "what?\r\n");
  EXPECT_EQ((self().unreadable_connections[{"shop", "other"}]), 2u);
  EXPECT_EQ((self().unreadable_connections[{"shop", "tls"}]), 1u);
  EXPECT_EQ(self().parse_errors["unseen_request"], 0u);
  open(5, between("10.0.0.7:5000", "10.0.0.1:80", "client"));
  say(5, Direction::send, "(\r\n");
  say(5, Direction::recv, "what?\r\n");
  EXPECT_EQ((self().unreadable_connections.count({"client", "other"})), 0u);
}

TEST_F(PipelineTest, ConnectionsOfHttp2AreCountedOnceAtEitherEnd) {
  start();
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  const std::string settings("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144", 15);
  open(1, between("10.0.0.1:80", "10.0.0.7:5000", "shop"));
  open(2, between("10.0.0.7:5000", "10.0.0.1:80", "client"));
  for (int i = 0; i < 2; ++i) {
    say(1, Direction::recv, preface);
    say(1, Direction::send, settings);
    say(2, Direction::send, preface);
    say(2, Direction::recv, settings);
  }
  EXPECT_EQ((self().unreadable_connections[{"shop", "http2"}]), 1u);
  EXPECT_EQ((self().unreadable_connections[{"client", "http2"}]), 1u);
  EXPECT_EQ(self().unreadable_connections.size(), 2u);
}

TEST_F(PipelineTest, AServerOfHttp1ThatRefusesHttp2IsUnderstood) {
  start();
  Open accepted = between("10.0.0.1:80", "10.0.0.7:5000", "shop");
  accepted.accepted = true;
  open(1, accepted);
  say(1, Direction::recv, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say(1, Direction::send, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(self().unreadable_connections.empty());
}

// A recording that does not tell where its connections begin: what looks like no request is the middle of one.
TEST_F(PipelineTest, ALineThatIsNoRequestIsOneWhereTheConnectionsStartWasSeen) {
  start();
  const std::string refused = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
  say(1, Direction::recv, "of a body\r\n");
  say(1, Direction::send, refused);
  close(1);
  EXPECT_EQ(seen_, Lines());
  open(2, between("10.0.0.1:80", "", "shop"));
  say(2, Direction::recv, "of a body\r\n");
  say(2, Direction::send, refused);
  close(2);
  EXPECT_EQ(seen_, (Lines{"2 server shop  _OTHER _other _other 400"}));
}

}  // namespace
}  // namespace sockwatch
