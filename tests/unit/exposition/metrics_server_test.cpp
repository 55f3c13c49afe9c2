#include "exposition/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

#include "exposition/landing_page.h"
#include "exposition/text_format.h"
#include "inflate.h"
#include "test_client.h"
#include "test_server.h"

namespace sockwatch {
namespace {

using testing::HasSubstr;

std::string expected_text(const Snapshot& snapshot) {
  std::string text;
  write_text(snapshot, TextFormat::prometheus, text);
  return text;
}

TEST(MetricsServer, ServesTheMetrics) {
  const auto server = start_server();
  TestClient client(server->port());
  const auto response = client.get("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response->field("vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(response->field("x-content-type-options"), "nosniff");
  EXPECT_EQ(response->field("content-encoding"), "");
  EXPECT_EQ(response->body, expected_text(*small_snapshot()));
  EXPECT_EQ(client.get("/metrics?name[]=x")->body, response->body) << "the query is of no account";
}

TEST(MetricsServer, ServesTheFormatThatIsAskedFor) {
  const auto server = start_server();
  TestClient client(server->port());
  const struct {
    const char* accept;
    TextFormat format;
  } cases[] = {
      {"application/openmetrics-text;version=1.0.0,text/plain;q=0.5", TextFormat::openmetrics},
      {"text/plain;q=0.5\r\nAccept: application/openmetrics-text; version=0.0.1", TextFormat::openmetrics_draft},
      {"application/openmetrics-text;q=0.4, text/plain;q=0.5", TextFormat::prometheus},
  };
  for (const auto& [accept, format] : cases) {
    for (const bool packed : {false, true}) {
      std::string fields = std::string("Accept: ") + accept + "\r\nSockwatch-Format: 2\r\n";
      if (packed) fields += "Accept-Encoding: gzip\r\n";
      const auto response = client.get("/metrics", fields);
      ASSERT_TRUE(response) << accept;
      std::string text;
      write_text(*small_snapshot(), format, text);
      EXPECT_EQ(response->field("content-type"), content_type(format)) << accept;
      EXPECT_EQ(response->field("vary"), "Accept, Accept-Encoding");
      EXPECT_EQ(response->field("content-encoding"), packed ? "gzip" : "");
      EXPECT_EQ(packed ? inflate_gzip(response->body) : response->body, text) << accept;
    }
  }
}

TEST(MetricsServer, CompressesForThoseWhoAcceptIt) {
  const auto snapshot = large_snapshot(20'000);
  const auto server = start_server({}, 64, [&] { return snapshot; });
  TestClient client(server->port());
  const auto response = client.get("/metrics", "Accept-Encoding: deflate, gzip;q=0.8\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->field("content-encoding"), "gzip");
  EXPECT_EQ(response->field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto text = inflate_gzip(response->body);
  ASSERT_TRUE(text) << "not a complete gzip member";
  EXPECT_TRUE(*text == expected_text(*snapshot));
}

TEST(MetricsServer, LeavesPlainForThoseWhoDoNot) {
  const auto server = start_server();
  TestClient client(server->port());
  for (const char* accept : {"gzip;q=0", "br", "identity, gzip;q=0.1", "gzip;q=0.0, *"}) {
    const auto response = client.get("/metrics", std::string("Accept-Encoding: ") + accept + "\r\n");
    ASSERT_TRUE(response) << accept;
    EXPECT_EQ(response->field("content-encoding"), "") << accept;
    EXPECT_EQ(response->body, expected_text(*small_snapshot())) << accept;
  }
}

TEST(MetricsServer, RangesAndForeignFieldsAreOfNoAccount) {
  const auto server = start_server();
  TestClient client(server->port());
  const auto response = client.get("/metrics",
                                   "Range: bytes=0-3\r\nSockwatch-Gzip: yes\r\nExpect: 100-continue\r\n"
                                   "Upgrade: websocket\r\nConnection: upgrade\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, expected_text(*small_snapshot()));
}

TEST(MetricsServer, HeadHasTheSameHeadAndNoBody) {
  const auto server = start_server();
  TestClient client(server->port());
  for (const std::string path : {"/metrics", "/", "/-/healthy", "/-/ready", "/nowhere"}) {
    const auto get = client.get(path);
    ASSERT_TRUE(get) << path;
    ASSERT_TRUE(client.send("HEAD " + path + " HTTP/1.1\r\n\r\n"));
    const auto head = client.read_response(true);
    ASSERT_TRUE(head) << path;
    EXPECT_EQ(head->status, get->status) << path;
    EXPECT_EQ(head->fields, get->fields) << path;
  }
  EXPECT_EQ(client.get("/-/healthy")->body, "sockwatch is healthy.\n") << "a body came after a HEAD";
}

TEST(MetricsServer, ServesTheLandingPage) {
  const auto server = start_server();
  TestClient client(server->port());
  const auto response = client.get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->field("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(response->field("content-security-policy"), landing_page_policy());
  EXPECT_EQ(response->field("x-content-type-options"), "nosniff");
  EXPECT_EQ(response->field("referrer-policy"), "no-referrer");
  EXPECT_EQ(response->body, landing_page("/metrics"));
}

TEST(MetricsServer, ServesTheTelemetryPathThatIsConfigured) {
  WebConfig config;
  config.listen_address = "127.0.0.1:0";
  config.telemetry_path = "/own.(path";  // nothing of it is a regular expression
  const auto server = start_server(config, small_snapshot);
  ASSERT_TRUE(server) << server.error().message;
  TestClient client(server.value()->port());
  EXPECT_EQ(client.get("/own.(path")->status, 200);
  EXPECT_EQ(client.get("/ownX(path")->status, 404);
  EXPECT_EQ(client.get("/metrics")->status, 404);
  EXPECT_THAT(client.get("/")->body, HasSubstr("href=\"/own.(path\""));
}

TEST(MetricsServer, SaysWhenItIsNotReady) {
  std::atomic<bool> ready = false;
  const auto server = start_server({}, 64, [&] { return ready ? small_snapshot() : nullptr; });
  TestClient client(server->port());
  EXPECT_EQ(client.get("/-/ready")->status, 503);
  EXPECT_EQ(client.get("/metrics")->status, 503);
  const auto healthy = client.get("/-/healthy");
  EXPECT_EQ(healthy->status, 200);
  EXPECT_EQ(healthy->body, "sockwatch is healthy.\n");
  ready = true;
  EXPECT_EQ(client.get("/-/ready")->status, 200);
  EXPECT_EQ(client.get("/metrics")->status, 200);
}

TEST(MetricsServer, ThoseWhoAskMeanwhileShareOneResponse) {
  std::atomic<int> scrapes = 0;
  std::promise<void> begun;
  std::promise<void> go_on;
  const auto server = start_server({}, 64, [&] {
    if (++scrapes == 1) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return small_snapshot();
  });
  constexpr size_t kClients = 40;
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kClients; ++i) clients.emplace_back(server->port());
  for (size_t i = 0; i < kClients; ++i) {
    ASSERT_TRUE(clients[i].send("GET /metrics HTTP/1.1\r\n\r\n"));
    if (i == 0) begun.get_future().wait();
  }
  // Sent after all of them, so that when it has been answered they have been read.
  TestClient last(server->port());
  ASSERT_TRUE(last.get("/-/healthy")) << "those who wait for a scrape keep the others waiting";
  go_on.set_value();
  for (TestClient& client : clients) {
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, expected_text(*small_snapshot()));
  }
  EXPECT_EQ(scrapes, 1);
  EXPECT_EQ(last.get("/metrics")->status, 200);
  EXPECT_EQ(scrapes, 2) << "a later scrape is a new one";
}

TEST(MetricsServer, WhoAsksForAnotherFormGetsAnother) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> scrapes = 0;
  const auto server = start_server({}, 64, [&] {
    if (++scrapes == 1) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return small_snapshot();
  });
  TestClient plain(server->port()), packed(server->port()), openmetrics(server->port()), closing(server->port());
  ASSERT_TRUE(plain.send("GET /metrics HTTP/1.1\r\n\r\n"));
  begun.get_future().wait();
  ASSERT_TRUE(packed.send("GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n"));
  ASSERT_TRUE(openmetrics.send("GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n"));
  ASSERT_TRUE(closing.send("GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n"));
  go_on.set_value();
  const auto first = plain.read_response();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->field("content-encoding"), "");
  EXPECT_EQ(first->field("connection"), "");
  EXPECT_EQ(first->body, expected_text(*small_snapshot()));
  EXPECT_EQ(packed.read_response()->field("content-encoding"), "gzip");
  EXPECT_THAT(openmetrics.read_response()->body, HasSubstr("# EOF"));
  EXPECT_EQ(closing.read_response()->field("connection"), "close");
}

TEST(MetricsServer, SurvivesAScrapeThatThrows) {
  const auto server =
      start_server({}, 64, []() -> std::shared_ptr<const Snapshot> { throw std::runtime_error("secret"); });
  TestClient client(server->port());
  const auto response = client.get("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body.find("secret"), std::string::npos);
}

TEST(MetricsServer, OtherPathsAreNotFound) {
  const auto server = start_server();
  TestClient client(server->port());
  for (const std::string path :
       {"/metrics/", "/metric", "//", "/../etc/passwd", "/-/", "*", "/%00", "/metrics%00"}) {
    const auto response = client.get(path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 404) << path;
    EXPECT_EQ(response->field("content-type"), "text/plain; charset=utf-8") << path;
  }
}

TEST(MetricsServer, OtherMethodsAreNotAllowed) {
  const auto server = start_server();
  TestClient client(server->port());
  for (const std::string method :
       {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW", "get"}) {
    ASSERT_TRUE(client.send(method + " /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto response = client.read_response();
    ASSERT_TRUE(response) << method;
    EXPECT_EQ(response->status, 405) << method;
    EXPECT_EQ(response->field("allow"), "GET, HEAD") << method;
  }
  EXPECT_EQ(client.get("/-/healthy")->status, 200) << "the connection lives on";
}

TEST(MetricsServer, KeepsConnectionsAlive) {
  const auto server = start_server();
  TestClient client(server->port());
  for (int i = 0; i < 50; ++i) {
    const auto response = client.get("/metrics");
    ASSERT_TRUE(response) << "request " << i;
    ASSERT_EQ(response->field("connection"), "") << "request " << i;
  }
}

TEST(MetricsServer, ClosesWhenAskedTo) {
  const auto server = start_server();
  TestClient client(server->port());
  const auto response = client.get("/metrics", "Connection: close\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->field("connection"), "close");
  EXPECT_TRUE(client.sees_close());
}

TEST(MetricsServer, ServesHttp10AndCloses) {
  const auto server = start_server();
  TestClient client(server->port());
  ASSERT_TRUE(client.send("GET /metrics HTTP/1.0\r\n\r\n"));
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, expected_text(*small_snapshot()));
  EXPECT_TRUE(client.sees_close());
}

TEST(MetricsServer, ServesAClientThatHasHalfClosed) {
  const auto server = start_server();
  TestClient client(server->port());
  ASSERT_TRUE(client.send("GET /-/healthy HTTP/1.1\r\n\r\n"));
  client.half_close();
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(client.sees_close());
}

TEST(MetricsServer, ServesHeadsSplitAtEveryByteAndPipelined) {
  const auto server = start_server();
  const std::string request = "\r\nGET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n";
  for (size_t cut = 1; cut < request.size(); ++cut) {
    TestClient client(server->port());
    ASSERT_TRUE(client.send(request.substr(0, cut)));
    ASSERT_TRUE(client.send(request.substr(cut) + request + request));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.read_response()) << "response " << i << ", cut at " << cut;
  }
}

TEST(MetricsServer, ServesBothFamilies) {
  if (!has_ipv6()) GTEST_SKIP() << "this host has no IPv6 loopback";
  const auto server = start_server({}, 64, small_snapshot, ":0");
  for (const Loopback family : {Loopback::ipv4, Loopback::ipv6}) {
    TestClient client(server->port(), family);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.get("/-/healthy")->status, 200);
  }
}

TEST(MetricsServer, TellsWhereItIsFound) {
  for (const auto& [address, host] : {std::pair{":0", "localhost"}, {"0.0.0.0:0", "localhost"}, {"127.0.0.1:0", "127.0.0.1"}}) {
    const auto server = start_server({}, 64, small_snapshot, address);
    EXPECT_EQ(server->url(), "http://" + std::string(host) + ":" + std::to_string(server->port()) + "/metrics");
  }
}

TEST(MetricsServer, AnErrorIsInWords) {
  WebConfig config;
  config.listen_address = "nonsense";
  const auto server = start_server(config, small_snapshot);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("\"nonsense\""));
}

}  // namespace
}  // namespace sockwatch
