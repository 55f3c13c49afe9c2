// A service's series go when its last process has been gone for the configured time, and not before.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "fake_host.h"
#include "pipeline/pipeline.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

FakeProcess named(const std::string& name) {
  FakeProcess process;
  process.executable = "/usr/bin/" + name;
  process.arguments = {name};
  process.comm = name;
  return process;
}

class Expiry : public testing::Test {
 protected:
  Expiry() : pipeline_(config(), {.ignore = [](SocketId) {}, .postpone = [](SocketId) {}, .make_room = [] {}}) {}

  Config config() const {
    Config made;
    made.procfs = host_.procfs();
    made.cgroupfs = host_.cgroupfs();
    made.attribution = FakeHost::no_engine();
    made.metrics.expire_after = std::chrono::seconds(60);
    made.metrics.max_services = 3;
    return made;
  }

  /// One connection on which the process answers one request, and which it may leave open.
  void serve(uint32_t pid, const std::string& comm, bool closes = true) {
    SocketEvent event;
    event.socket = ++last_socket_;
    event.kind = SocketEvent::Kind::open;
    event.ts_ns = now_ns_;
    event.process.tgid = pid;
    event.process.comm = comm;
    event.open.accepted = true;
    pipeline_.on_event(event);
    for (const auto& [direction, bytes] :
         {std::pair(Direction::recv, std::string_view("GET / HTTP/1.1\r\n\r\n")),
          std::pair(Direction::send, std::string_view("HTTP/1.1 204 No Content\r\n\r\n"))}) {
      event.kind = SocketEvent::Kind::segment;
      event.segment = {};
      event.segment.direction = direction;
      event.segment.length = bytes.size();
      event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
      pipeline_.on_event(event);
    }
    if (!closes) return;
    event.kind = SocketEvent::Kind::close;
    event.close = {};
    pipeline_.on_event(event);
  }

  void pass(uint64_t seconds, uint64_t shown_twice_ns = UINT64_MAX) {
    for (uint64_t i = 0; i < seconds; ++i) pipeline_.advance(now_ns_ += kSecond, shown_twice_ns);
  }

  /// The services that have series.
  std::set<std::string> services() {
    Snapshot snapshot;
    pipeline_.snapshot(snapshot);
    std::set<std::string> found;
    for (const MetricFamily& family : snapshot.families)
      for (const Sample& sample : family.samples) {
        const size_t start = sample.labels->find("service=\"") + 9;
        found.insert(sample.labels->substr(start, sample.labels->find('"', start) - start));
      }
    return found;
  }

  using Names = std::set<std::string>;

  FakeHost host_;
  Pipeline pipeline_;
  uint64_t now_ns_ = monotonic_ns();
  SocketId last_socket_ = 0;
};

TEST_F(Expiry, SeriesGoSomeTimeAfterTheLastProcess) {
  host_.start(7, named("shopd"));
  host_.start(8, named("shopd"));
  host_.start(9, named("cartd"));
  serve(7, "shopd");
  serve(8, "shopd");
  serve(9, "cartd");
  pass(200);
  EXPECT_EQ(services(), (Names{"shopd", "cartd"})) << "nobody has gone, however idle";
  host_.end(7);
  pass(200);
  EXPECT_EQ(services(), (Names{"shopd", "cartd"})) << "another process of the service lives";
  host_.end(8);
  pass(55);
  EXPECT_EQ(services(), (Names{"shopd", "cartd"})) << "a scraper may want the last numbers";
  pass(30);
  EXPECT_EQ(services(), Names{"cartd"});
  SelfMetrics self;
  pipeline_.fill(self);
  EXPECT_EQ(self.series, 2u);
  EXPECT_EQ((self.transactions[{"http", "server"}]), 3u) << "the agent's own counters stay";
}

TEST_F(Expiry, SeriesStayUntilAllWhoStoreThemHaveBeenShownTheLastValuesTwice) {
  host_.start(7, named("shopd"));
  serve(7, "shopd");
  const uint64_t lived_ns = now_ns_;
  host_.end(7);
  pass(300, lived_ns);
  EXPECT_EQ(services(), Names{"shopd"});
  pass(5, now_ns_);
  EXPECT_EQ(services(), Names{});
}

TEST_F(Expiry, ServicesThatHaveGoneMakeRoomForOthers) {
  for (uint32_t pid = 10; pid < 20; ++pid) {
    const std::string name = "job-" + std::string(1, static_cast<char>('a' + pid - 10));
    host_.start(pid, named(name));
    serve(pid, name);
    EXPECT_EQ(services(), Names{name});
    host_.end(pid);
    pass(90);
    EXPECT_EQ(services(), Names{});
  }
}

// The names of three that served once give way to that of one that serves, though they would have been kept for a minute.
TEST_F(Expiry, NamesThatServedLittleGiveWayWhereThereIsNoRoom) {
  host_.start(6, named("busyd"));
  for (int i = 0; i < 5; ++i) serve(6, "busyd");
  for (uint32_t pid : {7u, 8u}) {
    const std::string name = "once-" + std::to_string(pid);
    host_.start(pid, named(name));
    serve(pid, name);
    host_.end(pid);
  }
  host_.end(6);
  pass(10);
  EXPECT_EQ(services(), (Names{"busyd", "once-7", "once-8"}));
  host_.start(9, named("shopd"));
  serve(9, "shopd", false);
  EXPECT_TRUE(services().contains("_overflow"));
  pass(12);
  serve(9, "shopd");
  EXPECT_TRUE(services().contains("shopd")) << "it was asked again";
  EXPECT_TRUE(services().contains("busyd")) << "as many as were needed, and who served least";
}

TEST_F(Expiry, AServiceWithAConnectionIsKept) {
  host_.start(7, named("shopd"));
  serve(7, "shopd", false);
  host_.end(7);
  pass(200);
  EXPECT_EQ(services(), Names{"shopd"});
}

TEST_F(Expiry, AServiceThatComesBackInTimeKeepsItsCounters) {
  host_.start(7, named("shopd"));
  serve(7, "shopd");
  host_.end(7);
  pass(30);
  host_.start(8, named("shopd"));
  serve(8, "shopd");
  pass(200);
  Snapshot snapshot;
  pipeline_.snapshot(snapshot);
  ASSERT_FALSE(snapshot.families.empty());
  EXPECT_EQ(snapshot.families[0].samples.at(0).value, 2);
}

}  // namespace
}  // namespace sockwatch
