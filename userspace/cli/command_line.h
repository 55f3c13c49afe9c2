// The command line: what is to be done, with which file, and the flags that win over the configuration file.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "recording/record_options.h"
#include "util/result.h"

namespace sockwatch {

enum class Command : uint8_t { run, doctor, why, record, replay, check_config };
enum class ReplayFormat : uint8_t { jsonl, metrics };

struct CommandLine {
  Command command = Command::run;
  std::string file;         ///< replay: input; record: output; check-config: the configuration
  std::string whom;         ///< why: a process id, or a service's name
  std::string config_file;  ///< empty: none
  ReplayFormat format = ReplayFormat::jsonl;
  RecordOptions recording;

  std::optional<std::string> listen_address, telemetry_path, web_config_file, log_level, log_format, procfs, cgroupfs, btf;
  std::optional<uint32_t> ring_bytes, max_requests;
  std::optional<AttachMode> attach;
  std::optional<ListingMode> listing;
  bool enable_lifecycle = false;
};

/// The process is done already: --help, --version or a mistake in the arguments.
struct Exit {
  int code = 0;
  std::string out;  ///< for standard output
  std::string err;  ///< for standard error
};

/// `arguments` without the program's name.
std::variant<CommandLine, Exit> parse_command_line(const std::vector<std::string>& arguments);

/// The configuration file, if one is named, with the flags over it.
Result<Config> effective_config(const CommandLine& line);

}  // namespace sockwatch
