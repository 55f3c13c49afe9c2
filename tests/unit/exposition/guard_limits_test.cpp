// Each bound of the guard, hit once, with what the client is told and what is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "test_client.h"
#include "test_server.h"

namespace sockwatch {
namespace {

using namespace std::chrono_literals;

void expect_refusal(TestClient& client, int status) {
  const auto response = client.read_response();
  ASSERT_TRUE(response) << "no " << status << " came";
  EXPECT_EQ(response->status, status);
  EXPECT_EQ(response->field("connection"), "close");
  client.half_close();
  EXPECT_TRUE(client.sees_close()) << "the connection stayed open after " << status;
  EXPECT_FALSE(client.was_reset()) << "a reset may overtake the response";
}

TEST(GuardLimits, EveryReasonIsToldFromTheStart) {
  const auto server = start_server();
  for (const char* reason :
       {"connection_limit", "head_timeout", "head_too_large", "body_not_allowed", "bad_request",
        "write_timeout", "write_backlog", "accept_failed", "address", "request_limit", "tls_handshake", "tls_timeout", "unauthorized"}) {
    EXPECT_EQ(refused(*server, reason), 0U) << reason;
  }
  EXPECT_EQ(server->refused().size(), 13U);
}

TEST(GuardLimits, ALongHeaderLineIsTooLarge) {
  const auto server = start_server();
  TestClient client(server->port());
  client.send("GET /metrics HTTP/1.1\r\nX: " + std::string(64 * 1024, 'a') + "\r\n\r\n");
  expect_refusal(client, 431);
  EXPECT_EQ(refused(*server, "head_too_large"), 1U);
}

TEST(GuardLimits, ManyHeaderBytesAreTooLarge) {
  const auto server = start_server();
  TestClient client(server->port());
  std::string head = "GET /metrics HTTP/1.1\r\n";
  for (int i = 0; i < 1'000; ++i) head += "X-" + std::to_string(i) + ": " + std::string(50, 'a') + "\r\n";
  client.send(head + "\r\n");
  expect_refusal(client, 431);
  EXPECT_EQ(refused(*server, "head_too_large"), 1U);
}

TEST(GuardLimits, ManySmallHeadersAreTooMany) {
  const auto server = start_server();
  TestClient client(server->port());
  std::string head = "GET /metrics HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i) head += "A: b\r\n";
  client.send(head + "\r\n");
  expect_refusal(client, 431);
  EXPECT_EQ(refused(*server, "head_too_large"), 1U);
}

TEST(GuardLimits, AnEndlessLineIsTooLargeLongBeforeItEnds) {
  const ServerLimits limits;
  const auto server = start_server(limits);
  TestClient client(server->port());
  ASSERT_TRUE(client.send(std::string(limits.max_head_bytes - 1, 'a')));
  EXPECT_EQ(refused(*server, "head_too_large"), 0U);
  ASSERT_TRUE(client.send("a"));  // no newline, ever
  expect_refusal(client, 431);
  EXPECT_EQ(refused(*server, "head_too_large"), 1U);
}

TEST(GuardLimits, AHeadOfJustTheLimitIsServed) {
  const ServerLimits limits;
  const auto server = start_server(limits);
  TestClient client(server->port());
  std::string head = "GET /-/healthy HTTP/1.1\r\n";
  while (head.size() + 2 < limits.max_head_bytes) {
    const size_t left = limits.max_head_bytes - head.size() - 2;
    const size_t line = left >= 2 * 1024 ? 1024 : left;
    head += "X: " + std::string(line - 5, 'a') + "\r\n";
  }
  head += "\r\n";
  ASSERT_EQ(head.size(), limits.max_head_bytes);
  ASSERT_TRUE(client.send(head));
  EXPECT_EQ(client.read_response()->status, 200);
}

TEST(GuardLimits, ABodyIsRefused) {
  const auto server = start_server();
  for (const std::string body :
       {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "Content-Length: 18446744073709551617\r\n\r\n"}) {
    TestClient client(server->port());
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\n" + body));
    expect_refusal(client, 413);
  }
  EXPECT_EQ(refused(*server, "body_not_allowed"), 3U);
}

TEST(GuardLimits, APostWithABodyIsNotAllowedAndClosed) {
  const auto server = start_server();
  TestClient client(server->port());
  ASSERT_TRUE(client.send(
      "POST /metrics HTTP/1.1\r\nContent-Length: 36\r\n\r\nGET /metrics HTTP/1.1\r\nHost: evil\r\n\r\n"));
  expect_refusal(client, 405);
  EXPECT_EQ(refused(*server, "body_not_allowed"), 1U);
}

TEST(GuardLimits, WhatIsNotHttpIsABadRequest) {
  const auto server = start_server();
  for (const std::string& garbage : {std::string("\x16\x03\x01\x02\x00\x01\n\n", 8),
                                     std::string("SSH-2.0-x\r\n\r\n"), std::string("\0\0\0\0\n\n", 6)}) {
    TestClient client(server->port());
    ASSERT_TRUE(client.send(garbage));
    expect_refusal(client, 400);
  }
  TestClient http2(server->port());
  ASSERT_TRUE(http2.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  expect_refusal(http2, 505);
  EXPECT_EQ(refused(*server, "bad_request"), 4U);
}

TEST(GuardLimits, PipelinedGarbageEndsTheConnectionAfterTheGoodRequest) {
  const auto server = start_server();
  TestClient client(server->port());
  ASSERT_TRUE(
      client.send("GET /-/healthy HTTP/1.1\r\n\r\n\x01garbage\x02\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n"));
  ASSERT_EQ(client.read_response()->status, 200);
  expect_refusal(client, 400);
  EXPECT_EQ(refused(*server, "bad_request"), 1U);
}

TEST(GuardLimits, AHeadThatIsNotCompleteInTimeIsRefused) {
  ServerLimits limits;
  limits.head_timeout = 50ms;
  const auto server = start_server(limits);
  TestClient silent(server->port());
  TestClient half(server->port());
  ASSERT_TRUE(half.send("GET /metrics HTTP/1.1\r\nHost:"));
  expect_refusal(silent, 408);
  expect_refusal(half, 408);
  EXPECT_EQ(refused(*server, "head_timeout"), 2U);
}

TEST(GuardLimits, ALaterHeadHasItsOwnDeadline) {
  ServerLimits limits;
  limits.head_timeout = 50ms;
  const auto server = start_server(limits);
  TestClient client(server->port());
  ASSERT_EQ(client.get("/-/healthy")->status, 200);
  ASSERT_TRUE(client.send("G"));
  expect_refusal(client, 408);
  EXPECT_EQ(refused(*server, "head_timeout"), 1U);
}

TEST(GuardLimits, AnIdleConnectionIsClosedWithoutBlame) {
  ServerLimits limits;
  limits.idle_timeout = 50ms;
  const auto server = start_server(limits);
  TestClient client(server->port());
  ASSERT_EQ(client.get("/-/healthy")->status, 200);
  EXPECT_TRUE(client.sees_close());
  EXPECT_FALSE(client.read_response());
  EXPECT_EQ(refused(*server, "head_timeout"), 0U);
}

TEST(GuardLimits, AConnectionServesSoManyRequests) {
  ServerLimits limits;
  limits.max_requests = 3;
  const auto server = start_server(limits);
  TestClient client(server->port());
  EXPECT_EQ(client.get("/-/healthy")->field("connection"), "");
  EXPECT_EQ(client.get("/-/healthy")->field("connection"), "");
  EXPECT_EQ(client.get("/-/healthy")->field("connection"), "close");
  EXPECT_TRUE(client.sees_close());
}

TEST(GuardLimits, ConnectionsBeyondTheLimitAreTurnedAway) {
  std::atomic<bool> go_on = false;
  const auto server = start_server({}, 3, [&] {
    go_on.wait(false);
    return small_snapshot();
  });
  std::vector<TestClient> open;
  for (int i = 0; i < 3; ++i) {
    open.emplace_back(server->port());
    ASSERT_EQ(open.back().get("/-/healthy")->status, 200);
    ASSERT_TRUE(open.back().send("GET /metrics HTTP/1.1\r\n\r\n"));
  }
  // Until the last of them is seen to have asked, it is idle.
  EXPECT_TRUE(eventually([&] {
    TestClient excess(server->port());
    const auto response = excess.read_response();
    return response && response->status == 503;
  })) << "nobody was turned away";
  EXPECT_GE(refused(*server, "connection_limit"), 1U);
  go_on = true;
  go_on.notify_all();
  EXPECT_EQ(open.front().read_response()->status, 200) << "those that ask stay in";
  open.pop_back();
  EXPECT_TRUE(eventually([&] {
    TestClient next(server->port());
    const auto response = next.get("/-/healthy");
    return response && response->status == 200;
  })) << "no place became free";
}

TEST(GuardLimits, TheIdlestConnectionGivesWay) {
  const auto server = start_server({}, 3);
  std::vector<TestClient> open;
  for (int i = 0; i < 6; ++i) {
    open.emplace_back(server->port());
    EXPECT_EQ(open.back().get("/-/healthy")->status, 200);
  }
  EXPECT_TRUE(open[0].sees_close());
  EXPECT_EQ(open[5].get("/-/healthy")->status, 200);
  EXPECT_EQ(refused(*server, "connection_limit"), 0U);
}

TEST(GuardLimits, RequestsBeyondTheLimitAreToldToTryAgain) {
  WebConfig config;
  config.listen_address = "127.0.0.1:0";
  config.max_requests = 2;
  std::atomic<bool> go_on = false;
  std::atomic<int> scrapes = 0;
  const auto started = start_server(config, [&] {
    ++scrapes;
    go_on.wait(false);
    return small_snapshot();
  });
  ASSERT_TRUE(started) << started.error().message;
  const auto& server = *started.value();
  TestClient first(server.port());
  TestClient second(server.port());
  ASSERT_TRUE(first.send("GET /metrics HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(second.send("GET /metrics HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(eventually([&] { return scrapes == 1; }));

  TestClient late(server.port());
  ASSERT_TRUE(late.send("GET /metrics HTTP/1.1\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n"));
  const auto busy = late.read_response();
  const auto healthy = late.read_response();
  go_on = true;
  go_on.notify_all();
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->status, 503);
  ASSERT_TRUE(healthy) << "the connection ended with a refused request";
  EXPECT_EQ(healthy->status, 200);
  EXPECT_EQ(refused(server, "request_limit"), 1U);
  for (TestClient* client : {&first, &second}) {
    const auto served = client->read_response();
    ASSERT_TRUE(served);
    EXPECT_EQ(served->status, 200);
  }
  const auto again = late.get("/metrics");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, 200) << "what has been answered still counts";
}

TEST(GuardLimits, OnlyAddressesThatAreAllowedMayConnect) {
  WebConfig config;
  config.listen_address = "127.0.0.1:0";
  config.allowed_clients = {IpRange::parse("10.0.0.0/8").value()};
  const auto started = start_server(config, small_snapshot);
  ASSERT_TRUE(started) << started.error().message;
  TestClient client(started.value()->port());
  EXPECT_TRUE(client.sees_close()) << "it waited for a request of one that may not connect";
  EXPECT_EQ(refused(*started.value(), "address"), 1U);
  config.allowed_clients.push_back(IpRange::parse("127.0.0.1").value());
  const auto open = start_server(config, small_snapshot);
  ASSERT_TRUE(open) << open.error().message;
  TestClient welcome(open.value()->port());
  ASSERT_TRUE(welcome.get("/-/healthy"));
  EXPECT_EQ(refused(*open.value(), "address"), 0U);
}

TEST(GuardLimits, AFloodBeyondTheLimitIsClosedAtOnce) {
  ServerLimits limits;
  limits.linger_timeout = kPatience * 2;  // those turned away stay until they have read why
  std::atomic<bool> asked = false;
  std::atomic<bool> go_on = false;
  const auto server = start_server(limits, 1, [&] {
    asked = true;
    go_on.wait(false);
    return small_snapshot();
  });
  TestClient in(server->port());
  ASSERT_TRUE(in.send("GET /metrics HTTP/1.1\r\n\r\n"));  // it waits for nothing of its own
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  std::vector<TestClient> flood;
  for (int i = 0; i < 40; ++i) flood.emplace_back(server->port());
  ASSERT_TRUE(eventually([&] { return refused(*server, "connection_limit") == 40; }))
      << "counted " << refused(*server, "connection_limit") << " of 40";
  int told = 0;
  for (auto& client : flood) {
    const auto response = client.read_response();
    if (response && response->status == 503) ++told;
  }
  EXPECT_EQ(told, 16) << "so many are told why, the others cost nothing";
  go_on = true;
  go_on.notify_all();
  EXPECT_EQ(in.read_response()->status, 200);
}

TEST(GuardLimits, AClientThatDoesNotReadIsCutOff) {
  ServerLimits limits;
  limits.write_timeout = 100ms;
  const auto snapshot = large_snapshot(200'000);  // 20 MB: more than the socket buffers take
  const auto server = start_server(limits, 64, [&] { return snapshot; });
  TestClient client(server->port(), Loopback::ipv4, 4096);
  ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(eventually([&] { return refused(*server, "write_timeout") == 1; })) << "it was not cut off";
  EXPECT_FALSE(client.read_response()) << "the whole response came";
}

TEST(GuardLimits, TheSlowestReaderPaysWhenTooMuchWaitsToBeSent) {
  ServerLimits limits;
  limits.max_unsent_bytes = 1024 * 1024;
  const auto snapshot = large_snapshot(200'000);
  const auto server = start_server(limits, 64, [&] { return snapshot; });
  TestClient first(server->port(), Loopback::ipv4, 4096);
  ASSERT_TRUE(first.send("GET /metrics HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(eventually([&] { return first.has_news(); })) << "the first response never began";
  EXPECT_EQ(refused(*server, "write_backlog"), 0U) << "one alone may be as big as it is";
  TestClient second(server->port());
  const auto response = second.get("/metrics");
  ASSERT_TRUE(response) << "the one that reads was cut off";
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(refused(*server, "write_backlog"), 1U);
  EXPECT_FALSE(first.read_response()) << "the one that does not read got everything";
}

TEST(GuardLimits, RunsOutOfDescriptorsAndRecovers) {
  const auto server = start_server();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<Fd> filler;
  while (filler.empty() || filler.back()) filler.emplace_back(::dup(STDERR_FILENO));
  // One descriptor is left, for the client; the server, in the same process, has none to accept it with.
  filler.resize(filler.size() - 2);
  TestClient client(server->port());
  const bool counted = eventually([&] { return refused(*server, "accept_failed") > 0; });
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(counted) << "the failed accept was not counted";
  const auto response = client.get("/-/healthy");
  ASSERT_TRUE(response) << "the connection was not accepted once there were descriptors again";
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace sockwatch
