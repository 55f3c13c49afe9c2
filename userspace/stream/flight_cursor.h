// Which flights of a connection no record told of: a flight is the bytes that pass one way until bytes pass the other way.
#pragma once

#include <cstdint>
#include <optional>

#include "stream/socket_event.h"

namespace sockwatch {

class FlightCursor {
 public:
  /// The next record will be of `flight`, unless it is lost.
  void expect(uint32_t flight) { last_ = flight - 1; }
  /// A record is of `flight`, whose bytes pass in `direction`; `later`: not of its beginning. Returns how many flights in the direction `asks`
  /// have begun, since the record before, without being told of.
  uint32_t place(uint32_t flight, Direction direction, bool later, Direction asks) {
    const uint32_t ahead = flight - last_.value_or(flight);
    if (!last_) last_ = flight;
    if (ahead == 0 || ahead > UINT32_MAX / 2) return 0;
    last_ = flight;
    const uint32_t between = ahead - 1;  // the last of them passed the other way
    return asks == direction ? between / 2 + (later ? 1 : 0) : (between + 1) / 2;
  }
  /// The same where the connection is known to have come to `flight`, and nothing of what passed in it.
  uint32_t pass(uint32_t flight, Direction direction, Direction asks) { return place(flight, direction, true, asks); }

 private:
  std::optional<uint32_t> last_;
};

}  // namespace sockwatch
