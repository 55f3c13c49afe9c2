#include "attribution/interpreter.h"

#include <algorithm>
#include <array>

namespace sockwatch {
namespace {

// node --help; those of Node.js 20 and of what came after.
constexpr std::string_view kNodeWords =
    "--allow-fs-read --allow-fs-write --build-snapshot-config --conditions --cpu-prof-dir --cpu-prof-interval --cpu-prof-name --debug-port "
    "--diagnostic-dir --disable-proto --disable-warning --dns-result-order --env-file --env-file-if-exists --experimental-config-file "
    "--experimental-default-type --experimental-loader --experimental-policy --experimental-sea-config --heap-prof-dir --heap-prof-interval "
    "--heap-prof-name --heapsnapshot-near-heap-limit --heapsnapshot-signal --icu-data-dir --import --input-type --inspect-port "
    "--inspect-publish-uid --loader --localstorage-file --max-http-header-size --network-family-autoselection-attempt-timeout "
    "--openssl-config --policy-integrity --redirect-warnings --report-dir --report-directory --report-filename --report-signal --require "
    "--secure-heap --secure-heap-min --snapshot-blob --test-concurrency --test-coverage-branches --test-coverage-exclude "
    "--test-coverage-functions --test-coverage-include --test-coverage-lines --test-global-setup --test-isolation --test-name-pattern "
    "--test-reporter --test-reporter-destination --test-shard --test-skip-pattern --test-timeout --title --tls-cipher-list --tls-keylog "
    "--trace-event-categories --trace-event-file-pattern --trace-require-module --unhandled-rejections --use-largepages --v8-pool-size "
    "--watch-kill-signal --watch-path";
constexpr std::string_view kRubyWords =
    "--encoding --external-encoding --internal-encoding --backtrace-limit --dump --enable --disable --parser --crash-report";
constexpr std::string_view kPhpWords =
    "--php-ini --define --docroot --server --zend-extension --process-begin --process-end --rf --rc --re --rz --ri";
// bun --help, bun run --help
constexpr std::string_view kBunWords =
    "--preload --require --import --cwd --config --env-file --filter --conditions --define --loader --port --tsconfig-override --main-fields "
    "--extension-order --jsx-factory --jsx-fragment --jsx-import-source --jsx-runtime --external --drop --install --fetch-preconnect "
    "--max-http-header-size --dns-result-order --title --shell --elide-lines --user-agent --unhandled-rejections --console-depth "
    "--redis-preconnect --sql-preconnect --cpu-prof-name --cpu-prof-dir --heap-prof-name --heap-prof-dir";
// deno run --help, deno serve --help; all others take their value behind "=".
constexpr std::string_view kDenoWords =
    "--config --import-map --cert --location --seed --ext --port --host --log-level --preload --import --require --conditions --cwd --frozen "
    "--unsafely-ignore-certificate-errors --minimum-dependency-age --parallel-workers";

// Letters as in each one's help: "-W arg", "-Idirectory".
constexpr std::array kInterpreters = {
    Interpreter{.name = "python", .value = "WX", .joined = "", .module = "m", .script = "", .code = "c", .words = "--check-hash-based-pycs",
                .script_words = "", .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "pypy", .value = "WX", .joined = "", .module = "m", .script = "", .code = "c",
                .words = "--check-hash-based-pycs --jit", .script_words = "", .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "node", .value = "rC", .joined = "", .module = "", .script = "", .code = "ep", .words = kNodeWords,
                .script_words = "", .code_words = "--eval --print", .commands = "inspect", .code_commands = ""},
    Interpreter{.name = "nodejs", .value = "rC", .joined = "", .module = "", .script = "", .code = "ep", .words = kNodeWords,
                .script_words = "", .code_words = "--eval --print", .commands = "inspect", .code_commands = ""},
    Interpreter{.name = "bun", .value = "rcFdl", .joined = "", .module = "", .script = "", .code = "ep", .words = kBunWords,
                .script_words = "", .code_words = "--eval --print", .commands = "run x", .code_commands = "exec repl"},
    Interpreter{.name = "deno", .value = "cL", .joined = "A", .module = "", .script = "", .code = "", .words = kDenoWords,
                .script_words = "", .code_words = "", .commands = "run serve task", .code_commands = "eval repl jupyter"},
    Interpreter{.name = "ruby", .value = "IrCEX", .joined = "WKFTxi", .module = "", .script = "", .code = "e", .words = kRubyWords,
                .script_words = "", .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "perl", .value = "I", .joined = "iMmVdDCxF", .module = "", .script = "", .code = "eE", .words = "",
                .script_words = "", .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "php", .value = "cdtSz", .joined = "", .module = "", .script = "fF", .code = "rRBE", .words = kPhpWords,
                .script_words = "--file --process-file", .code_words = "--run --process-code", .commands = "", .code_commands = ""},
    Interpreter{.name = "bash", .value = "oO", .joined = "", .module = "", .script = "", .code = "cs", .words = "--rcfile --init-file",
                .script_words = "", .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "dash", .value = "o", .joined = "", .module = "", .script = "", .code = "cs", .words = "", .script_words = "",
                .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "sh", .value = "o", .joined = "", .module = "", .script = "", .code = "cs", .words = "", .script_words = "",
                .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "lua", .value = "l", .joined = "", .module = "", .script = "", .code = "e", .words = "", .script_words = "",
                .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "luajit", .value = "ljO", .joined = "", .module = "", .script = "", .code = "e", .words = "", .script_words = "",
                .code_words = "", .commands = "", .code_commands = ""},
    Interpreter{.name = "julia", .value = "JCLtp", .joined = "O", .module = "m", .script = "", .code = "eE",
                .words = "--sysimage --home --load --threads --procs", .script_words = "", .code_words = "--eval --print", .commands = "",
                .code_commands = ""},
    Interpreter{.name = "tclsh", .value = "", .joined = "", .module = "", .script = "", .code = "", .words = "-encoding", .script_words = "",
                .code_words = "", .commands = "", .code_commands = ""},
};

// What the option at hand does, which is no word: "-um http.server", "-Wdefault".
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

Option word_at(const Interpreter& interpreter, std::string_view option, std::string_view& value) {
  const size_t equals = option.find('=');
  const std::string_view word = option.substr(0, equals);
  value = equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  if (has_word(interpreter.code_words, word)) return Option::code;
  if (has_word(interpreter.script_words, word)) return Option::script;
  return equals == std::string_view::npos && has_word(interpreter.words, word) ? Option::takes_next : Option::plain;
}

}  // namespace

const Interpreter* interpreter_of(std::string_view executable) {
  const auto known = std::find_if(kInterpreters.begin(), kInterpreters.end(), [&](const Interpreter& one) {
    return executable.starts_with(one.name) &&
           executable.find_first_not_of("0123456789.-", one.name.size()) == std::string_view::npos;
  });
  return known == kInterpreters.end() ? nullptr : &*known;
}

Run what_is_run(const Interpreter& interpreter, const Arguments& arguments) {
  bool command_seen = false;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.empty() || argument == "-") return {};
    if (argument == "--") {
      if (i + 1 >= arguments.size()) return {};
      return {.what = Run::What::script, .text = arguments[i + 1], .index = i + 1};
    }
    if (argument[0] != '-' && argument[0] != '+') {
      if (!command_seen && has_word(interpreter.code_commands, argument)) return {.what = Run::What::code, .text = {}, .index = i};
      if (!command_seen && has_word(interpreter.commands, argument)) {
        command_seen = true;
        continue;
      }
      return {.what = Run::What::script, .text = argument, .index = i};
    }
    std::string_view value;
    const bool is_word = argument.starts_with("--") || has_word(interpreter.words, argument);
    switch (is_word ? word_at(interpreter, argument, value) : option_at(interpreter, argument, value)) {
      case Option::code:
        return {.what = Run::What::code, .text = {}, .index = i};
      case Option::takes_next:
        ++i;
        break;
      case Option::module:
      case Option::script: {
        const bool is_module = !is_word && argument.substr(0, argument.size() - value.size()).ends_with('m') && !interpreter.module.empty();
        if (value.empty() && ++i < arguments.size()) value = arguments[i];
        if (value.empty()) return {};
        return {.what = is_module ? Run::What::module : Run::What::script, .text = value, .index = i};
      }
      case Option::plain:
        break;
    }
  }
  return {};
}

}  // namespace sockwatch
