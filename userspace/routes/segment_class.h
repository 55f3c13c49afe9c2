// Tells the parts of a path that are names from those that are values: /users/{id}, not /users/8731.
#pragma once

#include <string_view>

namespace sockwatch {

/// The placeholder for one path segment: "{id}", "{uuid}", "{hash}", "{date}", "{email}", "{token}", or empty when the
/// segment is a name and stays. What might be a secret (a token, a session, an address) never stays.
std::string_view placeholder_for(std::string_view segment);

/// Valid UTF-8 without control characters.
bool is_clean_text(std::string_view text);

}  // namespace sockwatch
