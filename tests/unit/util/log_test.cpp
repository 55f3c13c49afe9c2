#include "util/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <thread>
#include <vector>

namespace sockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;
using testing::HasSubstr;
using testing::Not;

const system_clock::time_point kTime{milliseconds(1700000000123)};

TEST(Log, LogfmtQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(format_log_line(LogFormat::logfmt, LogLevel::info, kTime, "listening", {{"address", ":9765"}}),
            "ts=2023-11-14T22:13:20.123Z level=info msg=listening address=:9765\n");
  EXPECT_EQ(format_log_line(LogFormat::logfmt, LogLevel::warn, kTime, "two words", {{"a", ""}, {"b", "x=y"}}),
            "ts=2023-11-14T22:13:20.123Z level=warn msg=\"two words\" a=\"\" b=\"x=y\"\n");
}

TEST(Log, JsonLine) {
  EXPECT_EQ(
      format_log_line(LogFormat::json, LogLevel::error, kTime, "no", {{"path", "/a\"b"}}),
      "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"no\",\"path\":\"/a\\\"b\"}\n");
}

TEST(Log, AValueCannotForgeALineOrDriveATerminal) {
  for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
    const std::string line = format_log_line(format, LogLevel::info, kTime, "m\nlevel=error msg=forged",
                                             {{"k", "\x1b[2J\r\n\xff"}});
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\r")));
    EXPECT_THAT(line, Not(HasSubstr("\xff")));
  }
}

TEST(Log, NamesOfLevelsAndFormats) {
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("WARN"), std::nullopt);
  EXPECT_EQ(parse_log_format("json"), LogFormat::json);
  EXPECT_EQ(parse_log_format("text"), std::nullopt);
}

/// What the process logs while `work` runs.
template <typename Work>
std::string logged(Work work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, LinesBelowTheLevelAreLeftOut) {
  const std::string text = logged([] {
    configure_log(LogLevel::warn, LogFormat::logfmt);
    log_debug("one");
    log_info("two");
    log_warn("three");
    log_error("four");
    configure_log(LogLevel::info, LogFormat::logfmt);
  });
  EXPECT_THAT(text, Not(HasSubstr("one")));
  EXPECT_THAT(text, Not(HasSubstr("two")));
  EXPECT_THAT(text, HasSubstr("level=warn msg=three\n"));
  EXPECT_THAT(text, HasSubstr("level=error msg=four\n"));
}

TEST(Log, ThreadsDoNotMixTheirLines) {
  constexpr int kThreads = 4;
  constexpr int kLines = 20;
  constexpr size_t kValueBytes = 200'000;  // more than a pipe holds: such a line is written in pieces
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int standard_error = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  std::string text;
  std::thread reader([&text, fd = ends[0]] {
    char buffer[4096];
    for (ssize_t count; (count = ::read(fd, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(count));
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([t] {
      const std::string value(kValueBytes, static_cast<char>('a' + t));
      for (int i = 0; i < kLines; ++i) log_info("x", {{"v", value}});
    });
  }
  for (std::thread& writer : writers) writer.join();
  ::dup2(standard_error, STDERR_FILENO);
  ::close(standard_error);
  reader.join();
  ::close(ends[0]);

  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const size_t value = line.find("v=");
    ASSERT_NE(value, std::string::npos) << "line " << count;
    ASSERT_TRUE(line.substr(value + 2) == std::string(kValueBytes, line.back()))
        << "line " << count << " is mixed";
  }
  EXPECT_EQ(count, kThreads * kLines);
}

}  // namespace
}  // namespace sockwatch
