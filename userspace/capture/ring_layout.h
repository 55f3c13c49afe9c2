// How the memory of the rings is shared among the CPUs, and what all of it comes to.
#pragma once

#include <cstdint>

#include "util/result.h"

namespace sockwatch {

struct RingLayout {
  uint32_t cpus = 1;        ///< that this kernel may ever have, one ring each
  uint32_t ring_bytes = 0;  ///< of each ring; a power of two
  uint32_t value_bytes = 0; ///< of each element of the rings' map: the ring and what is beside it

  /// Kernel memory of the rings and of what the programs work in, all CPUs together.
  uint64_t memory_bytes() const;
  /// Whether the longest record fits; where it does not, long messages are copied in part.
  bool takes_whole_records() const;
};

/// Each CPU gets its part of `total_bytes` (CaptureConfig::ring_bytes), rounded up to a power of two and to a page; where there are
/// many, what the longest record needs, unless `total_bytes` is less than that.
RingLayout ring_layout(uint32_t total_bytes, uint32_t cpus, uint32_t page_bytes);

/// The same for this host. Fails where the kernel does not tell how many CPUs it may have.
Result<RingLayout> ring_layout(uint32_t total_bytes);

}  // namespace sockwatch
