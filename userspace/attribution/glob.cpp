#include "attribution/glob.h"

#include <cstddef>
#include <cstdint>

namespace sockwatch {
namespace {

// Length of the set that starts at `at` ("[...]"); 0: the bracket is never closed and stands for itself.
size_t set_length(std::string_view pattern, size_t at) {
  size_t end = at + 1;
  if (end < pattern.size() && (pattern[end] == '!' || pattern[end] == '^')) ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;  // first of a set, it is one of its members
  while (end < pattern.size() && pattern[end] != ']') ++end;
  return end < pattern.size() ? end + 1 - at : 0;
}

bool in_set(std::string_view members, char c) {
  const bool negated = members[0] == '!' || members[0] == '^';
  if (negated) members.remove_prefix(1);
  const auto byte = static_cast<uint8_t>(c);
  bool found = false;
  for (size_t i = 0; i < members.size(); ++i) {
    const auto low = static_cast<uint8_t>(members[i]);
    if (i + 2 < members.size() && members[i + 1] == '-') {
      i += 2;
      found = found || (byte >= low && byte <= static_cast<uint8_t>(members[i]));
    } else {
      found = found || byte == low;
    }
  }
  return found != negated;
}

// Whether the pattern's next element, which is no "*", takes `c`; `length` receives the element's own length.
bool takes(std::string_view pattern, size_t at, char c, size_t& length) {
  length = 1;
  switch (pattern[at]) {
    case '?':
      return true;
    case '[':
      if (const size_t set = set_length(pattern, at); set > 0) {
        length = set;
        return in_set(pattern.substr(at + 1, set - 2), c);
      }
      return c == '[';
    case '\\':
      if (at + 1 < pattern.size()) {
        length = 2;
        return pattern[at + 1] == c;
      }
      return c == '\\';
    default:
      return pattern[at] == c;
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr size_t none = std::string_view::npos;
  size_t p = 0;
  size_t t = 0;
  size_t star = none;    // behind the last "*"
  size_t star_text = 0;  // where the text that it does not take begins
  while (t < text.size()) {
    size_t length = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
    } else if (p < pattern.size() && takes(pattern, p, text[t], length)) {
      p += length;
      ++t;
    } else if (star != none) {
      p = star;  // only the last "*" need take more: what the ones before it take is settled
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace sockwatch
