#include "attribution/path_name.h"

#include <vector>

#include "attribution/command_line.h"

namespace sockwatch {
namespace {

constexpr std::string_view kExtensions =
    ".py .pyc .pyz .js .mjs .cjs .ts .mts .cts .tsx .jsx .rb .ru .pl .psgi .php .sh .jar .war .bash .dll .exe .java .cgi .lua .phar .R .r .jl "
    ".exs .ini .yaml .yml .json .xml .toml";

constexpr std::string_view kGenericFiles =
    "index main app application server service __main__ manage start run wsgi asgi bootstrap boot launcher launch cli www console artisan "
    "rails quarkus-run program api web unicorn puma thin rackup config gunicorn uwsgi mod entrypoint entry start-server";

// Folders that hold everybody's files.
constexpr std::string_view kGenericFolders =
    "src source bin sbin dist build lib libexec app apps application out target opt srv root usr local share var www html htdocs code public "
    "current releases release shared workspace work scripts script server cmd backend dist-packages site-packages quarkus-app main config "
    "conf etc mnt data media project projects repo repos git deploy service services env venv virtualenv site sites web http api resources "
    "classes packages gems gem bundle ruby lib64 static standalone functions proc self cwd run dev fd";

// Below these every folder is a person's or made up.
constexpr std::string_view kBelowIsNobody = "home tmp Users _npx";

using Components = std::vector<std::string_view>;

// Of a path, with "." and ".." resolved as far as they can be.
Components components_of(std::string_view path) {
  Components components;
  while (!path.empty()) {
    const std::string_view one = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), one.size() + 1));
    if (one.empty() || one == ".") continue;
    if (one == "..") {
      if (!components.empty()) components.pop_back();
    } else {
      components.push_back(one);
    }
  }
  return components;
}

bool is_version(std::string_view folder) {
  constexpr std::string_view python = "python";
  if (folder.starts_with(python)) folder.remove_prefix(python.size());
  return folder.find_first_not_of("0123456789.-_v") == std::string_view::npos;
}

bool tells(std::string_view folder) {
  return folder[0] != '.' && folder[0] != '_' && !has_word(kGenericFolders, folder) && !is_version(folder);
}

// The nearest of the first `count` components that says something.
std::string telling_component(const Components& components, size_t count) {
  for (size_t i = count; i-- > 0;) {
    if (has_word(kBelowIsNobody, components[i]) || (i > 0 && has_word(kBelowIsNobody, components[i - 1]))) break;
    if (tells(components[i])) return std::string(components[i]);
  }
  return {};
}

// What is installed at `packages`: "node_modules/.bin/next", "node_modules/@acme/shop/server.js".
std::string package_name(const Components& components, size_t packages) {
  size_t at = packages + 1;
  if (at < components.size() && (components[at] == ".bin" || components[at].starts_with('@'))) ++at;
  return at < components.size() ? std::string(without_extension(components[at])) : std::string();
}

}  // namespace

std::string_view base_name(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string_view without_extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || !has_word(kExtensions, name.substr(dot))) return name;
  return name.substr(0, dot);
}

bool is_generic_file(std::string_view name) { return has_word(kGenericFiles, name); }

std::string telling_name(std::string_view path, std::string_view folder) {
  std::string whole;
  if (!path.starts_with('/') && !folder.empty()) whole.append(folder).push_back('/');
  whole += path;
  const Components components = components_of(whole);
  for (size_t i = 0; i < components.size(); ++i) {
    if (components[i] != "node_modules" && components[i] != "vendor") continue;
    std::string owner = telling_component(components, i);
    return owner.empty() ? package_name(components, i) : owner;
  }
  const std::string_view base = base_name(path);
  const std::string_view own = without_extension(base);
  if (components.empty() || own.empty()) return {};
  const bool is_place = own == "." || own == "..";
  const bool generic = is_place || is_generic_file(own) || (own == base && !tells(own));
  if (!generic) return std::string(own);
  std::string name = telling_component(components, components.size() - (is_place ? 0 : 1));
  return name.empty() && is_generic_file(own) ? std::string(own) : name;
}

std::string telling_folder(std::string_view folder) {
  const Components components = components_of(folder);
  return telling_component(components, components.size());
}

}  // namespace sockwatch
