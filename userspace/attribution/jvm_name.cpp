#include <algorithm>
#include <array>
#include <cstddef>

#include "attribution/program_name.h"

namespace sockwatch {
namespace {

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Options whose value is the next argument.
constexpr std::array<std::string_view, 13> kWithValue = {
    "-cp",           "-classpath",     "--class-path",    "-p",
    "--module-path", "--add-modules",  "--add-exports",   "--add-opens",
    "--add-reads",   "--patch-module", "--limit-modules", "--upgrade-module-path",
    "--source"};

// Classes and packages of these names are everybody's.
constexpr std::array<std::string_view, 15> kGenericClasses = {
    "Main",   "MainKt", "App",     "AppKt",  "Application", "ApplicationKt", "Launcher",          "Bootstrap",
    "Server", "Start",  "Starter", "Runner", "JarLauncher", "WarLauncher",   "PropertiesLauncher"};
constexpr std::array<std::string_view, 14> kGenericPackages = {
    "startup",  "start",  "main",      "app",  "boot", "loader", "launch",
    "launcher", "server", "bootstrap", "core", "impl", "cli",    "internal"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "shop-1.2.jar", "shop-v2-SNAPSHOT.jar" -> "shop".
std::string jar_name(std::string_view path) {
  std::string_view name = telling_name(path);
  for (size_t dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1)) {
    const std::string_view rest = name.substr(dash + 1);
    const bool version =
        !rest.empty() && (is_digit(rest[0]) || (rest[0] == 'v' && rest.size() > 1 && is_digit(rest[1])));
    if (version && dash > 0) return std::string(name.substr(0, dash));
  }
  return std::string(name);
}

// "com.acme.ShopApi" -> "ShopApi"; "com.acme.shop.Main" -> "shop".
std::string class_name(std::string_view full) {
  const std::string_view simple = full.substr(full.rfind('.') + 1);
  if (!is_one_of(simple, kGenericClasses)) return std::string(simple);
  std::string_view package = full.substr(0, full.size() - simple.size());
  while (package.ends_with('.')) {
    package.remove_suffix(1);
    const std::string_view last = package.substr(package.rfind('.') + 1);
    if (!is_one_of(last, kGenericPackages) && !last.empty()) return std::string(last);
    package.remove_suffix(last.size());
  }
  return std::string(simple);
}

}  // namespace

std::string jvm_name(const Arguments& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
    if (argument == "-jar") return jar_name(next);
    // "-m shop.module/com.acme.Shop"
    if (argument == "-m" || argument == "--module") return class_name(next.substr(next.find('/') + 1));
    if (is_one_of(argument, kWithValue)) {
      ++i;
    } else if (!argument.starts_with('-') && !argument.starts_with('@')) {
      return argument.ends_with(".java") ? std::string(telling_name(argument)) : class_name(argument);
    }
  }
  return {};
}

}  // namespace sockwatch
