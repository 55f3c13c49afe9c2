// Keeps costly work occasional: at most ten times a second, and at most one part in 50 of the time. One
// thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "util/clock.h"

namespace sockwatch {

class RateLimited {
 public:
  static constexpr uint64_t kPauseNs = 100'000'000;
  static constexpr uint64_t kShare = 50;

  /// Runs `work` when it is time; otherwise counts and returns false.
  template <typename Work>
  bool run(Work&& work) {
    const uint64_t start_ns = monotonic_ns();
    if (start_ns < next_ns_) {
      ++skipped_;
      return false;
    }
    work();
    const uint64_t end_ns = monotonic_ns();
    next_ns_ = end_ns + std::max(kPauseNs, (end_ns - start_ns) * kShare);
    return true;
  }
  uint64_t skipped() const { return skipped_; }

 private:
  uint64_t next_ns_ = 0;
  uint64_t skipped_ = 0;
};

}  // namespace sockwatch
