#include "routes/segment_class.h"

#include <algorithm>

#include "routes/characters.h"
#include "routes/random_piece.h"

namespace sockwatch {
namespace {

using namespace path_text;

bool is_uuid(std::string_view s) {
  if (s.size() == 38 && s.front() == '{' && s.back() == '}') s = s.substr(1, 36);
  if (s.size() != 36) return false;
  for (size_t i = 0; i < s.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? s[i] != '-' : !hex(s[i])) return false;
  }
  return true;
}

// Nothing but numbers and what joins them: an address, coordinates, a telephone number, a range. Not 2.1, nor 1.2.3:
// versions are names.
bool is_numbers(std::string_view s) {
  size_t groups = 0;
  bool dots_only = true;
  for (size_t i = 0; i < s.size(); ++i) {
    if (digit(s[i])) {
      groups += i == 0 || !digit(s[i - 1]);
    } else if (std::string_view("-_.,:+").find(s[i]) == std::string_view::npos) {
      return false;
    } else {
      dots_only = dots_only && s[i] == '.';
    }
  }
  return groups > 3 || (groups > 0 && !dots_only);
}

// 42.json, 1.png
bool is_numbered_file(std::string_view s) {
  const size_t dot = s.find('.');
  if (dot == std::string_view::npos || !all(s.substr(0, dot), digit)) return false;
  const std::string_view extension = s.substr(dot + 1);
  return extension.size() >= 2 && extension.size() <= 5 && letter(extension.front()) &&
         all(extension, [](char c) { return letter(c) || digit(c); });
}

// An address of IPv6 or of a network card.
bool is_colon_address(std::string_view s) {
  return std::count(s.begin(), s.end(), ':') >= 2 &&
         all(s, [](char c) { return hex(c) || c == ':' || c == '.'; });
}

// 2026-11-23, 2026_11, 23.11.2026: a year of four digits first or last, and one or two numbers of two.
bool is_short_date(std::string_view s) {
  if (s.size() != 7 && s.size() != 10) return false;
  for (const bool year_first : {true, false}) {
    const char joint = s[year_first ? 4 : 2];
    if (joint != '-' && joint != '_' && joint != '.') continue;
    bool fits = true;
    for (size_t i = 0; i < s.size(); ++i) {
      const bool joined = year_first ? i == 4 || i == 7 : i == 2 || (i == 5 && s.size() == 10);
      fits = fits && (joined ? s[i] == joint : digit(s[i]));
    }
    if (fits) return true;
  }
  return false;
}

// Also followed by a time.
bool is_date(std::string_view s) {
  if (is_short_date(s)) return true;
  if (s.size() < 10 || s[4] != '-' || s[7] != '-') return false;
  return all(s.substr(0, 4), digit) && all(s.substr(5, 2), digit) && all(s.substr(8, 2), digit) &&
         (s.size() == 10 || s[10] == 'T' || s[10] == '_' || s[10] == ' ');
}

// jo@example.org, and what a login may look like: secret@localhost, secret@[::1]. Not react@18, setup@v4.
bool is_email(std::string_view s) {
  const size_t at = s.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view host = s.substr(at + 1);
  if (host.empty()) return false;
  const bool version = host.size() >= 2 && host[0] == 'v' && digit(host[1]);
  return host.find('.') != std::string_view::npos || host.front() == '[' || (letter(host.front()) && !version);
}

}  // namespace

bool is_clean_text(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    const int more = c < 0x80 ? 0 : c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : -1;
    if (more < 0 || i + static_cast<size_t>(more) >= text.size()) return false;
    for (int k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + static_cast<size_t>(k)]);
      const unsigned char least = k > 1 ? 0x80 : c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
      const unsigned char most = k > 1 ? 0xbf : c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
      if (next < least || next > most) return false;
    }
    i += static_cast<size_t>(more) + 1;
  }
  return true;
}

std::string_view value_placeholder(std::string_view s) {
  if (all(s, digit)) return "{id}";
  if (is_uuid(s)) return "{uuid}";
  if (is_date(s)) return "{date}";
  if (is_email(s)) return "{email}";
  if (is_hash(s)) return "{hash}";
  if (is_numbers(s) || is_numbered_file(s) || is_colon_address(s)) return "{id}";
  return {};
}

}  // namespace sockwatch
