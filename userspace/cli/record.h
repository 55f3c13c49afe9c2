// `sockwatch record`: the live host's events as a file that replay takes.
#pragma once

#include <string>

#include "capture/capture.h"
#include "recording/recording_writer.h"
#include "util/result.h"

namespace sockwatch {

/// Writes to `file` ("-": standard output) until SIGINT or SIGTERM. The file is for its owner's eyes alone.
Result<> record(Capture& capture, const std::string& file, Credentials credentials);

}  // namespace sockwatch
