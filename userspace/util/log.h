// The agent's log: lines on standard error, logfmt or JSON, one write a line.
//
// Safe from any thread. Values are escaped: no line can be forged and no terminal driven by what a value
// holds. The caller sees to it that no query string, body, token or cookie is among them.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sockwatch {

enum class LogLevel : uint8_t { debug, info, warn, error };
enum class LogFormat : uint8_t { logfmt, json };

constexpr std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

/// The reverse of what the configuration calls them; nothing for other words.
std::optional<LogLevel> parse_log_level(std::string_view text);
std::optional<LogFormat> parse_log_format(std::string_view text);

/// `key` is a plain word of the program's own; `value` may hold anything.
struct LogField {
  std::string_view key;
  std::string value;
};

/// For the whole process; before it is called: info and logfmt.
void configure_log(LogLevel least, LogFormat format);
bool log_enabled(LogLevel level);

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::info, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::warn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::error, message, fields);
}

/// The line itself, newline included.
std::string format_log_line(LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                            std::string_view message, std::initializer_list<LogField> fields);

}  // namespace sockwatch
