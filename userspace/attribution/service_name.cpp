#include "attribution/service_name.h"

#include <cstdint>

namespace sockwatch {
namespace {

// Length of the well-formed character that `text` begins with; 0: it begins with none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) -> uint8_t { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;  // longer than need be
    if (first == 0xed && byte(1) > 0x9f) return 0;  // a surrogate
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;  // beyond U+10FFFF
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<uint8_t>(character[1]) < 0xa0;  // C1
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string clean_service_name(std::string_view raw) {
  while (!raw.empty() && is_blank(raw.front())) raw.remove_prefix(1);
  while (!raw.empty() && is_blank(raw.back())) raw.remove_suffix(1);
  std::string name;
  while (!raw.empty()) {
    const size_t length = utf8_length(raw);
    const std::string_view character = raw.substr(0, length == 0 ? 1 : length);
    const bool replaced = length == 0 || is_control(character);
    if (name.size() + (replaced ? 1 : length) > kMaxServiceName) break;
    name += replaced ? "_" : character;
    raw.remove_prefix(character.size());
  }
  while (!name.empty() && is_blank(name.back())) name.pop_back();  // what was cut may have left one
  return name;
}

}  // namespace sockwatch
