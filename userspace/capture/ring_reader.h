// The consumer's side of the kernel programs' rings (struct sw_ring): one a CPU, merged into one order.
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "util/result.h"

namespace sockwatch {

class RingReader {
 public:
  /// `map_fd` is the array of `rings` elements, each with `ring_bytes` of records.
  static Result<std::unique_ptr<RingReader>> map(int map_fd, uint32_t rings, uint32_t ring_bytes, size_t value_bytes);
  ~RingReader();
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  /// Calls `visit(record, size)` for every record that was complete in all rings when the call began, in the order in which
  /// they happened wherever one can depend on another. Returns their number.
  template <typename Visit>
  size_t drain(Visit visit) {
    begin();
    size_t n = 0;
    while (const Record* record = next()) {
      visit(record->data, record->size);
      ++n;
    }
    end();
    return n;
  }
  /// Bytes written and not drained, of the fullest ring.
  uint64_t used() const;
  /// What the programs have counted under `counter` (enum sw_counter), on all CPUs.
  uint64_t counted(uint32_t counter) const;
  uint64_t ring_bytes() const { return ring_bytes_; }

 private:
  struct Record {
    const void* data;
    uint32_t size;
  };
  struct Ring {
    std::byte* memory;
    uint64_t at = 0;        ///< position of the next record
    uint64_t end = 0;       ///< as of begin()
    uint64_t order_ns = 0;  ///< of the next record
    bool ready = false;     ///< there is a next record, from before begin()
  };

  RingReader(std::byte* memory, size_t bytes, uint32_t rings, uint32_t ring_bytes, size_t stride);
  void begin();
  const Record* next();
  void end();
  void look(Ring& ring);

  std::byte* memory_;
  size_t bytes_;
  uint64_t ring_bytes_;
  uint64_t until_ns_ = 0;
  Ring* last_ = nullptr;
  Record record_{};
  std::vector<Ring> rings_;
};

}  // namespace sockwatch
