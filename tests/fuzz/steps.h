// What happens on a connection, step by step, as the fuzzers of the protocols' parsers read it from their input.
//
// A step's first byte: bits 0-1 what happens, bit 2 the direction (set: send), bit 3 whether it happens in a later flight
// although the direction is the same, bits 4-7 how much: 0-11 are 1-12; with 12-15 that many less 11 bytes follow, a little-endian
// number to which 13 is added. Behind that stand the bytes that are seen, or the last of those that are not (up to kTail).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stream/socket_event.h"

namespace sockwatch {

struct FuzzStep {
  enum class Kind : uint8_t { seen, unseen, end, wait };
  static constexpr size_t kTail = 16;

  Kind kind = Kind::seen;
  Direction direction = Direction::recv;
  bool later_flight = false;
  uint64_t amount = 0;     ///< seen, unseen: bytes; wait: tenths of a second
  std::string_view bytes;  ///< seen: all of them; unseen: the last

  /// Whether the two are one piece of one direction that was cut here.
  bool continued_by(const FuzzStep& next) const {
    return kind == Kind::seen && next.kind == Kind::seen && direction == next.direction && !next.later_flight;
  }
};

/// Takes all of an input apart; views into it. Of a direction that has ended nothing more comes.
std::vector<FuzzStep> read_steps(std::string_view input);
void append_step(std::string& input, const FuzzStep& step);

}  // namespace sockwatch
