#include "attribution/program_name.h"

#include <algorithm>
#include <cstddef>

#include "attribution/interpreter.h"
#include "attribution/path_name.h"

namespace sockwatch {
namespace {

// Python modules that run another program within their own process.
constexpr std::string_view kWrappers = "debugpy coverage cProfile profile pdb trace viztracer memray scalene kernprof gevent.monkey";

std::string name_of_script(const Interpreter& interpreter, const Arguments& arguments, std::string_view folder);

// What is run within a wrapper: "coverage run -m shop.api", "debugpy --listen 5678 /srv/shop/app.py".
std::string wrapped_name(const Interpreter& interpreter, const Arguments& rest, std::string_view folder) {
  for (size_t i = 0; i < rest.size(); ++i)
    if (rest[i] == "-m" || rest[i].ends_with(".py")) {
      Arguments inner = behind(rest, i);
      inner.insert(inner.begin(), {interpreter.name, rest[i]});
      return name_of_script(interpreter, inner, folder);
    }
  return {};
}

// A script or a module that runs another application is called by that.
std::string name_of_run(const Interpreter& interpreter, const Run& run, const Arguments& rest, std::string_view folder) {
  std::string_view what = run.text;
  const std::string_view program = without_extension(base_name(what));
  if (std::string name = application_name(program, rest, folder); !name.empty()) return name;
  if (is_launcher(program)) return std::string(program);
  if (run.what == Run::What::module) {
    if (has_word(kWrappers, what))
      if (std::string name = wrapped_name(interpreter, rest, folder); !name.empty()) return name;
    constexpr std::string_view main = ".__main__";
    if (what.ends_with(main)) what.remove_suffix(main.size());
    std::string place = is_generic_module(what) ? telling_folder(folder) : std::string();
    return place.empty() ? std::string(what) : place;
  }
  if (has_word(kWrappers, program))
    if (std::string name = wrapped_name(interpreter, rest, folder); !name.empty()) return name;
  // "bun run dev", "deno task start": a script of the project, whose name is everybody's.
  if (!interpreter.commands.empty() && what.find_first_of("./:") == std::string_view::npos)
    if (std::string name = telling_folder(folder); !name.empty()) return name;
  return telling_name(what, folder);
}

std::string name_of_script(const Interpreter& interpreter, const Arguments& arguments, std::string_view folder) {
  const Run run = what_is_run(interpreter, arguments);
  if (run.what == Run::What::script || run.what == Run::What::module)
    return name_of_run(interpreter, run, behind(arguments, run.index), folder);
  // PHP's own server without a router: "php -S :8000 -t /srv/shop/public".
  if (run.what == Run::What::nothing && interpreter.name == "php" && !option_value(arguments, "-S --server").empty()) {
    const std::string_view root = option_value(arguments, "-t --docroot");
    return root.empty() ? telling_folder(folder) : telling_name(root, folder);
  }
  return {};
}

std::string dotnet_name(const Arguments& arguments, std::string_view folder) {
  constexpr std::string_view with_value =
      "--additionalprobingpath --additional-deps --depsfile --runtimeconfig --fx-version --roll-forward --roll-forward-on-no-candidate-fx "
      "--project -p";
  if (const std::string_view project = option_value(arguments, "--project"); !project.empty()) {
    std::string_view name = base_name(project);
    if (name.ends_with("proj")) name = name.substr(0, name.rfind('.'));
    return std::string(name);
  }
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (has_word(with_value, arguments[i])) {
      ++i;
    } else if (arguments[i].ends_with(".dll")) {
      return telling_name(arguments[i], folder);
    }
  }
  return {};
}

// "beam.smp -- -root /opt/shop ... -sname shop@host": the node's name, or the folder that it was installed in.
std::string beam_name(const Arguments& arguments, std::string_view folder) {
  if (const std::string_view node = option_value(arguments, "-sname -name"); !node.empty())
    return std::string(node.substr(0, node.find('@')));
  if (std::string name = telling_folder(folder); !name.empty()) return name;
  const std::string name = telling_folder(option_value(arguments, "-root"));
  return name == "erlang" || name == "erl" ? std::string() : name;
}

// Titles of pools that a server runs for different applications: "php-fpm: pool shop" ("www" is that of the package),
// "(wsgi:shop)      -k start" of Apache, "unit: \"shop\" application".
std::string pool_in_title(std::string_view executable, std::string_view title) {
  const auto between = [&](std::string_view before, std::string_view after) -> std::string {
    if (!title.starts_with(before)) return {};
    const std::string_view rest = title.substr(before.size());
    return std::string(rest.substr(0, after.empty() ? rest.size() : rest.find(after)));
  };
  if (executable.starts_with("php-fpm")) {
    std::string pool = between("php-fpm: pool ", "");
    return pool == "www" ? std::string() : pool;
  }
  if (executable == "apache2" || executable == "httpd") return between("(wsgi:", ")");
  if (executable == "unitd" || executable == "unit") return between("unit: \"", "\"");
  return {};
}

// The last "[...]" of a title that ends with it.
std::string_view in_brackets(std::string_view title) {
  const size_t open = title.rfind('[');
  if (open == std::string_view::npos || !title.ends_with(']')) return {};
  return title.substr(open + 1, title.size() - open - 2);
}

// Titles tell the application in brackets ("gunicorn: worker [shop.wsgi:app]", "puma 5.6 (tcp://...) [shop]"), by a path
// ("Passenger RubyApp: /srv/shop (production)") or repeat the arguments ("starman worker --listen :5000 shop.psgi", "node /srv/shop/server.js").
std::string name_in_title(const Interpreter& interpreter, std::string_view title, std::string_view folder) {
  const Arguments words = split_words(title);
  if (words.empty()) return {};
  std::string_view program = base_name(words[0]);
  if (program.ends_with(':')) program.remove_suffix(1);
  if (program == "gunicorn" || program == "puma" || program == "thin") {
    const std::string_view told = in_brackets(title);
    if (program != "gunicorn" && !told.empty()) return std::string(told);
    const bool application = told.find(' ') == std::string_view::npos;
    std::string name = application_name(program, told.empty() || !application ? Arguments() : Arguments{told}, folder);
    if (!told.empty() && (name.empty() || !application)) return std::string(told);
    return name.empty() ? std::string(program) : name;
  }
  if (program == "Passenger" && words.size() > 2 && words[2].starts_with('/')) return telling_name(words[2], folder);
  if (program == "sidekiq" && words.size() > 2 && !words[2].starts_with('[')) return std::string(words[2]);
  if (program == "PM2") return "pm2";
  if (interpreter_of(program) == &interpreter) return name_of_script(interpreter, words, folder);
  std::string name = application_name(program, behind(words, 0), folder);
  return name.empty() && is_launcher(program) ? std::string(program) : name;
}

// One executable that is many programs, by its first argument.
bool is_multi_call(std::string_view executable) { return executable == "busybox" || executable == "toybox"; }

bool is_link_to_interpreter(std::string_view executable, std::string_view called_by) {
  return executable.starts_with(called_by);  // python3 -> python3.11
}

}  // namespace

std::string what_it_runs(const Program& program) {
  const std::string_view executable = base_name(program.executable);
  const Arguments& arguments = program.arguments;
  if (arguments.empty()) return {};
  if (executable == "java") return jvm_name(arguments, program.folder);
  if (executable == "dotnet") return dotnet_name(arguments, program.folder);
  if (executable == "beam.smp") return beam_name(arguments, program.folder);
  if (executable.starts_with("uwsgi")) return application_name("uwsgi", behind(arguments, 0), program.folder);
  if (std::string pool = pool_in_title(executable, arguments[0]); !pool.empty()) return pool;
  const Interpreter* interpreter = interpreter_of(executable);
  if (interpreter == nullptr) return {};
  return arguments.size() == 1 ? name_in_title(*interpreter, arguments[0], program.folder)
                               : name_of_script(*interpreter, arguments, program.folder);
}

bool runs_code(const Program& program) {
  const Interpreter* interpreter = interpreter_of(base_name(program.executable));
  return interpreter != nullptr && what_is_run(*interpreter, program.arguments).what == Run::What::code;
}

std::string executable_name(const Program& program) {
  const std::string_view own = base_name(program.executable);
  if (!program.called_by.empty() && !is_link_to_interpreter(own, program.called_by)) return std::string(program.called_by);
  if (is_multi_call(own) && program.arguments.size() > 1 && base_name(program.arguments[0]) == own)
    return std::string(program.arguments[1]);
  return is_generic_file(own) ? telling_name(program.executable, {}) : std::string(own);
}

}  // namespace sockwatch
