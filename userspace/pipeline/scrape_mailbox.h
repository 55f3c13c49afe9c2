// Where threads that want a snapshot meet the one that counts: they ask, it answers between two batches of events.
//
// Thread-safe. One snapshot answers everybody who asked before it was taken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "aggregation/snapshot.h"
#include "util/fd.h"

namespace sockwatch {

class ScrapeMailbox {
 public:
  ScrapeMailbox();

  /// Waits for a snapshot taken after the call; null when the counting thread does not answer in time.
  std::shared_ptr<const Snapshot> ask();

  /// For the counting thread: readable while somebody waits.
  int wake_fd() const { return wake_.get(); }
  /// For the counting thread: whether somebody waits (takes note of it).
  bool take();
  void answer(std::shared_ptr<const Snapshot> snapshot);
  /// Nobody will answer any longer.
  void shut();

 private:
  Fd wake_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::shared_ptr<const Snapshot> latest_;
  uint64_t asked_ = 0;     ///< number of the newest question
  uint64_t taken_ = 0;     ///< questions up to this one will be answered next
  uint64_t answers_ = 0;   ///< questions up to this one have been
  bool shut_ = false;
};

}  // namespace sockwatch
