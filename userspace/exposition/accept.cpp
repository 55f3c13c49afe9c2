#include "exposition/accept.h"

#include "exposition/field_value.h"

namespace sockwatch {
namespace {

constexpr int kByName = 3;  // type/subtype

struct Format {
  std::string_view type;
  std::string_view any_of_type;
  std::string_view version;
};

constexpr Format kKnown[] = {
    {"text/plain", "text/*", "0.0.4"},
    {"application/openmetrics-text", "application/*", "1.0.0"},
    {"application/openmetrics-text", "application/*", "0.0.1"},
};

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

void FormatPreferences::add(std::string_view field_value) {
  while (!field_value.empty()) {
    std::string_view parameters = take_until(field_value, ',');
    const std::string_view range = take_until(parameters, ';');
    std::string_view version;
    int quality = kFullQuality;
    while (!parameters.empty()) {
      const std::string_view parameter = take_until(parameters, ';');
      const size_t equals = parameter.find('=');
      if (const std::string_view text = quality_text(parameter); text.data() != nullptr) {
        quality = parse_quality(text);
      } else if (equals != std::string_view::npos &&
                 equal_ignoring_case(parameter.substr(0, equals), "version")) {
        version = unquoted(parameter.substr(equals + 1));
      }
    }
    for (size_t i = 0; i < kFormats; ++i) {
      const Format& format = kKnown[i];
      int exactness = 0;
      if (equal_ignoring_case(range, format.type)) {
        exactness = version.empty() ? kByName : version == format.version ? kByName + 1 : 0;
      } else if (equal_ignoring_case(range, format.any_of_type)) {
        exactness = 2;
      } else if (range == "*/*") {
        exactness = 1;
      }
      if (exactness > formats_[i].exactness) formats_[i] = {.exactness = exactness, .quality = quality};
    }
  }
}

TextFormat FormatPreferences::best() const {
  const auto asked = [&](TextFormat format) { return formats_[static_cast<size_t>(format)]; };
  TextFormat best = TextFormat::prometheus;
  for (const TextFormat format : {TextFormat::openmetrics, TextFormat::openmetrics_draft}) {
    const Preference now = asked(best);
    const Preference other = asked(format);
    const bool by_name =
        other.exactness >= kByName && (best == TextFormat::prometheus || now.exactness < kByName);
    if (other.quality > now.quality || (other.quality > 0 && other.quality == now.quality && by_name))
      best = format;
  }
  return best;
}

}  // namespace sockwatch
