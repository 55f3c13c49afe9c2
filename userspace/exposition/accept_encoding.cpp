#include "exposition/accept_encoding.h"

#include "exposition/field_value.h"

namespace sockwatch {

void EncodingPreferences::add(std::string_view field_value) {
  while (!field_value.empty()) {
    std::string_view parameters = take_until(field_value, ',');
    const std::string_view coding = take_until(parameters, ';');
    int quality = kFullQuality;
    while (!parameters.empty()) {
      const std::string_view parameter = take_until(parameters, ';');
      if (const std::string_view text = quality_text(parameter); text.data() != nullptr) quality = parse_quality(text);
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
