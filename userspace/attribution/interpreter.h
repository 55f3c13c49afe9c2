// What an interpreter was told to run, by its arguments: the options that each one has, and which of them take the next argument, as its own
// help tells. Pure.
#pragma once

#include <string_view>

#include "attribution/command_line.h"

namespace sockwatch {

struct Interpreter {
  std::string_view name;    ///< the executable's, without a version: python, python3, python3.11
  std::string_view value;   ///< letters whose value is the rest of the argument or the next one
  std::string_view joined;  ///< letters whose value is the rest of the argument
  std::string_view module;  ///< letters whose value is the module to run
  std::string_view script;  ///< letters whose value is the script to run
  std::string_view code;    ///< letters whose value is code, or code from standard input
  std::string_view words;   ///< options in words whose value is the next argument
  std::string_view script_words;  ///< options in words whose value is the script
  std::string_view code_words;    ///< options in words whose value is code
  std::string_view commands;      ///< words that may stand before the script
  std::string_view code_commands;  ///< words behind which there is code, or nothing that has a name
};

struct Run {
  enum class What { nothing, script, module, code };
  What what = What::nothing;
  std::string_view text;  ///< of the script or module
  size_t index = 0;       ///< of the last argument that belongs to it; those behind are the application's
};

/// Null: the executable (the last component of its path) is no interpreter.
const Interpreter* interpreter_of(std::string_view executable);
Run what_is_run(const Interpreter& interpreter, const Arguments& arguments);

}  // namespace sockwatch
