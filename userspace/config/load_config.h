// The configuration file: YAML whose maps mirror struct Config. config/sockwatch.yml shows every key.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

/// Longest file that is read.
inline constexpr size_t kMaxConfigBytes = 1024 * 1024;

/// Reads the file at `path`; what it does not set keeps its default. The error tells everything that is
/// wrong, one line each: "FILE:LINE: KEY: what was expected, what stood there".
Result<Config> load_config(const std::string& path);

/// The same from memory; `file` is what messages call it.
Result<Config> parse_config(std::string_view yaml, const std::string& file);

}  // namespace sockwatch
