// What a character of a path's segment is, whatever the locale says.
#pragma once

#include <algorithm>
#include <string_view>

namespace sockwatch::path_text {

inline bool digit(char c) { return c >= '0' && c <= '9'; }
inline bool upper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool lower(char c) { return c >= 'a' && c <= 'z'; }
inline bool letter(char c) { return upper(c) || lower(c); }
inline bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Empty texts are nothing.
template <typename Test>
bool all(std::string_view text, Test test) {
  return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

/// Where the piece that begins at `start` ends: pieces are what stands between these separators.
inline constexpr std::string_view kSeparators = "-_.~:+,!$'()*&";
inline size_t piece_end(std::string_view text, size_t start) {
  return std::min(text.find_first_of(kSeparators, start), text.size());
}

}  // namespace sockwatch::path_text
