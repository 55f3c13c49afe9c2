// The server goes away in less than a second, whatever its clients do.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "test_client.h"
#include "test_server.h"

namespace sockwatch {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

void expect_quick_stop(std::unique_ptr<MetricsServer>& server) {
  const auto before = Clock::now();
  server.reset();
  EXPECT_LT(Clock::now() - before, 1s);
}

TEST(ServerStop, WithIdleSilentDrippingAndDeafClients) {
  const auto snapshot = large_snapshot(100'000);
  auto server = start_server({}, 64, [&] { return snapshot; });
  std::vector<TestClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(server->port());  // silent
    clients.emplace_back(server->port());
    ASSERT_TRUE(clients.back().send("GET /met"));
    clients.emplace_back(server->port());
    ASSERT_EQ(clients.back().get("/-/healthy")->status, 200);  // idle
  }
  TestClient deaf(server->port(), Loopback::ipv4, 4096);
  ASSERT_TRUE(deaf.send("GET /metrics HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(eventually([&] { return deaf.has_news(); })) << "no response began";
  expect_quick_stop(server);
  for (auto& client : clients) EXPECT_TRUE(client.sees_close());
}

TEST(ServerStop, UnderLoad) {
  auto server = start_server();
  const uint16_t port = server->port();
  std::atomic<bool> stop = false;
  std::atomic<int> served = 0;
  std::vector<std::future<void>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::async(std::launch::async, [&] {
      while (!stop) {
        TestClient client(port);
        while (!stop && client.connected() && client.get("/metrics")) ++served;
        if (!client.connected()) std::this_thread::sleep_for(1ms);
      }
    }));
  }
  EXPECT_TRUE(eventually([&] { return served > 100; })) << "the load never came";
  expect_quick_stop(server);
  stop = true;
}

TEST(ServerStop, WaitsForAScrapeThatRuns) {
  std::atomic<bool> begun = false;
  std::atomic<bool> ended = false;
  auto server = start_server({}, 64, [&] {
    begun = true;
    std::this_thread::sleep_for(200ms);  // stands for the pipeline being asked
    ended = true;
    return small_snapshot();
  });
  TestClient client(server->port());
  ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(eventually([&] { return begun.load(); })) << "the scrape did not begin";
  expect_quick_stop(server);
  EXPECT_TRUE(ended) << "the scrape outlived the server";
}

TEST(ServerStop, FreesThePort) {
  auto server = start_server();
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  {
    TestClient client(server->port());
    ASSERT_EQ(client.get("/-/healthy")->status, 200);
    server.reset();
  }
  server = start_server({}, 64, small_snapshot, address);
  ASSERT_NE(server, nullptr);
  TestClient client(server->port());
  EXPECT_EQ(client.get("/-/healthy")->status, 200);
}

}  // namespace
}  // namespace sockwatch
