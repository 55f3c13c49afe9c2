#include "routes/segment_class.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace sockwatch {
namespace {

constexpr size_t kMinHash = 8;             // "deadbeef1"; shorter ones are words
constexpr size_t kMinMixed = 8;            // letters and digits that alternate
constexpr size_t kMinCamel = 16;           // both cases and no digit, or capitals and a digit
constexpr size_t kMinLower = 20;           // one case, no digit
constexpr size_t kLongestWord = 40;        // of one piece, whatever it looks like
constexpr size_t kLongestSlug = 100;       // of words joined by hyphens
constexpr int kUnpronounceable = 6;        // consonants in a row

bool digit(char c) { return c >= '0' && c <= '9'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool letter(char c) { return upper(c) || lower(c); }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool vowel(char c) { return std::string_view("aeiouyAEIOUY").find(c) != std::string_view::npos; }

template <typename Test>
bool all(std::string_view text, Test test) {
  return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

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

bool is_email(std::string_view s) {
  size_t at = s.find('@');
  size_t after = at + 1;
  if (at == std::string_view::npos) {
    at = s.find("%40");
    after = at + 3;
  }
  return at != std::string_view::npos && at > 0 && s.find('.', after) != std::string_view::npos;
}

bool is_hash(std::string_view s) {
  if (s.size() < kMinHash || !all(s, hex)) return false;
  return s.size() >= kMinCamel || std::any_of(s.begin(), s.end(), digit);
}

int kind(char c) { return digit(c) ? 0 : upper(c) ? 1 : lower(c) ? 2 : 3; }

int longest_consonant_run(std::string_view s) {
  int longest = 0;
  int run = 0;
  for (char c : s) {
    run = letter(c) && !vowel(c) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// A piece without separators that nobody would choose as a name.
bool is_random(std::string_view s) {
  if (s.size() > kLongestWord) return true;
  const auto digits = static_cast<size_t>(std::count_if(s.begin(), s.end(), digit));
  if (digits >= 5) return true;
  if (is_hash(s)) return true;
  const bool any_lower = std::any_of(s.begin(), s.end(), lower);
  if (digits > 0) {
    if (!any_lower && s.size() >= kMinCamel) return true;  // a key
    int changes = 0;
    for (size_t i = 1; i < s.size(); ++i) changes += kind(s[i]) != kind(s[i - 1]);
    return s.size() >= kMinMixed && changes >= 3;
  }
  const bool both_cases = any_lower && std::any_of(s.begin(), s.end(), upper);
  return s.size() >= (both_cases ? kMinCamel : kMinLower) && longest_consonant_run(s) >= kUnpronounceable;
}

bool has_random_piece(std::string_view s) {
  size_t start = 0;
  while (start <= s.size()) {
    const size_t end = std::min(s.find_first_of("-_.~:+,!$'()*&", start), s.size());
    if (end > start && is_random(s.substr(start, end - start))) return true;
    start = end + 1;
  }
  return false;
}

int hex_value(char c) { return digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }

// What percent-encoding hides; empty when the encoding is broken.
std::string decode(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
    } else if (i + 2 < s.size() && hex(s[i + 1]) && hex(s[i + 2])) {
      out += static_cast<char>(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
      i += 2;
    } else {
      return {};
    }
  }
  return out;
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

std::string_view placeholder_for(std::string_view s) {
  if (s.empty()) return {};
  if (all(s, digit)) return "{id}";
  if (is_uuid(s)) return "{uuid}";
  if (is_date(s)) return "{date}";
  if (is_email(s)) return "{email}";
  if (is_hash(s)) return "{hash}";
  if (is_numbers(s) || is_numbered_file(s) || is_colon_address(s)) return "{id}";
  if (s.find('=') != std::string_view::npos || s.size() > kLongestSlug) return "{token}";
  if (s.find('%') != std::string_view::npos) {
    const std::string decoded = decode(s);
    if (decoded.empty() || !is_clean_text(decoded) || decoded.find('/') != std::string::npos) return "{token}";
    return has_random_piece(decoded) ? "{token}" : std::string_view();
  }
  return has_random_piece(s) ? "{token}" : std::string_view();
}

}  // namespace sockwatch
