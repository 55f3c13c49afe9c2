#include "attribution/command_line.h"

#include <algorithm>
#include <array>

namespace sockwatch {
namespace {

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

constexpr std::array<std::string_view, 22> kExtensions = {
    ".py",  ".pyc", ".pyz", ".js",  ".mjs",  ".cjs", ".ts",  ".rb",   ".ru",  ".pl",  ".psgi",
    ".php", ".sh",  ".jar", ".war", ".bash", ".dll", ".exe", ".java", ".cgi", ".lua", ".phar"};

// Files of these names are everybody's.
constexpr std::array<std::string_view, 22> kGenericFiles = {
    "index", "main", "app",     "application", "server",    "service",    "__main__", "manage",
    "start", "run",  "wsgi",    "asgi",        "bootstrap", "boot",       "launcher", "launch",
    "cli",   "www",  "console", "artisan",     "rails",     "quarkus-run"};

// Folders that hold everybody's files.
constexpr std::array<std::string_view, 38> kGenericFolders = {
    ".",       "..",           "src",           "source",        "bin",         "sbin",   "dist",   "build",
    "lib",     "libexec",      "app",           "apps",          "out",         "target", "opt",    "srv",
    "root",    "usr",          "local",         "share",         "var",         "www",    "html",   "code",
    "public",  "current",      "releases",      "workspace",     "scripts",     "script", "server", "cmd",
    "backend", "node_modules", "dist-packages", "site-packages", "quarkus-app", "main"};

// Below these every folder is a person's or made up.
constexpr std::array<std::string_view, 3> kBelowIsNobody = {"home", "tmp", "Users"};

bool is_version(std::string_view folder) {
  return folder.find_first_not_of("0123456789.-_v") == std::string_view::npos;
}

}  // namespace

Arguments split_command_line(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  Arguments arguments;
  while (!text.empty()) {
    const std::string_view argument = text.substr(0, text.find('\0'));
    arguments.push_back(argument);
    text.remove_prefix(std::min(text.size(), argument.size() + 1));
  }
  return arguments;
}

Arguments split_words(std::string_view text) {
  Arguments words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

std::string_view base_name(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string_view folder_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view without_extension(std::string_view name) {
  for (const std::string_view extension : kExtensions)
    if (name.size() > extension.size() && name.ends_with(extension))
      return name.substr(0, name.size() - extension.size());
  return name;
}

std::string_view telling_name(std::string_view path) {
  const std::string_view own = without_extension(base_name(path));
  if (!is_one_of(own, kGenericFiles) && own != "." && own != "..") return own;
  for (std::string_view folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
    const std::string_view name = base_name(folder);
    if (is_one_of(base_name(folder_of(folder)), kBelowIsNobody) || is_one_of(name, kBelowIsNobody)) break;
    if (!name.empty() && !is_one_of(name, kGenericFolders) && !is_version(name)) return name;
  }
  return own == "." || own == ".." ? std::string_view() : own;
}

}  // namespace sockwatch
