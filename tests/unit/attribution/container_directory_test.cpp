#include "attribution/container_directory.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "fake_engine.h"

namespace sockwatch {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Keeps an engine from answering until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

std::string id(int number) { return std::string(60, 'a') + std::to_string(1000 + number); }

// As many containers as a test likes, without giving up on a busy machine.
ContainerDirectory::Limits patient() {
  return {.patience = 10s, .budget = 60s, .share = 50, .deadline = 20s, .retry = 60s};
}

template <typename Condition>
bool wait_until(Condition condition) {
  for (const auto deadline = Clock::now() + 20s; Clock::now() < deadline; std::this_thread::yield())
    if (condition()) return true;
  return false;
}

TEST(ContainerDirectory, AsksOnceForEachContainer) {
  const FakeEngine engine([](const std::string& of) { return container_answer("shop-" + of.substr(60)); });
  ContainerDirectory directory({engine.socket()}, {}, patient());
  for (int round = 0; round < 3; ++round)
    for (int n = 0; n < 4; ++n) {
      const auto found = directory.find(id(n));
      ASSERT_NE(found.container, nullptr);
      EXPECT_EQ(found.container->name, "shop-" + std::to_string(1000 + n));
      EXPECT_TRUE(found.settled);
    }
  EXPECT_EQ(engine.questions(), 4);
  EXPECT_EQ(directory.counters().unanswered, 0u);
}

TEST(ContainerDirectory, AsksTheNextEngineForWhatTheFirstDoesNotKnow) {
  const FakeEngine docker([](const std::string&) { return no_such_container(); });
  const FakeEngine podman([](const std::string&) { return container_answer("shop"); });
  ContainerDirectory directory({"/nowhere/docker.sock", docker.socket(), podman.socket()}, {}, patient());
  const auto found = directory.find(id(1));
  ASSERT_NE(found.container, nullptr);
  EXPECT_EQ(found.container->name, "shop");
}

TEST(ContainerDirectory, RemembersWhatNobodyKnows) {
  const FakeEngine engine([](const std::string&) { return no_such_container(); });
  ContainerDirectory directory({engine.socket()}, {}, patient());
  for (int round = 0; round < 3; ++round) {
    const auto found = directory.find(id(1));
    EXPECT_EQ(found.container, nullptr);
    EXPECT_TRUE(found.settled);
  }
  EXPECT_EQ(engine.questions(), 1);
  EXPECT_EQ(directory.counters().unanswered, 0u);
}

TEST(ContainerDirectory, WithoutEnginesNothingIsAskedOrStarted) {
  ContainerDirectory directory({""}, {}, patient());
  EXPECT_EQ(directory.find(id(1)).container, nullptr);
  EXPECT_TRUE(directory.find(id(1)).settled);
}

TEST(ContainerDirectory, AHangingEngineCostsTheCallerItsBudgetAndNoMore) {
  Gate gate;
  const FakeEngine engine([&](const std::string&) {
    gate.pass();
    return std::string("too late");
  });
  ContainerDirectory directory(
      {engine.socket()}, {},
      {.patience = 50ms, .budget = 120ms, .share = 1'000'000, .deadline = 60s, .retry = 60s});
  const auto start = Clock::now();
  for (int n = 0; n < 500; ++n) {
    const auto found = directory.find(id(n));
    EXPECT_EQ(found.container, nullptr);
    EXPECT_FALSE(found.settled);
  }
  const auto took = Clock::now() - start;
  EXPECT_GE(took, 120ms);
  EXPECT_LT(took, 5s);  // 500 times the patience would be 25 s
  EXPECT_EQ(directory.counters().unanswered, 500u);
  gate.open();
}

TEST(ContainerDirectory, AnAnswerThatComesLateIsThereForTheNextQuestion) {
  Gate gate;
  const FakeEngine engine([&](const std::string&) {
    gate.pass();
    return container_answer("shop");
  });
  ContainerDirectory directory(
      {engine.socket()}, {},
      {.patience = 1ms, .budget = 1ms, .share = 1'000'000, .deadline = 60s, .retry = 60s});
  EXPECT_EQ(directory.find(id(1)).container, nullptr);
  const uint64_t revision = directory.revision();
  gate.open();
  ASSERT_TRUE(wait_until([&] { return directory.revision() != revision; }));
  const auto found = directory.find(id(1));
  ASSERT_NE(found.container, nullptr);
  EXPECT_TRUE(found.settled);
  EXPECT_EQ(engine.questions(), 1);
}

TEST(ContainerDirectory, LeavesAnEngineAloneThatDoesNotAnswer) {
  const FakeEngine engine([](const std::string&) { return "garbage"; });
  ContainerDirectory directory({engine.socket()}, {}, patient());
  for (int n = 0; n < 10; ++n) {
    EXPECT_EQ(directory.find(id(n)).container, nullptr);
    EXPECT_FALSE(directory.find(id(n)).settled);
  }
  EXPECT_EQ(engine.questions(), 1);
  EXPECT_EQ(directory.counters().unanswered, 10u);
}

TEST(ContainerDirectory, AsksAgainAfterAWhile) {
  std::atomic<bool> awake = false;
  const FakeEngine engine([&](const std::string&) { return awake ? container_answer("shop") : "garbage"; });
  ContainerDirectory::Limits limits = patient();
  limits.retry = 1ms;
  ContainerDirectory directory({engine.socket()}, {}, limits);
  EXPECT_EQ(directory.find(id(1)).container, nullptr);
  awake = true;
  EXPECT_TRUE(wait_until([&] { return directory.find(id(1)).container != nullptr; }));
}

TEST(ContainerDirectory, ForgetsWhenThereAreTooMany) {
  const FakeEngine engine([](const std::string&) { return container_answer("shop"); });
  ContainerDirectory::Limits limits = patient();
  limits.max_known = 3;
  ContainerDirectory directory({engine.socket()}, {}, limits);
  for (int n = 0; n < 3; ++n) directory.find(id(n));
  EXPECT_EQ(directory.counters().evicted, 0u);
  EXPECT_NE(directory.find(id(3)).container, nullptr);
  EXPECT_EQ(directory.counters().evicted, 3u);
}

TEST(ContainerDirectory, TheQueueHasAnEnd) {
  Gate gate;
  const FakeEngine engine([&](const std::string&) {
    gate.pass();
    return container_answer("shop");
  });
  ContainerDirectory directory({engine.socket()}, {},
                               {.patience = 0ms,
                                .budget = 0ms,
                                .share = 1,
                                .deadline = 60s,
                                .retry = 60s,
                                .max_known = 4096,
                                .max_queue = 2});
  ASSERT_EQ(directory.find(id(0)).container, nullptr);
  ASSERT_TRUE(wait_until([&] { return engine.questions() == 1; }));  // on its way; the queue is empty
  for (int n = 1; n < 10; ++n) directory.find(id(n));
  EXPECT_EQ(directory.counters().unanswered, 10u);
  gate.open();
  ASSERT_TRUE(wait_until([&] { return engine.questions() == 3; }));  // the other seven were never asked
  ASSERT_TRUE(wait_until([&] { return directory.revision() == 3; }));
  EXPECT_EQ(engine.questions(), 3);
}

TEST(ContainerDirectory, EndsWhileAnEngineHangs) {
  const FakeEngine engine([](const std::string&) { return ""; });
  const auto start = Clock::now();
  {
    ContainerDirectory directory(
        {engine.socket()}, {}, {.patience = 1ms, .budget = 1ms, .share = 50, .deadline = 60s, .retry = 60s});
    directory.find(id(1));
  }
  EXPECT_LT(Clock::now() - start, 20s);
}

}  // namespace
}  // namespace sockwatch
