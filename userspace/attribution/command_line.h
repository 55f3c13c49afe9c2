// The name in a command line: the script of an interpreter, the jar of a JVM. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

/// The arguments of /proc/PID/cmdline.
std::vector<std::string> split_command_line(std::string_view text);

/// What a program calls itself by its arguments, when `executable` (a base name) is an interpreter or a JVM; empty
/// when it is none or its arguments do not tell.
std::string script_name(std::string_view executable, const std::vector<std::string>& arguments);

/// The last component of a path, without a " (deleted)" mark.
std::string_view base_name(std::string_view path);

}  // namespace sockwatch
