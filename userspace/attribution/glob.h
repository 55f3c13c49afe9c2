// Patterns of the configuration's rules. Pure.
#pragma once

#include <string_view>

namespace sockwatch {

/// "*" is any text, "?" any one byte, "[a-z]" and "[!a-z]" one byte of a set; "\" takes the next byte
/// literally. The whole text must match, and "/" is nothing special. Takes at most pattern x text steps,
/// whatever both hold.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace sockwatch
