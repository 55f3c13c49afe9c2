#include "attribution/command_line.h"

#include <algorithm>
#include <array>

namespace sockwatch {
namespace {

struct Interpreter {
  std::string_view prefix;          // of the executable's base name: python, python3, python3.11
  std::string_view flags_with_value;  // single letters whose value is the next argument
};

constexpr std::array<Interpreter, 9> kInterpreters = {{{"python", "WX"},
                                                       {"pypy", "WX"},
                                                       {"node", "r"},
                                                       {"ruby", "IrE"},
                                                       {"perl", "IMm"},
                                                       {"php", "cdz"},
                                                       {"bash", "oO"},
                                                       {"dash", "o"},
                                                       {"sh", "o"}}};

// Programs that run another one named by their first plain argument: "gunicorn shop.wsgi:app".
constexpr std::array<std::string_view, 7> kLaunchers = {"gunicorn", "uvicorn", "hypercorn", "daphne",
                                                        "waitress-serve", "flask", "celery"};
// Script names that say nothing: the folder around them does.
constexpr std::array<std::string_view, 7> kGeneric = {"index", "main", "app", "server", "__main__", "manage", "start"};

bool is_one_of(std::string_view text, auto& list) { return std::find(list.begin(), list.end(), text) != list.end(); }

std::string_view stem(std::string_view file) {
  const size_t dot = file.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot);
}

// "/srv/shop/server.js" -> "shop"; "server.js" -> "server".
std::string name_of_script(std::string_view path) {
  const std::string_view name = stem(base_name(path));
  if (is_one_of(name, kGeneric)) {
    std::string_view folder = path.substr(0, path.size() - base_name(path).size());
    while (folder.ends_with('/')) folder.remove_suffix(1);
    folder = base_name(folder);
    constexpr std::array<std::string_view, 7> above = {"", ".", "src", "bin", "dist", "app", "build"};
    if (!is_one_of(folder, above)) return std::string(folder);
  }
  return std::string(name);
}

// "shop-1.2.jar" -> "shop".
std::string name_of_jar(std::string_view path) {
  std::string_view name = stem(base_name(path));
  for (size_t dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1))
    if (dash + 1 < name.size() && name[dash + 1] >= '0' && name[dash + 1] <= '9') return std::string(name.substr(0, dash));
  return std::string(name);
}

std::string java_name(const std::vector<std::string>& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-jar") return i + 1 < arguments.size() ? name_of_jar(arguments[i + 1]) : "";
    if (argument == "-cp" || argument == "-classpath" || argument == "--class-path" || argument == "-p" ||
        argument == "--module-path" || argument == "--add-modules") {
      ++i;
    } else if (argument == "-m" || argument == "--module") {
      return i + 1 < arguments.size() ? arguments[i + 1].substr(0, arguments[i + 1].find('/')) : "";
    } else if (!argument.starts_with('-')) {
      if (argument.ends_with(".java")) return std::string(stem(base_name(argument)));
      return argument.substr(argument.rfind('.') + 1);  // the main class's simple name
    }
  }
  return {};
}

// "shop.wsgi:app" -> "shop"; "main:app" -> "main".
std::string name_of_application(std::string_view application) {
  std::string_view module = application.substr(0, application.find(':'));
  for (std::string_view suffix : {".wsgi", ".asgi", ".main", ".app"})
    if (module.size() > suffix.size() && module.ends_with(suffix)) module.remove_suffix(suffix.size());
  return std::string(module.substr(module.rfind('.') + 1));
}

}  // namespace

std::string_view base_name(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  return path.substr(path.rfind('/') + 1);
}

std::vector<std::string> split_command_line(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const size_t end = text.find('\0');
    arguments.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return arguments;
}

std::string script_name(std::string_view executable, const std::vector<std::string>& arguments) {
  if (executable == "java") return java_name(arguments);
  if (executable == "dotnet") return arguments.size() > 1 && arguments[1].ends_with(".dll") ? std::string(stem(base_name(arguments[1]))) : "";
  const auto interpreter = std::find_if(kInterpreters.begin(), kInterpreters.end(), [&](const Interpreter& known) {
    if (!executable.starts_with(known.prefix)) return false;
    const std::string_view version = executable.substr(known.prefix.size());
    return version.find_first_not_of("0123456789.-") == std::string_view::npos;
  });
  if (interpreter == kInterpreters.end()) return {};
  // A process title has no arguments to read: "gunicorn: worker [shop]" is one word.
  if (arguments.size() == 1 && arguments[0].find(':') != std::string::npos) return {};

  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-m" && interpreter->prefix.starts_with("py"))
      return i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (argument == "-c" || argument == "-e" || argument == "--eval" || argument == "-") return {};
    if (argument == "--require" || argument == "--import" || argument == "--loader") {
      ++i;
    } else if (argument.size() == 2 && argument[0] == '-') {
      if (interpreter->flags_with_value.find(argument[1]) != std::string_view::npos) ++i;
    } else if (!argument.starts_with('-') && !argument.empty()) {
      if (is_one_of(base_name(argument), kLaunchers)) {
        for (size_t k = i + 1; k < arguments.size(); ++k)
          if (!arguments[k].starts_with('-') && arguments[k].find(':') != std::string::npos &&
              arguments[k].find('/') == std::string::npos && arguments[k].find_first_of("0123456789") != 0)
            return name_of_application(arguments[k]);
        return std::string(base_name(argument));
      }
      return name_of_script(argument);
    }
  }
  return {};
}

}  // namespace sockwatch
