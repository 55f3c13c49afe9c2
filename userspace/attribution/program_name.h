// What a program is called by what it runs: the script of an interpreter, the jar of a JVM, the application
// of a launcher such as gunicorn, or else its executable. Pure.
#pragma once

#include <string>
#include <string_view>

#include "attribution/command_line.h"

namespace sockwatch {

/// The application that a program was told to run; `executable` is a path. Empty: its arguments do not tell. A process title that
/// a program wrote over its arguments is never a name; only the application that gunicorn, puma and PHP-FPM tell in it is.
std::string what_it_runs(std::string_view executable, const Arguments& arguments);
/// An interpreter was handed code in its arguments: they tell nothing.
bool runs_code(std::string_view executable, const Arguments& arguments);
/// What the program itself is called; empty when `executable` is.
std::string executable_name(std::string_view executable);

/// Of a JVM: the jar, or the main class's simple name. Empty: the arguments do not tell.
std::string jvm_name(const Arguments& arguments);

/// The application that a launcher of Python or Perl web applications was told to run: `arguments` are those
/// behind the launcher's own name. Empty when `launcher` is none or its arguments do not tell.
std::string application_name(std::string_view launcher, const Arguments& arguments);
bool is_launcher(std::string_view name);

}  // namespace sockwatch
