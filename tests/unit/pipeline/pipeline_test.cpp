// The pipeline around the parser: services and peers, recordings, what is not understood, and what it counts of itself.
#include "pipeline_fixture.h"

#include <algorithm>

namespace sockwatch {
namespace {

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

// Written by hand, a recording does not say in which flight a segment passed: a lost answer and a client that
// pipelines look the same, and the first is taken for it until the second has been seen.
TEST_F(PipelineTest, ARecordingWithoutFlights) {
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

// But requests that came in one piece were asked at once, flights or not.
TEST_F(PipelineTest, ARecordingWithoutFlightsOfRequestsInOnePiece) {
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
