#include "exposition/field_value.h"

#include <algorithm>

namespace sockwatch {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_until(std::string_view& text, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (quoted && text[end] == '\\') ++end;
  }
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(part);
}

int parse_quality(std::string_view text) {
  constexpr size_t longest = 5;
  if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int quality = (text[0] - '0') * kFullQuality;
  int weight = kFullQuality;
  for (const char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    weight /= 10;
    quality += (c - '0') * weight;
  }
  return quality <= kFullQuality ? quality : 0;
}

std::string_view quality_text(std::string_view parameter) {
  const bool is_quality = parameter.size() >= 2 && lower(parameter[0]) == 'q' && parameter[1] == '=';
  return is_quality ? parameter.substr(2) : std::string_view();
}

}  // namespace sockwatch
