// The highest value of the last two minutes: right for however many ask, and however often.
//
// One thread. Twelve slots of ten seconds each; the oldest may have begun up to ten seconds less than two minutes ago.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace sockwatch {

class RecentMax {
 public:
  static constexpr uint64_t kSlotNs = 10'000'000'000;
  static constexpr uint64_t kSlots = 12;

  /// `now_ns` does not go back.
  void note(uint64_t value, uint64_t now_ns) {
    const uint64_t number = now_ns / kSlotNs;
    Slot& slot = slots_[number % kSlots];
    if (slot.number != number) slot = {.number = number, .highest = 0};
    slot.highest = std::max(slot.highest, value);
  }
  /// 0 where nothing was noted.
  uint64_t at(uint64_t now_ns) const {
    uint64_t highest = 0;
    for (const Slot& slot : slots_)
      if (slot.number + kSlots > now_ns / kSlotNs) highest = std::max(highest, slot.highest);
    return highest;
  }

 private:
  struct Slot {
    uint64_t number = 0;  ///< of ten seconds since the clock began
    uint64_t highest = 0;
  };
  std::array<Slot, kSlots> slots_;
};

}  // namespace sockwatch
