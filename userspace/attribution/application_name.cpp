#include <algorithm>
#include <array>
#include <cstddef>

#include "attribution/path_name.h"
#include "attribution/program_name.h"

namespace sockwatch {
namespace {

/// How a launcher is told its application.
enum class Takes {
  module,  // "shop.wsgi:app" among its arguments
  option,  // the same, or a file, behind --app or -A
  file,    // a file "shop.psgi"
  script,  // "run /srv/shop/main.py"
  place,   // by its configuration, or by the folder it works in
  uwsgi,   // uWSGI's many ways
};

struct Launcher {
  std::string_view name;
  Takes takes;
};

constexpr std::array<Launcher, 40> kLaunchers = {
    {{"gunicorn", Takes::module},   {"uvicorn", Takes::module},        {"hypercorn", Takes::module},   {"daphne", Takes::module},
     {"waitress", Takes::module},   {"waitress-serve", Takes::module}, {"granian", Takes::module},     {"sanic", Takes::module},
     {"dramatiq", Takes::module},   {"huey_consumer", Takes::module},  {"taskiq", Takes::module},      {"arq", Takes::module},
     {"flask", Takes::option},      {"celery", Takes::option},         {"quart", Takes::option},       {"litestar", Takes::option},
     {"starman", Takes::file},      {"plackup", Takes::file},          {"twiggy", Takes::file},        {"hypnotoad", Takes::file},
     {"morbo", Takes::file},        {"fastapi", Takes::script},        {"streamlit", Takes::script},   {"chainlit", Takes::script},
     {"bokeh", Takes::script},      {"panel", Takes::script},          {"gradio", Takes::script},      {"solara", Takes::script},
     {"marimo", Takes::script},     {"voila", Takes::script},          {"unicorn", Takes::place},      {"puma", Takes::place},
     {"thin", Takes::place},        {"rackup", Takes::place},          {"rainbows", Takes::place},     {"pitchfork", Takes::place},
     {"falcon", Takes::place},      {"iodine", Takes::place},          {"next-server", Takes::place},  {"uwsgi", Takes::uwsgi}}};

// Modules of these names are everybody's too.
constexpr std::string_view kGenericModules = "src project core backend site";

constexpr std::string_view kFolderOptions = "--chdir --app-dir --directory --dir --working-directory";

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

// The folder that the launcher is told to go to, or else the one it works in. The bytes of `room` hold it.
std::string_view work_folder(const Arguments& arguments, std::string_view folder, std::string& room) {
  const std::string_view told = option_value(arguments, kFolderOptions);
  if (told.empty()) return folder;
  if (!told.starts_with('/') && !folder.empty()) room.append(folder).push_back('/');
  return room += told;
}

std::string module_argument(const Arguments& arguments, std::string_view folder) {
  // A value may look like an application ("-c python:shop.settings"), so what follows no option comes first.
  const auto follows_option = [&](size_t i) { return i > 0 && arguments[i - 1].starts_with('-'); };
  for (const bool after_option : {false, true})
    for (size_t i = 0; i < arguments.size(); ++i)
      if (follows_option(i) == after_option && is_application(arguments[i]) &&
          !arguments[i].starts_with("python:"))
        return module_name(arguments[i], folder);
  for (size_t i = 0; i < arguments.size(); ++i)
    if (!follows_option(i) && is_module(arguments[i])) return module_name(arguments[i], folder);
  return telling_folder(folder);
}

std::string module_or_file(std::string_view value, std::string_view folder) {
  return is_module(value) || is_application(value) ? module_name(value, folder) : telling_name(value, folder);
}

std::string file_argument(const Arguments& arguments, std::string_view folder) {
  for (const std::string_view argument : arguments)
    if (argument.ends_with(".psgi") || argument.ends_with(".pl")) return telling_name(argument, folder);
  return telling_folder(folder);
}

std::string script_argument(const Arguments& arguments, std::string_view folder) {
  for (const std::string_view argument : arguments)
    if (argument.ends_with(".py") || argument.ends_with(".ipynb") ||
        (argument.find('/') != std::string_view::npos && !argument.starts_with('-') && argument.find(':') == std::string_view::npos))
      return telling_name(argument, folder);
  for (size_t i = 1; i < arguments.size(); ++i)  // behind "run"
    if (is_application(arguments[i])) return module_name(arguments[i], folder);
  return telling_folder(folder);
}

// "-c /srv/shop/config/unicorn.rb", "/srv/shop/config.ru".
std::string place_argument(const Arguments& arguments, std::string_view folder) {
  if (std::string tag = std::string(option_value(arguments, "--tag")); !tag.empty()) return tag;
  for (const std::string_view argument : arguments) {
    if (argument.starts_with('-') && argument.find('=') == std::string_view::npos) continue;
    const std::string_view value = argument.starts_with('-') ? argument.substr(argument.find('=') + 1) : argument;
    if (value.find("://") == std::string_view::npos && (value.ends_with(".rb") || value.ends_with(".ru")) && value.starts_with('/'))
      return telling_name(value, folder);
  }
  return telling_folder(folder);
}

std::string uwsgi_argument(const Arguments& arguments, std::string_view folder) {
  if (const std::string_view module = option_value(arguments, "--module --wsgi -w"); !module.empty())
    return module_name(module, folder);
  if (const std::string_view mount = option_value(arguments, "--mount"); !mount.empty())
    return module_or_file(mount.substr(mount.find('=') + 1), folder);
  constexpr std::string_view files = "--wsgi-file --file --psgi --rack --ini --yaml --yml --json --xml -y -j -x";
  if (const std::string_view file = option_value(arguments, files); !file.empty()) return telling_name(file, folder);
  for (const std::string_view argument : arguments)
    if (!argument.starts_with('-') && without_extension(argument) != argument) return telling_name(argument, folder);
  return telling_folder(folder);
}

}  // namespace

bool is_generic_module(std::string_view module) {
  while (true) {
    const size_t dot = module.find('.');
    const std::string_view one = module.substr(0, dot);
    if (!is_generic_file(one) && !has_word(kGenericModules, one)) return false;
    if (dot == std::string_view::npos) return true;
    module.remove_prefix(dot + 1);
  }
}

bool is_launcher(std::string_view name) { return find_launcher(name) != nullptr; }

// "shop.wsgi:app" -> "shop"; "shop.api.main:app" -> "shop.api"; "main:app" -> the folder's name, or "main".
std::string module_name(std::string_view application, std::string_view folder) {
  std::string_view module = application.substr(0, application.find(':'));
  constexpr std::array<std::string_view, 6> generic = {".wsgi", ".asgi", ".main", ".app", ".server", ".__main__"};
  for (const std::string_view suffix : generic)
    if (module.size() > suffix.size() && module.ends_with(suffix)) module.remove_suffix(suffix.size());
  if (is_generic_module(module))
    if (std::string name = telling_folder(folder); !name.empty()) return name;
  return std::string(module);
}

std::string application_name(std::string_view launcher, const Arguments& arguments, std::string_view folder) {
  const Launcher* known = find_launcher(launcher);
  if (known == nullptr) return {};
  std::string room;
  folder = work_folder(arguments, folder, room);
  switch (known->takes) {
    case Takes::module:
      return module_argument(arguments, folder);
    case Takes::option:
      if (const std::string_view app = option_value(arguments, "--app -A"); !app.empty()) return module_or_file(app, folder);
      return telling_folder(folder);
    case Takes::file:
      return file_argument(arguments, folder);
    case Takes::script:
      return script_argument(arguments, folder);
    case Takes::place:
      return place_argument(arguments, folder);
    case Takes::uwsgi:
      return uwsgi_argument(arguments, folder);
  }
  return {};
}

}  // namespace sockwatch
