// Accept with its quality values (RFC 9110, 12.5.1), as far as it decides between the text formats.
#pragma once

#include <array>
#include <string_view>

#include "exposition/text_format.h"

namespace sockwatch {

class FormatPreferences {
 public:
  /// Adds one field's value; a head may hold several, which count as one list.
  void add(std::string_view field_value);
  /// The format that is asked for with the highest quality; of equal ones OpenMetrics only when it is asked
  /// for by name. Where nothing that we have is asked for, the plain one is better than none.
  TextFormat best() const;

 private:
  static constexpr size_t kFormats = 3;

  /// What the most exact of the media ranges that match says.
  struct Preference {
    int exactness = 0;  ///< 0: no range matches; then */*, type/*, type/subtype, and that with parameters
    int quality = 0;    ///< in thousandths
  };
  std::array<Preference, kFormats> formats_;  ///< by TextFormat
};

}  // namespace sockwatch
