// How long the loop waits between two drains.
//
// A wakeup costs the watched services: on a host with every core busy, they stand still while we drain. A
// drain longer than the work that they have queued leaves the other cores idle, so under load many short
// drains cost less than a few long ones; with little to do the fewest wakeups cost least. See
// docs/decisions/2026-11-24-short-drains.md.
#pragma once

#include <algorithm>
#include <cstddef>

namespace sockwatch {

class PollInterval {
 public:
  static constexpr int kShortestMs = 1;
  static constexpr int kLongestMs = 20;
  /// Records that a drain should find: about a tenth of a millisecond of ours.
  static constexpr size_t kAim = 512;

  int ms() const { return ms_; }
  /// Takes note of how many records were found after a wait. Shortens at once, lengthens step by step.
  void found(size_t records) {
    if (records > kAim)
      ms_ = std::max(kShortestMs, static_cast<int>(static_cast<size_t>(ms_) * kAim / records));
    else if (records < kAim / 2)
      ms_ = std::min(kLongestMs, ms_ + 1);
  }

 private:
  int ms_ = kLongestMs;
};

}  // namespace sockwatch
