#include <algorithm>
#include <array>
#include <cstddef>

#include "attribution/program_name.h"

namespace sockwatch {
namespace {

enum class Takes { module, option, file, nothing };

struct Launcher {
  std::string_view name;
  Takes
      takes;  // "shop.wsgi:app" among the arguments; behind --app or -A; a file "shop.psgi"; it does not tell
};

constexpr std::array<Launcher, 15> kLaunchers = {{{"gunicorn", Takes::module},
                                                  {"uvicorn", Takes::module},
                                                  {"hypercorn", Takes::module},
                                                  {"daphne", Takes::module},
                                                  {"waitress-serve", Takes::module},
                                                  {"waitress", Takes::module},
                                                  {"granian", Takes::module},
                                                  {"flask", Takes::option},
                                                  {"celery", Takes::option},
                                                  {"starman", Takes::file},
                                                  {"plackup", Takes::file},
                                                  {"twiggy", Takes::file},
                                                  {"hypnotoad", Takes::file},
                                                  {"morbo", Takes::file},
                                                  {"unicorn", Takes::nothing}}};

const Launcher* find_launcher(std::string_view name) {
  const auto known = std::find_if(kLaunchers.begin(), kLaunchers.end(),
                                  [&](const Launcher& one) { return name == one.name; });
  return known == kLaunchers.end() ? nullptr : &*known;
}

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// "shop", "shop.wsgi".
bool is_module(std::string_view text) {
  while (true) {
    const size_t dot = text.find('.');
    if (!is_identifier(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// "shop.wsgi:app", "shop:create_app()".
bool is_application(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_module(text.substr(0, colon))) return false;
  const std::string_view object = text.substr(colon + 1);
  return is_module(object.substr(0, object.find('(')));
}

// "shop.wsgi:app" -> "shop"; "shop.api.main:app" -> "shop.api"; "main:app" -> "main".
std::string module_name(std::string_view application) {
  std::string_view module = application.substr(0, application.find(':'));
  constexpr std::array<std::string_view, 5> generic = {".wsgi", ".asgi", ".main", ".app", ".server"};
  for (const std::string_view suffix : generic)
    if (module.size() > suffix.size() && module.ends_with(suffix)) module.remove_suffix(suffix.size());
  return std::string(module);
}

std::string module_argument(const Arguments& arguments) {
  // A value may look like an application ("-c python:shop.settings"), so what follows no option comes first.
  const auto follows_option = [&](size_t i) { return i > 0 && arguments[i - 1].starts_with('-'); };
  for (const bool after_option : {false, true})
    for (size_t i = 0; i < arguments.size(); ++i)
      if (follows_option(i) == after_option && is_application(arguments[i]) &&
          !arguments[i].starts_with("python:"))
        return module_name(arguments[i]);
  for (size_t i = 0; i < arguments.size(); ++i)
    if (!follows_option(i) && is_module(arguments[i])) return module_name(arguments[i]);
  return {};
}

std::string option_argument(const Arguments& arguments) {
  constexpr std::string_view word = "--app=";
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view value;
    if (arguments[i].starts_with(word)) {
      value = arguments[i].substr(word.size());
    } else if ((arguments[i] == "--app" || arguments[i] == "-A") && i + 1 < arguments.size()) {
      value = arguments[i + 1];
    }
    if (!value.empty())
      return std::string(is_module(value) || is_application(value) ? module_name(value)
                                                                   : telling_name(value));
  }
  return {};
}

std::string file_argument(const Arguments& arguments) {
  for (const std::string_view argument : arguments)
    if (argument.ends_with(".psgi") || argument.ends_with(".pl")) return std::string(telling_name(argument));
  return {};
}

}  // namespace

bool is_launcher(std::string_view name) { return find_launcher(name) != nullptr; }

std::string application_name(std::string_view launcher, const Arguments& arguments) {
  const Launcher* known = find_launcher(launcher);
  if (known == nullptr) return {};
  switch (known->takes) {
    case Takes::module:
      return module_argument(arguments);
    case Takes::option:
      return option_argument(arguments);
    case Takes::file:
      return file_argument(arguments);
    case Takes::nothing:
      return {};
  }
  return {};
}

}  // namespace sockwatch
