// Text made safe to print: JSON string escapes, for JSON output and for log lines alike.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// Appends `text` with JSON's escapes and without the quotes. Control characters (C0, DEL and C1) come out as
/// escapes; what is not UTF-8 comes out as U+FFFD. The result is always valid UTF-8 and never moves a
/// terminal's cursor.
void append_json_escaped(std::string& out, std::string_view text);

/// The same within quotes: a complete JSON string.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sockwatch
