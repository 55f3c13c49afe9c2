#include "util/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "util/json_text.h"

namespace sockwatch {
namespace {

std::atomic<LogLevel> least_level = LogLevel::info;
std::atomic<LogFormat> line_format = LogFormat::logfmt;

/// "2026-11-23T20:56:03.123Z"
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = static_cast<std::time_t>(since_epoch.count() / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  const size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(since_epoch.count() % 1000));
  return std::string(date, length) + millis;
}

void append_logfmt_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
  if (plain) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (text == to_string(level)) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "logfmt") return LogFormat::logfmt;
  if (text == "json") return LogFormat::json;
  return std::nullopt;
}

void configure_log(LogLevel least, LogFormat format) {
  least_level = least;
  line_format = format;
}

bool log_enabled(LogLevel level) { return level >= least_level.load(std::memory_order_relaxed); }

std::string format_log_line(LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                            std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::json) {
    const auto append = [&line](std::string_view key, std::string_view value) {
      line += line.empty() ? '{' : ',';
      append_json_string(line, key);
      line += ':';
      append_json_string(line, value);
    };
    append("ts", timestamp(time));
    append("level", to_string(level));
    append("msg", message);
    for (const LogField& field : fields) append(field.key, field.value);
    line += '}';
  } else {
    const auto append = [&line](std::string_view key, std::string_view value) {
      if (!line.empty()) line += ' ';
      line += key;
      line += '=';
      append_logfmt_value(line, value);
    };
    append("ts", timestamp(time));
    append("level", to_string(level));
    append("msg", message);
    for (const LogField& field : fields) append(field.key, field.value);
  }
  line += '\n';
  return line;
}

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line =
      format_log_line(line_format, level, std::chrono::system_clock::now(), message, fields);
  // A pipe may take a long line in pieces; the lock keeps other threads' lines out of the middle.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (size_t done = 0; done < line.size();) {
    const ssize_t written = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nowhere to complain
    done += static_cast<size_t>(written);
  }
}

}  // namespace sockwatch
