// Accept-Encoding with its quality values (RFC 9110, 12.5.3), as far as it decides between gzip and plain
// text.
#pragma once

#include <optional>
#include <string_view>

namespace sockwatch {

class EncodingPreferences {
 public:
  /// Adds one field's value; a head may hold several, which count as one list.
  void add(std::string_view field_value);
  /// gzip is acceptable, and plain text is not asked for with a higher quality.
  bool accepts_gzip() const;

 private:
  void add_coding(std::string_view coding, int quality);

  // In thousandths.
  std::optional<int> gzip_;
  std::optional<int> identity_;
  std::optional<int> any_;
};

}  // namespace sockwatch
