#include "exposition/shared_scrape.h"

#include <exception>

namespace sockwatch {

std::shared_ptr<const Snapshot> SharedScrape::take() {
  std::unique_lock lock(mutex_);
  if (running_) {
    const uint64_t round = rounds_;
    ++waiting_;
    done_.wait(lock, [&] { return rounds_ != round; });
    std::shared_ptr<const Snapshot> snapshot = shared_;
    if (--waiting_ == 0) shared_.reset();
    return snapshot;
  }
  running_ = true;
  lock.unlock();
  std::shared_ptr<const Snapshot> snapshot = scrape_once();
  lock.lock();
  running_ = false;
  ++rounds_;
  ready_ = snapshot != nullptr;
  if (waiting_ > 0) shared_ = snapshot;
  lock.unlock();
  done_.notify_all();
  return snapshot;
}

bool SharedScrape::ready() {
  {
    const std::lock_guard lock(mutex_);
    if (ready_) return true;
  }
  return take() != nullptr;
}

size_t SharedScrape::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::shared_ptr<const Snapshot> SharedScrape::scrape_once() {
  try {
    return scrape_();
  } catch (const std::exception&) {
    // Those who wait for this round must hear of its end: a scrape for which memory ran out is one that
    // failed.
    return nullptr;
  }
}

}  // namespace sockwatch
