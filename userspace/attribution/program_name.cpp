#include "attribution/program_name.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sockwatch {
namespace {

struct Interpreter {
  std::string_view name;    // the executable's, without a version: python, python3, python3.11
  std::string_view value;   // letters whose value is the rest of the argument or the next one
  std::string_view joined;  // letters whose value is the rest of the argument
  std::string_view module;  // letters whose value is the module to run
  std::string_view script;  // letters whose value is the script to run
  std::string_view code;    // letters whose value is code, or code from standard input: there is no name
};

constexpr std::array<Interpreter, 10> kInterpreters = {{
    {.name = "python", .value = "WX", .joined = "", .module = "m", .script = "", .code = "c"},
    {.name = "pypy", .value = "WX", .joined = "", .module = "m", .script = "", .code = "c"},
    {.name = "node", .value = "rC", .joined = "", .module = "", .script = "", .code = "ep"},
    {.name = "nodejs", .value = "rC", .joined = "", .module = "", .script = "", .code = "ep"},
    {.name = "ruby", .value = "IrCE", .joined = "WKFTxi", .module = "", .script = "", .code = "e"},
    {.name = "perl", .value = "I", .joined = "iMmVdDCxF", .module = "", .script = "", .code = "eE"},
    {.name = "php", .value = "cdtSz", .joined = "", .module = "", .script = "f", .code = "rRBE"},
    {.name = "bash", .value = "oO", .joined = "", .module = "", .script = "", .code = "cs"},
    {.name = "dash", .value = "o", .joined = "", .module = "", .script = "", .code = "cs"},
    {.name = "sh", .value = "o", .joined = "", .module = "", .script = "", .code = "cs"},
}};

// Options in words whose value is the next argument.
constexpr std::array<std::string_view, 13> kWordsWithValue = {"--require",
                                                              "--import",
                                                              "--loader",
                                                              "--experimental-loader",
                                                              "--conditions",
                                                              "--rcfile",
                                                              "--init-file",
                                                              "--title",
                                                              "--inspect-port",
                                                              "--unhandled-rejections",
                                                              "--check-hash-based-pycs",
                                                              "--input-type",
                                                              "--docroot"};

const Interpreter* interpreter_of(std::string_view executable) {
  for (const Interpreter& known : kInterpreters) {
    if (!executable.starts_with(known.name)) continue;
    if (executable.find_first_not_of("0123456789.-", known.name.size()) == std::string_view::npos)
      return &known;
  }
  return nullptr;
}

Arguments behind(const Arguments& arguments, size_t index) {
  return {arguments.begin() + static_cast<ptrdiff_t>(std::min(index + 1, arguments.size())), arguments.end()};
}

// A script or a module that runs another application is called by that.
std::string name_of_run(std::string_view what, bool is_module, const Arguments& rest) {
  if (std::string name = application_name(without_extension(base_name(what)), rest); !name.empty())
    return name;
  if (!is_module) return std::string(telling_name(what));
  constexpr std::string_view main = ".__main__";
  if (what.ends_with(main)) what.remove_suffix(main.size());
  return std::string(what);
}

// What the option at `index` does, which is no word: "-um http.server", "-Wdefault".
enum class Option { plain, takes_next, module, script, code };

Option option_at(const Interpreter& interpreter, std::string_view option, std::string_view& value) {
  const auto has = [](std::string_view letters, char c) { return letters.find(c) != std::string_view::npos; };
  for (size_t i = 1; i < option.size(); ++i) {
    const char letter = option[i];
    value = option.substr(i + 1);
    if (has(interpreter.code, letter)) return Option::code;
    if (has(interpreter.module, letter)) return Option::module;
    if (has(interpreter.script, letter)) return Option::script;
    if (has(interpreter.value, letter)) return value.empty() ? Option::takes_next : Option::plain;
    if (has(interpreter.joined, letter)) return Option::plain;
  }
  return Option::plain;
}

std::string script_name(const Interpreter& interpreter, const Arguments& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.empty() || argument == "-") return {};
    if (argument == "--")
      return i + 1 < arguments.size() ? name_of_run(arguments[i + 1], false, behind(arguments, i + 1)) : "";
    if (argument[0] != '-' && argument[0] != '+') return name_of_run(argument, false, behind(arguments, i));
    if (argument.starts_with("--")) {
      if (argument.starts_with("--eval") || argument.starts_with("--print")) return {};
      const bool takes_next =
          std::find(kWordsWithValue.begin(), kWordsWithValue.end(), argument) != kWordsWithValue.end();
      i += takes_next ? 1 : 0;
      continue;
    }
    std::string_view value;
    switch (option_at(interpreter, argument, value)) {
      case Option::code:
        return {};
      case Option::takes_next:
        ++i;
        break;
      case Option::module:
      case Option::script: {
        if (value.empty() && ++i < arguments.size()) value = arguments[i];
        const bool is_module = argument.find('m') != std::string_view::npos && !interpreter.module.empty();
        return value.empty() ? "" : name_of_run(value, is_module, behind(arguments, i));
      }
      case Option::plain:
        break;
    }
  }
  return {};
}

std::string dotnet_name(const Arguments& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i)
    if (arguments[i].ends_with(".dll")) return std::string(without_extension(base_name(arguments[i])));
  return {};
}

// "php-fpm: pool shop" -> "shop". "www" is the pool of the package.
std::string fpm_pool(const Arguments& arguments) {
  constexpr std::string_view pool = "php-fpm: pool ";
  if (arguments.empty() || !arguments[0].starts_with(pool)) return {};
  const std::string_view name = arguments[0].substr(pool.size());
  return name == "www" ? std::string() : std::string(name);
}

// Titles tell the application in brackets ("gunicorn: worker [shop.wsgi:app]", "puma 5.6 (tcp://...) [shop]")
// or repeat the arguments ("starman worker --listen :5000 shop.psgi", "node /srv/shop/server.js").
std::string name_in_title(const Interpreter& interpreter, std::string_view title) {
  Arguments words = split_words(title);
  if (words.empty()) return {};
  std::string_view program = base_name(words[0]);
  if (program.ends_with(':')) program.remove_suffix(1);
  if (program == "gunicorn" || program == "puma") {
    const size_t open = title.rfind('[');
    if (open == std::string_view::npos || !title.ends_with(']')) return std::string(program);
    const std::string_view told = title.substr(open + 1, title.size() - open - 2);
    if (std::string name = application_name(program, {told}); !name.empty()) return name;
    return told.empty() ? std::string(program) : std::string(told);
  }
  if (interpreter_of(program) == &interpreter) return script_name(interpreter, words);
  std::string name = application_name(program, behind(words, 0));
  return name.empty() && is_launcher(program) ? std::string(program) : name;
}

}  // namespace

std::string what_it_runs(std::string_view executable, const Arguments& arguments) {
  executable = base_name(executable);
  if (executable == "java") return jvm_name(arguments);
  if (executable == "dotnet") return dotnet_name(arguments);
  if (executable.starts_with("php-fpm")) return fpm_pool(arguments);
  if (const Interpreter* interpreter = interpreter_of(executable))
    return arguments.size() == 1 ? name_in_title(*interpreter, arguments[0]) : script_name(*interpreter, arguments);
  return {};
}

bool runs_code(std::string_view executable, const Arguments& arguments) {
  const Interpreter* interpreter = interpreter_of(base_name(executable));
  if (interpreter == nullptr || arguments.size() < 2) return false;
  for (size_t i = 1; i < arguments.size() && arguments[i].starts_with('-'); ++i) {
    if (arguments[i].starts_with("--")) return arguments[i].starts_with("--eval") || arguments[i].starts_with("--print");
    std::string_view value;
    const Option option = option_at(*interpreter, arguments[i], value);
    if (option == Option::code) return true;
    if (option == Option::module || option == Option::script) return false;
    if (option == Option::takes_next) ++i;
  }
  return false;
}

std::string executable_name(std::string_view executable) { return std::string(base_name(executable)); }

}  // namespace sockwatch
