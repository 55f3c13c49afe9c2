// Finds the end of an HTTP/1 message's body. Looks at chunk sizes, never at content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch {

class BodyReader {
 public:
  enum class State : uint8_t { in_body, done, broken };

  void start_length(uint64_t length);
  void start_chunked();

  State state() const { return state_; }
  /// Takes bytes up to the end of the body and returns how many. `broken`: chunk framing that is none; what was
  /// taken so far counts.
  size_t feed(std::string_view bytes);
  /// Takes bytes that were not seen, and returns how many. Chunked: beyond the current chunk the framing is `broken`.
  uint64_t skip(uint64_t length);

 private:
  enum class Part : uint8_t { counted, size, size_rest, data, data_end, trailer_start, trailer };
  static constexpr int kMaxSizeDigits = 15;  // 2^60: more than will ever pass

  /// One byte of chunk framing.
  void frame(char c);

  State state_ = State::done;
  Part part_ = Part::counted;
  bool seen_digit_ = false;
  bool seen_return_ = false;
  uint8_t digits_ = 0;
  uint64_t remaining_ = 0;
};

}  // namespace sockwatch
