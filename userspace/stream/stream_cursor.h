// Where one direction's byte stream stands: turns records that carry offsets into "these are new", "these were missed".
#pragma once

#include <algorithm>
#include <cstdint>

namespace sockwatch {

class StreamCursor {
 public:
  struct Placement {
    uint64_t missed = 0;  ///< bytes before the record that no record told of
    uint64_t known = 0;   ///< first bytes of the record that had been told of
    uint64_t fresh = 0;   ///< bytes after those
  };

  Placement place(uint64_t offset, uint64_t length) {
    Placement p;
    if (length > UINT64_MAX - offset) length = UINT64_MAX - offset;
    p.missed = offset > next_ ? offset - next_ : 0;
    p.known = next_ > offset ? std::min(next_ - offset, length) : 0;
    p.fresh = length - p.known;
    next_ = std::max(next_, offset + length);
    return p;
  }
  uint64_t next() const { return next_; }

 private:
  uint64_t next_ = 0;
};

}  // namespace sockwatch
