// What the values of HTTP's header fields are made of: lists, parameters, quality values (RFC 9110, 5.6
// and 12.4.2).
#pragma once

#include <string_view>

namespace sockwatch {

bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text);
/// Takes what stands before `separator` off the front of `text`, trimmed; a separator in a quoted string is
/// none.
std::string_view take_until(std::string_view& text, char separator);

inline constexpr int kFullQuality = 1000;
/// "0", "0.5", "0.123", "1", "1.000" in thousandths; 0 for anything else: what was not clearly asked for is
/// not sent.
int parse_quality(std::string_view text);
/// The text behind "q=" or "Q=" of a parameter; null data() for another parameter.
std::string_view quality_text(std::string_view parameter);

}  // namespace sockwatch
