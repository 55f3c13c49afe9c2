#include "pipeline/scrape_mailbox.h"

#include <sys/eventfd.h>

#include <chrono>

namespace sockwatch {
namespace {

constexpr std::chrono::seconds kPatience{5};

}  // namespace

ScrapeMailbox::ScrapeMailbox() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

std::shared_ptr<const Snapshot> ScrapeMailbox::ask() {
  std::unique_lock lock(mutex_);
  const uint64_t question = ++asked_;
  const uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof(one)) < 0) return nullptr;
  const bool done = answered_.wait_for(lock, kPatience, [&] { return answers_ >= question || shut_; });
  return done && answers_ >= question ? latest_ : nullptr;
}

bool ScrapeMailbox::take() {
  uint64_t count = 0;
  if (read(wake_.get(), &count, sizeof(count)) < 0) return false;
  const std::lock_guard lock(mutex_);
  taken_ = asked_;
  return taken_ > answers_;
}

void ScrapeMailbox::answer(std::shared_ptr<const Snapshot> snapshot) {
  {
    const std::lock_guard lock(mutex_);
    latest_ = std::move(snapshot);
    answers_ = taken_;
  }
  answered_.notify_all();
}

void ScrapeMailbox::shut() {
  {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  answered_.notify_all();
}

}  // namespace sockwatch
