// Scrapes that come while one is being taken share its snapshot: however many ask, the pipeline is asked once
// at a time.
//
// Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "aggregation/snapshot.h"

namespace sockwatch {

class SharedScrape {
 public:
  using ScrapeFunction = std::function<std::shared_ptr<const Snapshot>()>;

  explicit SharedScrape(ScrapeFunction scrape) : scrape_(std::move(scrape)) {}

  /// nullptr: the agent is not ready, or the scrape failed.
  std::shared_ptr<const Snapshot> take();
  /// Whether the last scrape had a snapshot to give. Asks only while none ever had: what is counted from one
  /// scrape to the next must not be lost to a health check.
  bool ready();

  /// How many wait for the scrape of another now.
  size_t waiting() const;

 private:
  std::shared_ptr<const Snapshot> scrape_once();

  const ScrapeFunction scrape_;
  mutable std::mutex mutex_;
  std::condition_variable done_;
  bool running_ = false;
  uint64_t rounds_ = 0;                     ///< scrapes that have ended
  std::shared_ptr<const Snapshot> shared_;  ///< of the last round, while somebody still waits for it
  size_t waiting_ = 0;
  bool ready_ = false;
};

}  // namespace sockwatch
