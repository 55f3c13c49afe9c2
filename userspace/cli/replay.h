// `sockwatch replay`: a recording through the same pipeline that the live agent runs, with no kernel and no
// privileges.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/command_line.h"
#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

/// Replays `file` ("-": standard input) and writes to `out`. The error reads "FILE:LINE: what"; what came
/// before it has been written.
Result<> replay(const Config& config, const std::string& file, ReplayFormat format, std::ostream& out);

}  // namespace sockwatch
