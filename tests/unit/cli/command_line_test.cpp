#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace sockwatch {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

CommandLine accepted(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments);
  if (const auto* exit = std::get_if<Exit>(&parsed)) ADD_FAILURE() << exit->err << exit->out;
  const auto* line = std::get_if<CommandLine>(&parsed);
  return line != nullptr ? *line : CommandLine{};
}

Exit refused(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments);
  const auto* exit = std::get_if<Exit>(&parsed);
  EXPECT_NE(exit, nullptr) << "the arguments were accepted";
  return exit != nullptr ? *exit : Exit{};
}

TEST(CommandLine, WithoutArgumentsTheAgentRuns) {
  const CommandLine line = accepted({});
  EXPECT_EQ(line.command, Command::run);
  EXPECT_EQ(line.config_file, "");
  const Result<Config> config = effective_config(line);
  ASSERT_TRUE(config);
  EXPECT_EQ(config.value().web.listen_address, WebConfig().listen_address);
}

TEST(CommandLine, Commands) {
  EXPECT_EQ(accepted({"run"}).command, Command::run);
  EXPECT_EQ(accepted({"doctor"}).command, Command::doctor);
  EXPECT_EQ(accepted({"why", "shop"}).command, Command::why);
  EXPECT_EQ(accepted({"why", "shop"}).whom, "shop");
  EXPECT_EQ(accepted({"check-config", "a.yml"}).command, Command::check_config);
  EXPECT_EQ(accepted({"check-config", "a.yml"}).file, "a.yml");
  EXPECT_EQ(accepted({"check-config", "--web.config.file=w.yml"}).web_config_file, "w.yml");

  const CommandLine record = accepted({"record", "-o", "out.jsonl"});
  EXPECT_EQ(record.command, Command::record);
  EXPECT_EQ(record.file, "out.jsonl");
  EXPECT_EQ(record.recording.credentials, Credentials::masked);
  EXPECT_EQ(record.recording.duration, std::nullopt);
  EXPECT_EQ(record.recording.max_bytes, std::nullopt);
  EXPECT_EQ(accepted({"record", "--output=-", "--no-mask"}).recording.credentials, Credentials::kept);
  EXPECT_EQ(accepted({"record", "-o", "f", "--for=90s"}).recording.duration, std::chrono::seconds(90));
  EXPECT_EQ(accepted({"record", "-o", "f", "--max-size", "1MiB"}).recording.max_bytes, 1u << 20);
  EXPECT_THAT(refused({"record", "-o", "f", "--for=soon"}).err, HasSubstr("soon"));
  EXPECT_THAT(refused({"record", "-o", "f", "--max-size=1"}).err, HasSubstr("--max-size"));

  const CommandLine replay = accepted({"replay", "-"});
  EXPECT_EQ(replay.command, Command::replay);
  EXPECT_EQ(replay.file, "-");
  EXPECT_EQ(replay.format, ReplayFormat::jsonl);
  EXPECT_EQ(accepted({"replay", "--format=metrics", "a"}).format, ReplayFormat::metrics);
}

TEST(CommandLine, FlagsStandBeforeOrAfterTheCommand) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--web.listen-address=:1", "--log.level", "debug", "run"},
        std::vector<std::string>{"run", "--web.listen-address", ":1", "--log.level=debug"},
        std::vector<std::string>{"--log.level=debug", "--web.listen-address=:1"}}) {
    const CommandLine line = accepted(arguments);
    EXPECT_EQ(line.command, Command::run);
    EXPECT_EQ(line.listen_address, ":1");
    EXPECT_EQ(line.log_level, "debug");
  }
}

TEST(CommandLine, FlagsWinOverTheFile) {
  const std::string path = testing::TempDir() + "/command_line_test." + std::to_string(::getpid());
  std::ofstream(path)
      << "web: {listen_address: ':1', telemetry_path: /file, max_requests: 3}\nlog: {level: warn, format: json}\n"
         "paths: {procfs: /a, cgroupfs: /b, btf: /c}\ncapture: {ring_bytes: 1MiB}\n";
  const Result<Config> from_file = effective_config(accepted({"--config.file=" + path}));
  ASSERT_TRUE(from_file) << from_file.error().message;
  EXPECT_EQ(from_file.value().web.telemetry_path, "/file");
  EXPECT_EQ(from_file.value().capture.ring_bytes, 1u << 20);
  EXPECT_EQ(from_file.value().web.max_requests, 3u);
  EXPECT_EQ(from_file.value().web.config_file, "");

  const Result<Config> both =
      effective_config(accepted({"--config.file", path, "--web.listen-address=[::1]:2",
                                 "--web.telemetry-path=/flag", "--web.max-requests=0", "--web.config.file=/w", "--log.level=error", "--log.format=logfmt",
                                 "--path.procfs=/p", "--path.cgroupfs=/c", "--path.btf=/b", "--capture.ring-bytes=64KiB"}));
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both.value().web.listen_address, "[::1]:2");
  EXPECT_EQ(both.value().web.telemetry_path, "/flag");
  EXPECT_EQ(both.value().web.max_requests, 0u);
  EXPECT_EQ(both.value().web.config_file, "/w");
  EXPECT_EQ(both.value().log.level, "error");
  EXPECT_EQ(both.value().log.format, "logfmt");
  EXPECT_EQ(both.value().procfs, "/p");
  EXPECT_EQ(both.value().cgroupfs, "/c");
  EXPECT_EQ(from_file.value().capture.btf, "/c");
  EXPECT_EQ(both.value().capture.btf, "/b");
  EXPECT_EQ(both.value().capture.ring_bytes, 65536u);
  std::remove(path.c_str());
}

TEST(CommandLine, AConfigurationThatCannotBeReadIsAnError) {
  EXPECT_THAT(effective_config(accepted({"--config.file=/nonexistent"})).error().message,
              HasSubstr("/nonexistent"));
}

TEST(CommandLine, MistakesAreOneLineAndExitTwo) {
  const struct {
    std::vector<std::string> arguments;
    const char* message;
  } cases[] = {
      {{"--foo"}, "sockwatch: unknown flag --foo; "},
      {{"run", "--foo=1"}, "sockwatch: unknown flag --foo=1; "},
      {{"-x"}, "sockwatch: unknown flag -x; "},
      {{"watch"}, "sockwatch: unknown command watch; "},
      {{"doctor", "more"}, "sockwatch: unexpected argument more; "},
      {{"why"}, "sockwatch: why needs a process id or a service's name; "},
      {{"replay"},
       "sockwatch: replay needs a file to read, or - for standard input; sockwatch replay --help"},
      {{"record"}, "sockwatch: record needs a file to write: -o FILE, or -o - for standard output; "},
      {{"--web.listen-address"}, "sockwatch: --web.listen-address needs a value; "},
      {{"--log.level=info", "--log.level=warn"}, "sockwatch: --log.level is given more than once; "},
      {{"--web.listen-address=9765"}, "sockwatch: --web.listen-address: expected an address"},
      {{"--web.telemetry-path=/"}, "sockwatch: --web.telemetry-path: expected a path"},
      {{"check-config"}, "sockwatch: check-config needs a file"},
      {{"--web.max-requests=many"}, "sockwatch: --web.max-requests: expected a whole number"},
      {{"--log.level=loud"}, "sockwatch: --log.level: expected debug, info, warn or error, got \"loud\"; "},
      {{"--log.format=xml"}, "sockwatch: --log.format: expected logfmt or json, got \"xml\"; "},
      {{"--capture.ring-bytes=4MB"}, "sockwatch: --capture.ring-bytes: expected a size"},
      {{"replay", "a", "--format=xml"}, "sockwatch: --format: expected jsonl or metrics, got \"xml\"; "},
      {{"--two\nlines"}, "sockwatch: unknown flag --two lines; "},
  };
  for (const auto& c : cases) {
    const Exit exit = refused(c.arguments);
    EXPECT_EQ(exit.code, 2) << c.message;
    EXPECT_EQ(exit.out, "");
    EXPECT_THAT(exit.err, testing::StartsWith(c.message));
    EXPECT_THAT(exit.err, EndsWith(" --help shows what there is\n"));
    EXPECT_EQ(std::count(exit.err.begin(), exit.err.end(), '\n'), 1) << exit.err;
  }
}

TEST(CommandLine, HelpAndVersionGoToStandardOutput) {
  const Exit help = refused({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* word :
       {"doctor", "why", "record", "replay", "check-config", "--config.file", "--web.listen-address",
        "--web.telemetry-path", "--log.level", "--log.format", "--path.procfs", "--path.cgroupfs", "--path.btf",
        "--capture.ring-bytes", "Flags:", "Commands:", "Examples:"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  EXPECT_THAT(refused({"replay", "--help"}).out, HasSubstr("Usage: sockwatch replay FILE"));
  EXPECT_THAT(refused({"record", "-h"}).out, HasSubstr("--no-mask"));
  const Exit version = refused({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out, "sockwatch " SOCKWATCH_VERSION "\n");
}

}  // namespace
}  // namespace sockwatch
