// The kernel side, started; where the kernel refuses it, the doctor's words for what this host lacks.
#pragma once

#include <memory>

#include "capture/capture.h"
#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

/// The error has a line for each thing that is missing.
Result<std::unique_ptr<Capture>> start_capture(const Config& config);

}  // namespace sockwatch
