#include <algorithm>
#include <array>
#include <cstddef>

#include "attribution/path_name.h"
#include "attribution/program_name.h"

namespace sockwatch {
namespace {

// Options whose value is the next argument: java --help; the launcher takes no others so.
constexpr std::string_view kWithValue =
    "-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --enable-native-access --limit-modules --add-exports "
    "--add-opens --add-reads --patch-module --source -d --describe-module";

// Classes and packages of these names are everybody's.
constexpr std::string_view kGenericClasses =
    "Main MainKt App AppKt Application ApplicationKt Launcher Bootstrap Server Start Starter Runner JarLauncher WarLauncher PropertiesLauncher "
    "EngineMain";
constexpr std::string_view kGenericPackages = "startup start main app boot loader launch launcher server bootstrap core impl cli internal";
// What begins so belongs to frameworks that start other people's applications.
constexpr std::array<std::string_view, 9> kFrameworks = {
    "org.springframework.boot.loader.", "play.core.server.", "io.quarkus.bootstrap.", "org.codehaus.plexus.classworlds.", "io.ktor.server.",
    "org.eclipse.jetty.start.",         "org.gradle.",       "clojure.main",          "io.vertx.core.Launcher"};
// Properties that name the application, then those whose value is its folder.
constexpr std::array<std::string_view, 2> kNames = {"-Dotel.service.name=", "-Dspring.application.name="};
constexpr std::array<std::string_view, 6> kFolders = {"-Dcatalina.base=",        "-Djetty.base=", "-Dmaven.multiModuleProjectDirectory=",
                                                      "-Djboss.server.base.dir=", "-Dapp.home=",   "-Duser.dir="};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "shop-1.2", "shop-v2-SNAPSHOT" -> "shop".
std::string without_version(std::string name) {
  for (size_t dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    const std::string_view rest = std::string_view(name).substr(dash + 1);
    const bool version =
        !rest.empty() && (is_digit(rest[0]) || (rest[0] == 'v' && rest.size() > 1 && is_digit(rest[1])));
    if (version && dash > 0) return name.substr(0, dash);
  }
  return name;
}

// "com.acme.ShopApi" -> "ShopApi"; "com.acme.shop.Main" -> "shop".
std::string class_name(std::string_view full) {
  const std::string_view simple = full.substr(full.rfind('.') + 1);
  if (!has_word(kGenericClasses, simple)) return std::string(simple);
  std::string_view package = full.substr(0, full.size() - simple.size());
  while (package.ends_with('.')) {
    package.remove_suffix(1);
    const std::string_view last = package.substr(package.rfind('.') + 1);
    if (!last.empty() && !has_word(kGenericPackages, last)) return std::string(last);
    package.remove_suffix(last.size());
  }
  return std::string(simple);
}

template <size_t N>
std::string_view property(const Arguments& arguments, const std::array<std::string_view, N>& keys) {
  for (const std::string_view key : keys)
    for (const std::string_view argument : arguments)
      if (argument.size() > key.size() && argument.starts_with(key)) return argument.substr(key.size());
  return {};
}

// The first folder of a class path that says something: "/opt/shop/lib/*:/opt/shop/conf".
std::string class_path_name(std::string_view path) {
  while (!path.empty()) {
    const std::string_view entry = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), entry.size() + 1));
    if (entry.size() < 2 || !entry.starts_with('/')) continue;
    if (std::string name = telling_folder(entry.substr(0, entry.rfind('/'))); !name.empty()) return name;
  }
  return {};
}

// The application of a framework's own class, which is at `index`: its folder, by what follows it, its properties or its class path.
std::string framework_name(const Arguments& arguments, size_t index, std::string_view folder) {
  for (size_t i = index + 1; i < arguments.size(); ++i) {
    constexpr std::string_view spring = "--spring.application.name=";
    if (arguments[i].size() > spring.size() && arguments[i].starts_with(spring)) return std::string(arguments[i].substr(spring.size()));
    if ((arguments[i] == "run" || arguments[i] == "-m") && i + 1 < arguments.size()) return class_name(arguments[i + 1]);
    if (arguments[i].starts_with('/'))
      if (std::string name = telling_folder(arguments[i]); !name.empty()) return name;
  }
  const Arguments options(arguments.begin(), arguments.begin() + static_cast<ptrdiff_t>(index));
  if (std::string name = class_path_name(option_value(options, "-cp -classpath --class-path")); !name.empty()) return name;
  return telling_folder(folder);
}

std::string main_class_name(const Arguments& arguments, size_t index, std::string_view name, std::string_view folder) {
  const bool framework =
      std::any_of(kFrameworks.begin(), kFrameworks.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
  if (framework) return framework_name(arguments, index, folder);
  if (name.ends_with(".java")) return telling_name(name, folder);
  return class_name(name);
}

}  // namespace

std::string jvm_name(const Arguments& arguments, std::string_view folder) {
  if (const std::string_view name = property(arguments, kNames); !name.empty()) return std::string(name);
  if (std::string name = telling_folder(property(arguments, kFolders)); !name.empty()) return name;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
    if (argument == "-jar") return without_version(telling_name(next, folder));
    // "-m shop.module/com.acme.Shop", "--module=shop.module"
    if (argument == "-m" || argument == "--module") return main_class_name(arguments, i + 1, next.substr(next.find('/') + 1), folder);
    if (constexpr std::string_view module = "--module="; argument.starts_with(module))
      return main_class_name(arguments, i, argument.substr(std::max(module.size(), argument.find('/') + 1)), folder);
    if (has_word(kWithValue, argument)) {
      ++i;
    } else if (!argument.starts_with('-') && !argument.starts_with('@')) {
      return main_class_name(arguments, i, argument, folder);
    }
  }
  return {};
}

}  // namespace sockwatch
