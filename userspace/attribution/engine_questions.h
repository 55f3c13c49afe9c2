// Which container engines are asked, and for what.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace sockwatch {

/// Their sockets, in the order in which they are asked.
std::vector<std::string> engine_sockets(const AttributionConfig& config);
/// The labels that names and rules need.
std::vector<std::string> wanted_labels(const AttributionConfig& config);

}  // namespace sockwatch
