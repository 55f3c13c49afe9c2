// The clock that the kernel side stamps records with, and what it is worth in the world.
#pragma once

#include <time.h>

#include <cstdint>

namespace sockwatch {

/// CLOCK_MONOTONIC in nanoseconds.
inline uint64_t monotonic_ns() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
}

/// What to add to CLOCK_MONOTONIC for CLOCK_REALTIME, as of now.
inline int64_t wall_clock_offset_ns() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  const int64_t real_ns = static_cast<int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
  return real_ns - static_cast<int64_t>(monotonic_ns());
}

}  // namespace sockwatch
