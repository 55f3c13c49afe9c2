// Where threads that want something of the counting thread meet it: they ask, it answers between two batches
// of events.
//
// Thread-safe. One answer is for everybody who asked before the counting thread took note.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "util/fd.h"

namespace sockwatch {

template <typename Answer>
class RequestChannel {
 public:
  RequestChannel() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  /// Waits for an answer to a question asked now; null when the counting thread does not answer in time.
  std::shared_ptr<const Answer> ask() {
    std::unique_lock lock(mutex_);
    const uint64_t question = ++asked_;
    const uint64_t one = 1;
    if (write(wake_.get(), &one, sizeof(one)) < 0) return nullptr;
    const bool done = answered_.wait_for(lock, kPatience, [&] { return answers_ >= question || shut_; });
    return done && answers_ >= question ? latest_ : nullptr;
  }

  /// For the counting thread: readable while somebody waits.
  int wake_fd() const { return wake_.get(); }
  /// For the counting thread: whether somebody waits (takes note of it).
  bool take() {
    uint64_t count = 0;
    if (read(wake_.get(), &count, sizeof(count)) < 0) return false;
    const std::lock_guard lock(mutex_);
    taken_ = asked_;
    return taken_ > answers_;
  }
  void answer(std::shared_ptr<const Answer> answer) {
    {
      const std::lock_guard lock(mutex_);
      latest_ = std::move(answer);
      answers_ = taken_;
    }
    answered_.notify_all();
  }
  /// Nobody will answer any longer.
  void shut() {
    {
      const std::lock_guard lock(mutex_);
      shut_ = true;
    }
    answered_.notify_all();
  }

 private:
  static constexpr std::chrono::seconds kPatience{5};

  Fd wake_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::shared_ptr<const Answer> latest_;
  uint64_t asked_ = 0;    ///< number of the newest question
  uint64_t taken_ = 0;    ///< questions up to this one will be answered next
  uint64_t answers_ = 0;  ///< questions up to this one have been
  bool shut_ = false;
};

}  // namespace sockwatch
