#include "util/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "util/iso_time.h"
#include "util/json_text.h"

namespace sockwatch {
namespace {

std::atomic<LogLevel> least_level = LogLevel::info;
std::atomic<LogFormat> line_format = LogFormat::logfmt;

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
    append("ts", iso_time(time));
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
    append("ts", iso_time(time));
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
