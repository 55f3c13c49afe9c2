// Command lines as /proc tells them, and the parts of paths in them. Pure; views into the text that was
// given.
#pragma once

#include <string_view>
#include <vector>

namespace sockwatch {

using Arguments = std::vector<std::string_view>;

/// The arguments in /proc/PID/cmdline's text; empty ones at the end, which a shorter process title leaves,
/// are left out.
Arguments split_command_line(std::string_view text);
/// The words of a process title.
Arguments split_words(std::string_view text);

/// The last component of a path, without "/" at its end and without a " (deleted)" mark.
std::string_view base_name(std::string_view path);
/// What stands before the last component; empty: nothing.
std::string_view folder_of(std::string_view path);
/// `name` without a known extension of a script or a program (".py", ".js", ".jar", ...).
std::string_view without_extension(std::string_view name);

/// The name of a file that somebody calls by a generic name is that of the nearest folder that says
/// something:
/// "/srv/shop/src/index.js" -> "shop". Its own name otherwise: "orders.py" -> "orders", "server.js" ->
/// "server".
std::string_view telling_name(std::string_view path);

}  // namespace sockwatch
