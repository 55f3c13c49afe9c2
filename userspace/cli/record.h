// `sockwatch record`: the live host's events as a file that replay takes.
#pragma once

#include <string>

#include "capture/capture.h"
#include "config/config.h"
#include "recording/record_options.h"
#include "util/result.h"

namespace sockwatch {

/// Writes what the configuration's filter lets pass to `file` ("-": standard output) until SIGINT or SIGTERM, or as the options say. A
/// file that is there already is left alone. The file is for its owner's eyes alone.
Result<> record(Capture& capture, const Config& config, const std::string& file, const RecordOptions& options);

}  // namespace sockwatch
