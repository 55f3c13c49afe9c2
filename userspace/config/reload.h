// What of a configuration that has been read anew can take effect while the agent runs.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace sockwatch {

struct Reloaded {
  Config config;  ///< the running one, with what can change as the fresh one has it
  std::vector<std::string>
      pending;  ///< keys that differ and take effect only when the agent is started again
};

Reloaded reload(const Config& running, const Config& fresh);

}  // namespace sockwatch
