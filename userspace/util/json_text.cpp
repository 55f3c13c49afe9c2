#include "util/json_text.h"

#include <cstdint>

namespace sockwatch {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_unicode_escape(std::string& out, unsigned code) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[(code >> 4) & 0xf];
  out += kHex[code & 0xf];
}

bool is_continuation(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80;
}

/// Length of the UTF-8 sequence of two to four bytes that starts at `at`; 0 when there is none. Overlong
/// forms, surrogates and what lies above U+10FFFF are none (Unicode, table 3-7).
size_t multibyte_length(std::string_view text, size_t at) {
  const auto lead = static_cast<uint8_t>(text[at]);
  if (lead < 0xc2 || lead > 0xf4 || !is_continuation(text, at + 1)) return 0;
  const auto second = static_cast<uint8_t>(text[at + 1]);
  if (lead < 0xe0) return 2;
  if (!is_continuation(text, at + 2)) return 0;
  if (lead == 0xe0 && second < 0xa0) return 0;
  if (lead == 0xed && second > 0x9f) return 0;
  if (lead < 0xf0) return 3;
  if (!is_continuation(text, at + 3)) return 0;
  if (lead == 0xf0 && second < 0x90) return 0;
  if (lead == 0xf4 && second > 0x8f) return 0;
  return 4;
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c >= 0x80) {
      const size_t length = multibyte_length(text, i);
      if (length == 0) {
        out += kReplacement;
        ++i;
        continue;
      }
      const bool c1_control = c == 0xc2 && static_cast<uint8_t>(text[i + 1]) < 0xa0;
      if (c1_control) {
        append_unicode_escape(out, static_cast<uint8_t>(text[i + 1]));
      } else {
        out += text.substr(i, length);
      }
      i += length;
      continue;
    }
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c < 0x20 || c == 0x7f) {
          append_unicode_escape(out, c);
        } else {
          out += static_cast<char>(c);
        }
    }
    ++i;
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

}  // namespace sockwatch
