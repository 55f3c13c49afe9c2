#include "capture/ring_layout.h"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "records.h"

namespace sockwatch {
namespace {

constexpr uint32_t kWholeRing = 2 * SW_CAPTURE_MAX;  // the longest record with what is left free beside it
constexpr uint32_t kMostRing = 1u << 30;

}  // namespace

uint64_t RingLayout::memory_bytes() const { return uint64_t{cpus} * (value_bytes + SW_SCRATCH_BYTES); }

bool RingLayout::takes_whole_records() const { return ring_bytes >= kWholeRing; }

RingLayout ring_layout(uint32_t total_bytes, uint32_t cpus, uint32_t page_bytes) {
  const uint32_t least = std::max(page_bytes, std::min(total_bytes, kWholeRing));
  const uint32_t share = std::clamp(total_bytes / std::max(cpus, 1u), least, kMostRing);
  RingLayout layout{.cpus = cpus, .ring_bytes = std::bit_ceil(share)};
  layout.value_bytes = static_cast<uint32_t>(sizeof(sw_ring)) + layout.ring_bytes + SW_RING_SLACK;
  return layout;
}

Result<RingLayout> ring_layout(uint32_t total_bytes) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) {
    return Error{std::string("cannot tell how many CPUs this kernel may have (/sys/devices/system/cpu/possible: ") + std::strerror(-cpus) +
                 "); in a container, mount /sys"};
  }
  return ring_layout(total_bytes, static_cast<uint32_t>(cpus), static_cast<uint32_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace sockwatch
