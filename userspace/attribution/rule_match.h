// Whether a rule of the configuration is meant for a process.
#pragma once

#include <cstdint>

#include "attribution/process_facts.h"
#include "config/config.h"

namespace sockwatch {

/// Every field that is set must match. Asks for the container only when the rule does and the rest matches.
bool rule_matches(const ServiceRule& rule, ProcessFacts& facts, uint16_t listen_port);

}  // namespace sockwatch
