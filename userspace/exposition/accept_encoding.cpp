#include "exposition/accept_encoding.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr int kFullQuality = 1000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Takes what stands before `separator` off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return trim(part);
}

/// "0", "0.5", "0.123", "1", "1.000" in thousandths; 0 for anything else.
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

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void EncodingPreferences::add(std::string_view field_value) {
  while (!field_value.empty()) {
    std::string_view parameters = take_until(field_value, ',');
    const std::string_view coding = take_until(parameters, ';');
    int quality = kFullQuality;
    while (!parameters.empty()) {
      const std::string_view parameter = take_until(parameters, ';');
      if (parameter.size() >= 2 && lower(parameter[0]) == 'q' && parameter[1] == '=') {
        quality = parse_quality(parameter.substr(2));
      }
    }
    add_coding(coding, quality);
  }
}

void EncodingPreferences::add_coding(std::string_view coding, int quality) {
  if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) gzip_ = quality;
  if (equal_ignoring_case(coding, "identity")) identity_ = quality;
  if (coding == "*") any_ = quality;
}

bool EncodingPreferences::accepts_gzip() const {
  const int quality = gzip_.value_or(any_.value_or(0));
  return quality > 0 && quality >= identity_.value_or(0);
}

}  // namespace sockwatch
