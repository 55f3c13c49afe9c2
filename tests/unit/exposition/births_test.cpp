// A series that was born since a scraper came last shows 0 to it once: through the whole server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "aggregation/registry.h"
#include "exposition/metrics_server.h"
#include "test_client.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

using namespace std::chrono_literals;

/// A server of a registry's metrics to which requests can be added.
class Births : public testing::Test {
 protected:
  Births() {
    WebConfig config;
    config.listen_address = "127.0.0.1:0";
    auto endpoint = MetricsServer::open(config);
    EXPECT_TRUE(endpoint);
    auto server = MetricsServer::start(
        std::move(endpoint).value(), config, [this] { return taken(); }, nullptr, {}, {"Prometheus"});
    EXPECT_TRUE(server);
    server_ = std::move(server).value();
  }

  void count(uint16_t status, int times = 1) {
    const std::lock_guard lock(mutex_);
    Transaction transaction;
    transaction.method = "GET";
    transaction.target = "/";
    transaction.status = Status::code(status);
    transaction.duration_ns = 1'000'000;
    for (int i = 0; i < times; ++i) registry_.record(0, "shop", "", transaction);
  }

  std::shared_ptr<const Snapshot> taken() {
    const std::lock_guard lock(mutex_);
    auto snapshot = std::make_shared<Snapshot>();
    registry_.snapshot(*snapshot);
    snapshot->taken_ns = monotonic_ns();
    snapshot->wall_clock_offset_ns = wall_clock_offset_ns();
    return snapshot;
  }

  /// What the client is shown of the requests with this status; -1: no such series.
  static double shown(const std::optional<TestResponse>& response, uint16_t status = 500) {
    if (!response || response->status != 200) return -2;
    const std::string series = R"(http_requests_total{service="shop",method="GET",path="/",status=")" + std::to_string(status) + "\"} ";
    const size_t at = response->body.find(series);
    return at == std::string::npos ? -1 : std::stod(response->body.substr(at + series.size()));
  }

  struct Scraper {
    explicit Scraper(uint16_t at, std::string says = "User-Agent: Prometheus/2.42.0\r\n")
        : port(at), fields(std::move(says)), client(at) {}
    std::optional<TestResponse> scrape() { return client.get("/metrics", fields); }
    void reconnect() { client = TestClient(port); }
    /// When the server has done with the answers before: those whose client leaves too soon count as not delivered.
    void reconnect_at_leisure() {
      client.get("/-/healthy");
      client.half_close();
      EXPECT_TRUE(client.sees_close());
      reconnect();
    }

    uint16_t port;
    std::string fields;
    TestClient client;
  };

  std::mutex mutex_;
  Registry registry_{{}, {}};
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(Births, ShowsZeroOnceAndThenTheValue) {
  count(200);
  Scraper prometheus(server_->port());
  EXPECT_EQ(shown(prometheus.scrape(), 200), 1) << "who comes first is shown what is";
  count(500, 3);
  EXPECT_EQ(shown(prometheus.scrape()), 0);
  EXPECT_EQ(shown(prometheus.scrape()), 3);
  EXPECT_EQ(shown(prometheus.scrape()), 3);
}

TEST_F(Births, OverANewConnectionToo) {
  Scraper prometheus(server_->port());
  prometheus.scrape();
  count(500, 3);
  prometheus.reconnect_at_leisure();
  EXPECT_EQ(shown(prometheus.scrape()), 0);
  prometheus.reconnect_at_leisure();
  EXPECT_EQ(shown(prometheus.scrape()), 3);
}

TEST_F(Births, WhereEachScrapeHasAConnectionOfItsOwn) {
  const std::string fields = "User-Agent: Prometheus/2.42.0\r\nConnection: close\r\n";
  const auto scrape = [&] {
    TestClient client(server_->port());
    const std::optional<TestResponse> response = client.get("/metrics", fields);
    EXPECT_TRUE(client.sees_close());  // the server has done with it
    return response;
  };
  scrape();
  count(500, 3);
  EXPECT_EQ(shown(scrape()), 0);
  EXPECT_EQ(shown(scrape()), 3);
}

TEST_F(Births, ThosePeopleLookAtShowWhatIs) {
  TestClient curl(server_->port());
  curl.get("/metrics", "User-Agent: curl/8.0\r\n");
  count(500, 3);
  EXPECT_EQ(shown(curl.get("/metrics", "User-Agent: curl/8.0\r\n")), 3);
  count(501, 2);
  EXPECT_EQ(shown(curl.get("/metrics"), 501), 2) << "without a User-Agent";
}

TEST_F(Births, TwoScrapersEachOnceWhoeverComesWhen) {
  Scraper often(server_->port());
  Scraper seldom(server_->port());  // alike, but for its connection
  often.scrape();
  seldom.scrape();
  count(500, 3);
  EXPECT_EQ(shown(often.scrape()), 0);
  EXPECT_EQ(shown(often.scrape()), 3);
  EXPECT_EQ(shown(seldom.scrape()), 0);
  EXPECT_EQ(shown(often.scrape()), 3);
  EXPECT_EQ(shown(seldom.scrape()), 3);
}

TEST_F(Births, AScrapeThatNobodyReadTellsNothing) {
  count(200);
  Scraper prometheus(server_->port());
  prometheus.scrape();
  count(500, 3);
  {
    // Asks, and has gone before the answer is made.
    const std::unique_lock lock(mutex_);
    prometheus.client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nUser-Agent: Prometheus/2.42.0\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    prometheus.reconnect();
  }
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(shown(prometheus.scrape()), 0);
  EXPECT_EQ(shown(prometheus.scrape()), 3);
}

TEST_F(Births, ThoseWhoShareASnapshotAreEachToldWhatIsNewToThem) {
  Scraper knows(server_->port(), "User-Agent: Prometheus/2.42.0\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n");
  Scraper does_not(server_->port(), "User-Agent: Prometheus/2.42.0\r\nX-Prometheus-Scrape-Timeout-Seconds: 2\r\n");
  does_not.scrape();
  count(500, 3);
  knows.scrape();
  EXPECT_EQ(shown(knows.scrape()), 3);
  std::future<std::optional<TestResponse>> a, b;
  {
    const std::unique_lock lock(mutex_);  // both wait for the same snapshot
    a = std::async(std::launch::async, [&] { return knows.scrape(); });
    b = std::async(std::launch::async, [&] { return does_not.scrape(); });
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(shown(a.get()), 3);
  EXPECT_EQ(shown(b.get()), 0);
  EXPECT_EQ(shown(does_not.scrape()), 3);
}

TEST_F(Births, AskingForTheHeadOrForHealthTellsNothing) {
  Scraper prometheus(server_->port());
  prometheus.scrape();
  count(500, 3);
  prometheus.client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\nUser-Agent: Prometheus/2.42.0\r\n\r\n");
  prometheus.client.read_response(true);
  prometheus.client.get("/-/healthy", prometheus.fields);
  EXPECT_EQ(shown(prometheus.scrape()), 0);
  EXPECT_EQ(shown(prometheus.scrape()), 3);
}

TEST_F(Births, WhatComesBackBeginsAtZeroAgain) {
  Scraper prometheus(server_->port());
  count(500, 5);
  prometheus.scrape();
  {
    const std::lock_guard lock(mutex_);
    registry_.forget_service(0);
  }
  count(500, 5);
  EXPECT_EQ(shown(prometheus.scrape()), 0);
  EXPECT_EQ(shown(prometheus.scrape()), 5);
}

TEST_F(Births, OpenMetricsSaysToOthersWhenASeriesWasMade) {
  count(500);
  TestClient client(server_->port());
  const std::string accept = "Accept: application/openmetrics-text; version=1.0.0\r\n";
  EXPECT_THAT(client.get("/metrics", accept)->body, testing::HasSubstr("\nhttp_requests_created{service=\"shop\""));
  EXPECT_THAT(client.get("/metrics", accept + "User-Agent: Prometheus/2.42.0\r\n")->body,
              testing::Not(testing::HasSubstr("_created")));
}

}  // namespace
}  // namespace sockwatch
