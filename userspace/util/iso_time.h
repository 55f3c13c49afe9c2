// Times as people and log readers want them.
#pragma once

#include <chrono>
#include <string>

namespace sockwatch {

/// "2026-11-23T20:56:03.123Z"
std::string iso_time(std::chrono::system_clock::time_point time);

}  // namespace sockwatch
