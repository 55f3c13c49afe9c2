// Command lines as /proc tells them. Pure; views into the text that was given.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sockwatch {

using Arguments = std::vector<std::string_view>;

/// The arguments in /proc/PID/cmdline's text; empty ones at the end, which a shorter process title leaves,
/// are left out.
Arguments split_command_line(std::string_view text);
/// The words of a process title.
Arguments split_words(std::string_view text);
/// What stands behind the argument at `index`.
Arguments behind(const Arguments& arguments, size_t index);

/// The value of the first of `options` that is there: behind "=" in the argument, or the next argument. `options` are separated by
/// blanks: "--config -c". Empty: none is there.
std::string_view option_value(const Arguments& arguments, std::string_view options);
/// Whether `word` is one of the words of `list`, which are separated by blanks.
bool has_word(std::string_view list, std::string_view word);

}  // namespace sockwatch
