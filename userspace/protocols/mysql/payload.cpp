#include "protocols/mysql/payload.h"

#include <algorithm>

namespace sockwatch::mysql {

bool take_number(std::string_view& bytes, uint64_t& out) {
  if (bytes.empty()) return false;
  const uint8_t first = byte(bytes, 0);
  const size_t size = first < 0xfb ? 1 : first == 0xfc ? 3 : first == 0xfd ? 4 : first == 0xfe ? 9 : 0;
  if (size == 0 || bytes.size() < size) return false;
  out = first;
  if (size > 1) {
    out = 0;
    for (size_t i = size - 1; i > 0; --i) out = out << 8 | byte(bytes, i);
  }
  bytes.remove_prefix(size);
  return true;
}

uint16_t status_of_ok(std::string_view payload) {
  uint64_t ignored = 0;
  payload.remove_prefix(std::min<size_t>(1, payload.size()));
  if (!take_number(payload, ignored) || !take_number(payload, ignored)) return 0;
  return two(payload, 0);
}

bool is_greeting(std::string_view bytes) {
  return bytes.size() >= 6 && byte(bytes, 3) == 0 && byte(bytes, 4) == 10 && byte(bytes, 5) >= '1' && byte(bytes, 5) <= '9' &&
         packet_length(bytes) >= 40 && packet_length(bytes) < 1024;
}

bool is_command(std::string_view bytes, size_t size) {
  if (bytes.size() <= kHeader || byte(bytes, 3) != 0 || packet_length(bytes) + kHeader != size) return false;
  const uint8_t command = byte(bytes, 4);
  return (command >= 1 && command <= 0x1f) || command == 0xfa;
}

bool begins_command(std::string_view bytes) {
  return bytes.size() >= kHeader && byte(bytes, 3) == 0 && packet_length(bytes) > 0 && (bytes.size() == kHeader || byte(bytes, 4) <= 0x1f || byte(bytes, 4) == 0xfa);
}

}  // namespace sockwatch::mysql
