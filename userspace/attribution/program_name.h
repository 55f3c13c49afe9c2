// What a program is called by what it runs: the script of an interpreter, the jar of a JVM, the application
// of a launcher such as gunicorn, or else its executable. Pure.
#pragma once

#include <string>
#include <string_view>

#include "attribution/command_line.h"

namespace sockwatch {

struct Program {
  std::string_view executable;  ///< path
  std::string_view called_by;   ///< the link to it by which it was called, last component; empty: by its own name
  const Arguments& arguments;
  std::string_view folder;      ///< that it works in; empty: not known
};

/// The application that the program was told to run. Empty: its arguments do not tell. A process title that a program wrote over its
/// arguments is never a name; only the application that some launchers tell in it is. What is everybody's (server.js, main:app, a loader
/// class) is called by its folder.
std::string what_it_runs(const Program& program);
/// An interpreter was handed code in its arguments: they tell nothing.
bool runs_code(const Program& program);
/// What the program itself is called; empty when `executable` is.
std::string executable_name(const Program& program);

/// Of a JVM: the name that it was given, the jar, or the main class. Empty: the arguments do not tell.
std::string jvm_name(const Arguments& arguments, std::string_view folder);

/// The application that a launcher (gunicorn, puma, streamlit) was told to run: `arguments` are those behind the launcher's own name.
/// Empty when `launcher` is none or nothing tells.
std::string application_name(std::string_view launcher, const Arguments& arguments, std::string_view folder);
bool is_launcher(std::string_view name);
/// A module whose name is everybody's: "main", "src.app".
bool is_generic_module(std::string_view module);
/// The application of "shop.wsgi:app"; the folder's name where it is everybody's. Empty: it tells nothing.
std::string module_name(std::string_view application, std::string_view folder);

}  // namespace sockwatch
