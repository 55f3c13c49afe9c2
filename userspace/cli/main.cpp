// The program: the command line chooses, each command reports success or one line that says what went wrong.
#include <malloc.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/doctor.h"
#include "cli/record.h"
#include "cli/replay.h"
#include "cli/start_capture.h"
#include "cli/why.h"
#include "config/load_config.h"
#include "exposition/web_access.h"
#include "agent/agent.h"
#include "util/log.h"

namespace sockwatch {
namespace {

int fail(const Error& error) {
  std::cerr << "sockwatch: " << error.message << '\n';
  return 1;
}

int run_doctor(const Config& config) {
  const std::vector<Check> checks = diagnose(config);
  for (const Check& check : checks) print_check(std::cout, check);
  const auto missing = std::count_if(checks.begin(), checks.end(),
                                     [](const Check& c) { return c.state == Check::State::missing; });
  if (missing == 0) {
    std::cout << "sockwatch can run here.\n";
    return 0;
  }
  std::cout << "sockwatch cannot run here: " << missing << (missing == 1 ? " thing is" : " things are")
            << " missing.\n";
  return 1;
}

/// Says of one file whether it is right.
template <typename T>
bool report_check(const std::string& file, const Result<T>& loaded) {
  if (loaded) {
    std::cout << file << ": no mistakes\n";
  } else {
    std::cerr << loaded.error().message << '\n';
  }
  return static_cast<bool>(loaded);
}

int run_check_config(const CommandLine& line) {
  bool right = true;
  if (!line.file.empty()) right = report_check(line.file, load_config(line.file));
  const std::string web = line.web_config_file.value_or("");
  if (!web.empty()) right = report_check(web, WebAccessFile::open(web)) && right;  // with its certificates
  return right ? 0 : 1;
}

int run_command(const CommandLine& line) {
  if (line.command == Command::check_config) return run_check_config(line);

  const Result<Config> loaded = effective_config(line);
  if (!loaded) return fail(loaded.error());
  const Config& config = loaded.value();
  // Both were checked where they came from.
  configure_log(parse_log_level(config.log.level).value_or(LogLevel::info),
                parse_log_format(config.log.format).value_or(LogFormat::logfmt));

  switch (line.command) {
    case Command::doctor:
      return run_doctor(config);
    case Command::why:
      return why(config, line.whom, std::cout) ? 0 : fail(Error{"nothing is called \"" + line.whom + "\": there is no such process"});
    case Command::replay: {
      const Result<> replayed = replay(config, line.file, line.format, std::cout);
      return replayed ? 0 : fail(replayed.error());
    }
    case Command::record: {
      if (const Result<> right = check_paths(config); !right) return fail(right.error());
      auto capture = start_capture(config);
      if (!capture) return fail(capture.error());
      const Result<> recorded = record(**capture, config, line.file, line.recording);
      return recorded ? 0 : fail(recorded.error());
    }
    case Command::run:
    case Command::check_config: {
      if (const Result<> right = check_paths(config); !right) return fail(right.error());
      const Result<> ran = run_agent(config, start_capture, [&line] { return effective_config(line); });
      return ran ? 0 : fail(ran.error());
    }
  }
  return 1;
}

}  // namespace
}  // namespace sockwatch

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // or the first large scrape raises it, and memory is kept that was needed once
  std::ios::sync_with_stdio(false);
  const auto parsed = sockwatch::parse_command_line({argv + std::min(argc, 1), argv + argc});
  if (const auto* exit = std::get_if<sockwatch::Exit>(&parsed)) {
    std::cout << exit->out;
    std::cerr << exit->err;
    return exit->code;
  }
  return sockwatch::run_command(std::get<sockwatch::CommandLine>(parsed));
}
