// Accept-Encoding with its quality values (RFC 9110, 12.5.3), as far as it decides between gzip and plain
// text.
#pragma once

#include <optional>
#include <string_view>

namespace sockwatch {

bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text);

class EncodingPreferences {
 public:
  /// Adds one field's value; a head may hold several, which count as one list.
  void add(std::string_view field_value);
  /// gzip is acceptable, and plain text is not asked for with a higher quality.
  bool accepts_gzip() const;

 private:
  void add_coding(std::string_view coding, int quality);

  // In thousandths. A quality that cannot be read counts as 0: what was not clearly asked for is not sent.
  std::optional<int> gzip_;
  std::optional<int> identity_;
  std::optional<int> any_;
};

}  // namespace sockwatch
