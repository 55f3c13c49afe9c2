// Many hostile clients at once: the others are served all the while.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <ctime>
#include <future>
#include <thread>
#include <vector>

#include "test_client.h"
#include "test_server.h"

namespace sockwatch {
namespace {

using namespace std::chrono_literals;

TEST(GuardAbuse, SlowlorisHoldsNobodyUpAndIsClosedByTheDeadline) {
  ServerLimits limits;
  limits.head_timeout = 400ms;
  const auto server = start_server(limits);
  std::vector<TestClient> slow;
  for (int i = 0; i < 60; ++i) {
    slow.emplace_back(server->port());
    ASSERT_TRUE(slow.back().send("GET /metrics HTTP/1.1\r\nX-Drip: "));
  }
  TestClient scraper(server->port());
  int served = 0;
  // Each turn drips a byte: a deadline per read would never end this.
  const bool all_closed = eventually([&] {
    for (auto& client : slow) client.send("a");
    const auto response = scraper.get("/metrics");
    if (response && response->status == 200) ++served;
    return refused(*server, "head_timeout") == slow.size();
  });
  EXPECT_TRUE(all_closed) << refused(*server, "head_timeout") << " of " << slow.size() << " were closed";
  EXPECT_GT(served, 10) << "the scraper had to wait for the slow ones";
  for (auto& client : slow) {
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
  }
}

// More than there are places, each with a head that never ends: they give way to one another, and to who asks.
TEST(GuardAbuse, SlowHeadsDoNotShutScrapersOut) {
  const auto server = start_server({}, 16);
  TestClient keeps(server->port(), Loopback::ipv4, 0, 2);
  ASSERT_EQ(keeps.get("/metrics")->status, 200);
  std::vector<TestClient> slow;
  for (int i = 0; i < 50; ++i) {
    slow.emplace_back(server->port());
    slow.back().send("GET /metrics HTTP/1.1\r\nX-Drip: ");
  }
  for (int i = 0; i < 5; ++i) {
    TestClient same(server->port());
    const auto response = same.get("/metrics");
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->status, 200);
    TestClient other(server->port(), Loopback::ipv4, 0, 3);
    const auto to_other = other.get("/metrics");
    ASSERT_TRUE(to_other) << i;
    EXPECT_EQ(to_other->status, 200);
  }
  const auto kept = keeps.get("/metrics");
  ASSERT_TRUE(kept) << "an idle connection of who has one place gave way to who has many";
  EXPECT_EQ(kept->status, 200);
  EXPECT_GE(refused(*server, "connection_limit"), 30U);
}

// Every place is taken by answers that one address does not read.
TEST(GuardAbuse, OneAddressDoesNotHoldAllPlaces) {
  const auto snapshot = large_snapshot(200'000);
  const auto server = start_server({}, 4, [&] { return snapshot; });
  std::vector<TestClient> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.emplace_back(server->port(), Loopback::ipv4, 4096);
    ASSERT_TRUE(deaf.back().send("GET /metrics HTTP/1.1\r\n\r\n"));
  }
  for (auto& client : deaf) ASSERT_TRUE(eventually([&] { return client.has_news(); })) << "no response began";
  for (uint8_t host : {2, 3}) {
    TestClient other(server->port(), Loopback::ipv4, 0, host);
    const auto response = other.get("/-/healthy");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200) << "from 127.0.0." << static_cast<int>(host);
  }
}

TEST(GuardAbuse, ClientsThatDoNotReadHoldNobodyUp) {
  const auto snapshot = large_snapshot(20'000);
  const auto server = start_server({}, 64, [&] { return snapshot; });
  std::vector<TestClient> deaf;
  for (int i = 0; i < 8; ++i) {  // twice as many as there are workers
    deaf.emplace_back(server->port(), Loopback::ipv4, 4096);
    ASSERT_TRUE(deaf.back().send("GET /metrics HTTP/1.1\r\n\r\n"));
  }
  for (auto& client : deaf) {
    ASSERT_TRUE(eventually([&] { return client.has_news(); })) << "no response began";
  }
  TestClient scraper(server->port());
  for (int i = 0; i < 5; ++i) {
    const auto response = scraper.get("/metrics", "Accept-Encoding: gzip\r\n");
    ASSERT_TRUE(response) << "scrape " << i;
    EXPECT_EQ(response->status, 200);
  }
}

TEST(GuardAbuse, ManyPipelinedRequestsInOneReadAreAllAnswered) {
  ServerLimits limits;
  limits.max_requests = 2'000;
  const auto server = start_server(limits);
  TestClient client(server->port());
  std::string requests;
  constexpr int count = 1'500;
  for (int i = 0; i < count; ++i) requests += "BREW / HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < count; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response) << "response " << i;
    ASSERT_EQ(response->status, 405) << "response " << i;
  }
}

TEST(GuardAbuse, ClientsThatVanishAreForgotten) {
  const auto server = start_server({}, 4);
  for (int i = 0; i < 200; ++i) {
    TestClient client(server->port());
    client.send(i % 2 == 0 ? "GET /metrics HTTP/1.1\r\n\r\n" : "GET /met");
  }
  EXPECT_TRUE(eventually([&] {
    TestClient client(server->port());
    const auto response = client.get("/-/healthy");
    return response && response->status == 200;
  })) << "the places of those who went are still taken";
}

TEST(GuardAbuse, AClientThatGoesDuringAScrapeDoesNotKeepTheGuardBusy) {
  constexpr auto scrape_time = 300ms;
  std::atomic<bool> begun = false;
  std::atomic<bool> ended = false;
  const auto server = start_server({}, 64, [&] {
    begun = true;
    std::this_thread::sleep_for(scrape_time);  // stands for the pipeline being asked
    ended = true;
    return small_snapshot();
  });
  {
    TestClient client(server->port());
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return begun.load(); })) << "the scrape did not begin";
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  }
  const std::clock_t before = std::clock();
  ASSERT_TRUE(eventually([&] { return ended.load(); })) << "the scrape did not end";
  const std::chrono::duration<double> cpu(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
  EXPECT_LT(cpu, scrape_time / 2) << "processor time in " << scrape_time.count() << " ms of waiting";
}

TEST(GuardAbuse, ManyClientsAtOnceAreServed) {
  std::atomic<int> scrapes = 0;
  const auto server = start_server({}, 64, [&] {
    ++scrapes;
    return small_snapshot();
  });
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 16; ++c) {
    clients.push_back(std::async(std::launch::async, [&] {
      int good = 0;
      TestClient client(server->port());
      for (int i = 0; i < 100; ++i) {
        const auto response = client.get("/metrics", i % 2 == 0 ? "Accept-Encoding: gzip\r\n" : "");
        if (response && response->status == 200) ++good;
      }
      return good;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 100);
  EXPECT_GT(scrapes, 0);
  for (const auto& [reason, count] : server->refused()) EXPECT_EQ(count, 0U) << reason;
}

}  // namespace
}  // namespace sockwatch
