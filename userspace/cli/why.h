// `sockwatch why`: what named a process, and what did not.
#pragma once

#include <iosfwd>
#include <string>

#include "config/config.h"

namespace sockwatch {

/// `whom` is a process id or a service's name. False: there is no such process.
bool why(const Config& config, const std::string& whom, std::ostream& out);

}  // namespace sockwatch
