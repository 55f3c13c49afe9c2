#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "config/load_config.h"
#include "config/values.h"

namespace sockwatch {
namespace {

constexpr int kUsageError = 2;

constexpr const char* kMoreFlags = "The flags of `sockwatch --help` may follow too.\n";

constexpr const char* kExamples = R"(Examples:
  sudo sockwatch                                 watch this host, serve http://localhost:9765/metrics
  sudo sockwatch --web.listen-address=127.0.0.1:9000
  sudo sockwatch doctor                          what is missing here?
  sudo sockwatch record -o traffic.jsonl         keep what passes
  sudo sockwatch why shop                        what gave processes this name?
  sockwatch replay traffic.jsonl                 and look at it again, on any machine
)";

/// A check of config/values.h as the command line's library wants it.
CLI::Validator checked_by(Result<> (*check)(std::string_view)) {
  return CLI::Validator(
      [check](std::string& text) {
        const Result<> result = check(text);
        return result ? std::string() : result.error().message;
      },
      "");
}

/// Whether the parser takes the text.
template <typename T>
CLI::Validator parsed_by(Result<T> (*parse)(std::string_view)) {
  return CLI::Validator(
      [parse](std::string& text) {
        const Result<T> result = parse(text);
        return result ? std::string() : result.error().message;
      },
      "");
}

Result<uint64_t> parse_recording_size(std::string_view text) {
  return parse_size(text, 4 * 1024, uint64_t{1} << 50);
}

Result<uint32_t> parse_max_requests(std::string_view text) {
  const Result<uint64_t> number = parse_number(text, 0, std::numeric_limits<uint32_t>::max());
  if (!number) return number.error();
  return static_cast<uint32_t>(number.value());
}

/// The library's sections without the empty ones and with the program's way to say things.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(32);
    label("Positionals", "Arguments");
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() || option->get_positional() ? "" : "=" + option->get_type_name();
  }
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return is_positional ? option->get_type_name() : CLI::Formatter::make_option_name(option, false);
  }
  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string usage = "Usage: sockwatch";
    if (app->get_parent() != nullptr) {
      usage += " " + app->get_name();
      for (const CLI::Option* option : app->get_options()) {
        if (option->get_positional()) usage += " " + option->get_type_name();
      }
      return usage + " [FLAGS]\n";
    }
    return usage + " [COMMAND] [FLAGS]\n";
  }
};

class Parser {
 public:
  Parser()
      : app_(
            "Watches the HTTP services, databases and caches of this host through eBPF and serves Prometheus "
            "metrics.",
            "sockwatch") {
    app_.option_defaults()->group("Flags");  // what the help calls them
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_help_flag("-h,--help", "Show this help");
    app_.set_version_flag("--version", std::string("sockwatch ") + SOCKWATCH_VERSION, "Show the version");
    app_.footer(kExamples);
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    add_flags();
    add_commands();
  }

  std::variant<CommandLine, Exit> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // the library takes them from the back
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return Exit{0, help(), ""};
    } catch (const CLI::CallForVersion& version) {
      return Exit{0, std::string(version.what()) + "\n", ""};
    } catch (const CLI::ExtrasError&) {
      return usage_error(explain_extra());
    } catch (const CLI::ArgumentMismatch& error) {
      // "--flag: 1 required TYPE missing", "--flag: At Most 1 required but received 2"
      const std::string text = error.what();
      const bool several = text.find("At Most") != std::string::npos;
      return usage_error(text.substr(0, text.find(':')) + (several ? " is given more than once" : " needs a value"));
    } catch (const CLI::ParseError& error) {
      return usage_error(error.what());
    }
    if (const std::string lacking = lacking_file(); !lacking.empty()) return usage_error(lacking);
    return line_;
  }

 private:
  void add_flags() {
    app_.add_option("--config.file", line_.config_file, "Configuration (YAML)")->type_name("FILE");
    app_.add_option("--web.listen-address", line_.listen_address, "Where to serve metrics; default :9765")
        ->type_name("ADDR")
        ->check(checked_by(check_listen_address));
    app_.add_option("--web.telemetry-path", line_.telemetry_path, "Path of the metrics; default /metrics")
        ->type_name("PATH")
        ->check(checked_by(check_telemetry_path));
    app_.add_option("--web.config.file", line_.web_config_file,
                    "TLS, users and header fields, in the format of Prometheus' exporters")
        ->type_name("FILE");
    app_.add_option_function<std::string>(
            "--web.max-requests",
            [this](const std::string& text) { line_.max_requests = parse_max_requests(text).value(); },
            "Requests answered at the same time; default 40, 0 for no bound")
        ->type_name("N")
        ->check(parsed_by(parse_max_requests));
    app_.add_flag("--web.enable-lifecycle", line_.enable_lifecycle,
                  "POST /-/reload reads the configuration anew; SIGHUP always does");
    app_.add_option("--log.level", line_.log_level, "debug, info, warn or error; default info")
        ->type_name("LEVEL")
        ->check(checked_by(check_log_level));
    app_.add_option("--log.format", line_.log_format, "logfmt or json; default logfmt")
        ->type_name("FORMAT")
        ->check(checked_by(check_log_format));
    app_.add_option("--path.procfs", line_.procfs, "Where the host's /proc is mounted")->type_name("DIR");
    app_.add_option("--path.cgroupfs", line_.cgroupfs, "Where the host's /sys/fs/cgroup is mounted")
        ->type_name("DIR");
    app_.add_option("--path.btf", line_.btf, "The kernel's type data (BTF), where it is not in /sys/kernel/btf/vmlinux")
        ->type_name("FILE");
    app_.add_option_function<std::string>(
            "--capture.ring-bytes",
            [this](const std::string& text) { line_.ring_bytes = parse_ring_bytes(text).value(); },
            "Buffer between kernel and agent; default 4MiB")
        ->type_name("SIZE")
        ->check(parsed_by(parse_ring_bytes));
    app_.add_option_function<std::string>(
            "--capture.attach",
            [this](const std::string& text) { line_.attach = parse_attach(text).value(); },
            "Where sends and receives are seen: auto, tracepoint or fexit; default auto")
        ->type_name("LAYER")
        ->check(parsed_by(parse_attach));
    app_.add_option_function<std::string>(
            "--capture.listing",
            [this](const std::string& text) { line_.listing = parse_listing(text).value(); },
            "How sockets are listed: auto, storage or descriptors; default auto")
        ->type_name("WAY")
        ->check(parsed_by(parse_listing));
  }

  void add_commands() {
    add_command(Command::run, "run", "Watch and serve metrics until stopped (the default)");
    add_command(Command::doctor, "doctor", "Tell in plain words whether this host has what it takes");
    CLI::App* why = add_command(Command::why, "why", "Tell what named a process or a service, and what was passed over");
    why->add_option("whom", line_.whom, "A process id, or a service's name: its processes")->type_name("PID|NAME");
    CLI::App* record = add_command(Command::record, "record", "Write what passes to a file until stopped");
    record->add_option("-o,--output", line_.file, "Where to write; - is standard output")->type_name("FILE");
    record->add_flag_callback(
        "--no-mask", [this] { line_.recording.credentials = Credentials::kept; },
        "Keep the values of Authorization, Proxy-Authorization, Cookie and Set-Cookie");
    record
        ->add_option_function<std::string>(
            "--for", [this](const std::string& text) { line_.recording.duration = parse_duration(text).value(); },
            "How long, such as 30s or 10m; default until stopped")
        ->type_name("TIME")
        ->check(checked_by([](std::string_view text) -> Result<> {
          const Result<std::chrono::seconds> duration = parse_duration(text);
          if (!duration) return duration.error();
          return {};
        }));
    record
        ->add_option_function<std::string>(
            "--max-size", [this](const std::string& text) { line_.recording.max_bytes = parse_recording_size(text).value(); },
            "How large the file may become, such as 100MiB; default as large as it may")
        ->type_name("SIZE")
        ->check(checked_by([](std::string_view text) -> Result<> {
          const Result<uint64_t> size = parse_recording_size(text);
          if (!size) return size.error();
          return {};
        }));
    record->footer(
        std::string(
            "What `filter` of the configuration leaves out is not recorded. A file that is there is not overwritten.\n"
            "Query strings and what else of heads is captured are written as they are: treat the file as a "
            "secret.\n") +
        kMoreFlags);
    CLI::App* replay = add_command(Command::replay, "replay", "Tell the transactions of a recording");
    replay->add_option("file", line_.file, "The recording; - is standard input")->type_name("FILE");
    replay
        ->add_option_function<std::string>(
            "--format",
            [this](const std::string& text) {
              line_.format = text == "metrics" ? ReplayFormat::metrics : ReplayFormat::jsonl;
            },
            "jsonl: one transaction a line (default); metrics: what /metrics would show")
        ->type_name("FORMAT")
        ->check(checked_by([](std::string_view text) -> Result<> {
          if (text == "jsonl" || text == "metrics") return {};
          return Error{"expected jsonl or metrics, got \"" + std::string(text) + "\""};
        }));
    CLI::App* check = add_command(Command::check_config, "check-config",
                                  "Tell everything that is wrong with a configuration");
    check->add_option("file", line_.file, "The configuration; a web configuration follows --web.config.file")
        ->type_name("FILE");
  }

  CLI::App* add_command(Command command, const std::string& name, const std::string& description) {
    CLI::App* subcommand = app_.add_subcommand(name, description);
    subcommand->group("Commands");
    subcommand->set_help_flag("-h,--help", "Show this help");
    subcommand->footer(kMoreFlags);
    subcommand->parse_complete_callback([this, command] { line_.command = command; });
    return subcommand;
  }

  std::string help() const {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? app_.help() : chosen.front()->help();
  }

  /// What a command needs beside flags; empty: it is there.
  std::string lacking_file() const {
    if (!line_.file.empty()) return "";
    switch (line_.command) {
      case Command::why:
        return line_.whom.empty() ? "why needs a process id or a service's name" : "";
      case Command::record:
        return "record needs a file to write: -o FILE, or -o - for standard output";
      case Command::replay:
        return "replay needs a file to read, or - for standard input";
      case Command::check_config:
        return line_.web_config_file ? "" : "check-config needs a file";
      case Command::run:
      case Command::doctor:
        break;
    }
    return "";
  }

  std::string explain_extra() const {
    const std::vector<std::string> extras = app_.remaining(true);
    if (extras.empty()) return "too many arguments";
    if (extras.front().starts_with('-')) return "unknown flag " + extras.front();
    const bool command = app_.get_subcommands().empty();
    return (command ? "unknown command " : "unexpected argument ") + extras.front();
  }

  Exit usage_error(std::string what) const {
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
    return Exit{kUsageError, "",
                "sockwatch: " + what + "; sockwatch " + command + "--help shows what there is\n"};
  }

  CommandLine line_;
  CLI::App app_;
};

template <typename T>
void override_with(const std::optional<T>& flag, T& target) {
  if (flag) target = *flag;
}

}  // namespace

std::variant<CommandLine, Exit> parse_command_line(const std::vector<std::string>& arguments) {
  return Parser().parse(arguments);
}

Result<Config> effective_config(const CommandLine& line) {
  Config config;
  if (!line.config_file.empty()) {
    Result<Config> loaded = load_config(line.config_file);
    if (!loaded) return loaded.error();
    config = std::move(loaded).value();
  }
  override_with(line.listen_address, config.web.listen_address);
  override_with(line.telemetry_path, config.web.telemetry_path);
  override_with(line.web_config_file, config.web.config_file);
  override_with(line.max_requests, config.web.max_requests);
  if (line.enable_lifecycle) config.web.enable_lifecycle = true;
  override_with(line.log_level, config.log.level);
  override_with(line.log_format, config.log.format);
  override_with(line.procfs, config.procfs);
  override_with(line.cgroupfs, config.cgroupfs);
  override_with(line.btf, config.capture.btf);
  override_with(line.ring_bytes, config.capture.ring_bytes);
  override_with(line.attach, config.capture.attach);
  override_with(line.listing, config.capture.listing);
  return config;
}

}  // namespace sockwatch
