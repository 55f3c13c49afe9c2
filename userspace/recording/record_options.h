// What a recording is to have, and when it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "recording/recording_writer.h"

namespace sockwatch {

struct RecordOptions {
  Credentials credentials = Credentials::masked;
  std::optional<std::chrono::seconds> duration;  ///< none: until stopped
  std::optional<uint64_t> max_bytes;             ///< of the file, which ends with a whole line; none: no bound
};

}  // namespace sockwatch
