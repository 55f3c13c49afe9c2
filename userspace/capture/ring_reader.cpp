#include "capture/ring_reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "records.h"
#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr uint64_t kReleaseBytes = 64 << 10;  // drained bytes after which room is given back

sw_ring& control(std::byte* memory) { return *reinterpret_cast<sw_ring*>(memory); }

}  // namespace

Result<std::unique_ptr<RingReader>> RingReader::map(int map_fd, uint32_t rings, uint32_t ring_bytes,
                                                    size_t value_bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t stride = (value_bytes + 7) / 8 * 8;
  const size_t bytes = (stride * rings + page - 1) / page * page;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (memory == MAP_FAILED) return Error{std::string("cannot map the rings: ") + std::strerror(errno)};
  return std::unique_ptr<RingReader>(
      new RingReader(static_cast<std::byte*>(memory), bytes, rings, ring_bytes, stride));
}

RingReader::RingReader(std::byte* memory, size_t bytes, uint32_t rings, uint32_t ring_bytes, size_t stride)
    : memory_(memory), bytes_(bytes), ring_bytes_(ring_bytes), rings_(rings) {
  for (size_t i = 0; i < rings; ++i) rings_[i].memory = memory + i * stride;
}

RingReader::~RingReader() { munmap(memory_, bytes_); }

uint64_t RingReader::used() const {
  uint64_t most = 0;
  for (const Ring& ring : rings_) {
    const uint64_t head = __atomic_load_n(&control(ring.memory).head, __ATOMIC_ACQUIRE);
    if (head > ring.at) most = std::max(most, head - ring.at);
  }
  return most;
}

uint64_t RingReader::counted(uint32_t counter) const {
  uint64_t sum = 0;
  for (const Ring& ring : rings_) sum += __atomic_load_n(&control(ring.memory).counts[counter], __ATOMIC_RELAXED);
  return sum;
}

// A record that depends on another (the answer to what was received on another CPU) is stamped after that one was
// complete. So what is stamped before now, and before any ring is looked at, has all that it depends on in what is looked at.
void RingReader::begin() {
  until_ns_ = monotonic_ns();
  for (Ring& ring : rings_) {
    ring.end = __atomic_load_n(&control(ring.memory).head, __ATOMIC_ACQUIRE);
    look(ring);
  }
  last_ = nullptr;
}

void RingReader::look(Ring& ring) {
  ring.ready = false;
  if (ring.at >= ring.end) return;
  const auto* entry =
      reinterpret_cast<const sw_entry*>(ring.memory + sizeof(sw_ring) + (ring.at & (ring_bytes_ - 1)));
  ring.order_ns = entry->order_ns;
  ring.ready = ring.order_ns < until_ns_;
}

const RingReader::Record* RingReader::next() {
  Ring* first = nullptr;
  for (Ring& ring : rings_)
    if (ring.ready && (first == nullptr || ring.order_ns < first->order_ns)) first = &ring;
  if (first == nullptr) return nullptr;

  const auto* entry =
      reinterpret_cast<const sw_entry*>(first->memory + sizeof(sw_ring) + (first->at & (ring_bytes_ - 1)));
  record_ = {.data = entry + 1, .size = entry->size};
  // The record stays valid until its ring's tail moves past it: that is, until another one is asked for.
  if (last_ != nullptr && last_->at - control(last_->memory).tail >= kReleaseBytes)
    __atomic_store_n(&control(last_->memory).tail, last_->at, __ATOMIC_RELEASE);
  last_ = first;
  first->at += (sizeof(sw_entry) + entry->size + 7) & ~uint64_t{7};
  look(*first);
  return &record_;
}

void RingReader::end() {
  for (Ring& ring : rings_) __atomic_store_n(&control(ring.memory).tail, ring.at, __ATOMIC_RELEASE);
}

}  // namespace sockwatch
