#include "exposition/shared_scrape.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sample_snapshot.h"

namespace sockwatch {
namespace {

using namespace std::chrono_literals;

TEST(SharedScrape, ScrapesThatComeMeanwhileShareOne) {
  std::atomic<int> calls = 0;
  std::promise<void> begun;
  std::promise<void> go_on;
  SharedScrape scrape([&] {
    if (++calls == 1) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return small_snapshot();
  });
  auto first = std::async(std::launch::async, [&] { return scrape.take(); });
  begun.get_future().wait();
  std::vector<std::future<std::shared_ptr<const Snapshot>>> others;
  for (int i = 0; i < 3; ++i) others.push_back(std::async(std::launch::async, [&] { return scrape.take(); }));
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (scrape.waiting() < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_EQ(scrape.waiting(), 3U) << "the others were not seen to wait for the first";
  go_on.set_value();
  const auto snapshot = first.get();
  ASSERT_NE(snapshot, nullptr);
  for (auto& other : others) EXPECT_EQ(other.get(), snapshot);
  EXPECT_EQ(calls, 1);
  EXPECT_NE(scrape.take(), snapshot) << "a later scrape is a new one";
  EXPECT_EQ(calls, 2);
}

TEST(SharedScrape, IsReadyOnceItHasASnapshotAndAsksNoMore) {
  int calls = 0;
  std::shared_ptr<const Snapshot> now;
  SharedScrape scrape([&] {
    ++calls;
    return now;
  });
  EXPECT_FALSE(scrape.ready());
  EXPECT_EQ(calls, 1);
  now = small_snapshot();
  EXPECT_TRUE(scrape.ready());
  EXPECT_TRUE(scrape.ready());
  EXPECT_EQ(calls, 2);
  now = nullptr;
  EXPECT_EQ(scrape.take(), nullptr);
  EXPECT_FALSE(scrape.ready());
}

TEST(SharedScrape, AFailedScrapeIsNotTheLast) {
  bool fail = true;
  SharedScrape scrape([&]() -> std::shared_ptr<const Snapshot> {
    if (fail) throw std::runtime_error("no memory");
    return small_snapshot();
  });
  EXPECT_EQ(scrape.take(), nullptr);
  fail = false;
  EXPECT_NE(scrape.take(), nullptr);
}

}  // namespace
}  // namespace sockwatch
