// Tells which parts of a path are values of a known make: numbers, addresses, dates, hashes.
#pragma once

#include <string_view>

namespace sockwatch {

/// "{id}", "{uuid}", "{hash}", "{date}" or "{email}" where the whole of `text` is such a value; otherwise empty.
std::string_view value_placeholder(std::string_view text);

/// Valid UTF-8 without control characters.
bool is_clean_text(std::string_view text);

}  // namespace sockwatch
