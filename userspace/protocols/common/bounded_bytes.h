// Bytes that arrive in pieces, kept up to a bound that no caller can miscount: the room that is left is never computed
// by a parser, so that it can never come out negative.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace sockwatch {

/// The first N bytes of a message.
template <size_t N>
class FixedHeader {
 public:
  /// Takes from `bytes` what is still missing; true once all N bytes are here.
  bool read(std::string_view& bytes) {
    const size_t n = std::min(N - size_, bytes.size());  // size_ never exceeds N: only this line adds to it
    if (n > 0) std::memcpy(bytes_.data() + size_, bytes.data(), n);
    size_ += n;
    bytes.remove_prefix(n);
    return size_ == N;
  }
  void clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  /// What is here, N bytes at most.
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, N> bytes_ = {};
  size_t size_ = 0;
};

/// Appends as much of `bytes` as `kept` may still grow to reach `limit`; returns how many that were.
inline size_t append_up_to(std::string& kept, size_t limit, std::string_view bytes) {
  const size_t n = std::min(limit - std::min(limit, kept.size()), bytes.size());
  kept.append(bytes.substr(0, n));
  return n;
}

}  // namespace sockwatch
