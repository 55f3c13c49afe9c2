// Which of all that could name a process does: docs/attribution.md tells the order.
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/proc_reader.h"
#include "attribution/process_facts.h"
#include "config/config.h"

namespace sockwatch {

/// In the order in which they are asked.
enum class NameSource : uint8_t { rule, environment, container, unit, container_id, program, command, none };
std::string_view to_string(NameSource source);

struct Naming {
  std::string name;
  NameSource source = NameSource::none;
  std::optional<uint32_t> user;  ///< of the process that executed the program; nothing: not known
  bool settled = true;           ///< false: a container engine may still tell more
};

/// One thing that was asked for a name.
struct NamingStep {
  uint32_t pid = 0;
  NameSource source = NameSource::none;
  bool named = false;  ///< it gave the name; otherwise it was passed over
  std::string what;    ///< what it told, or why it told nothing
};
using NamingTrace = std::vector<NamingStep>;

class Namer {
 public:
  /// The name of another process, from which this one has its own.
  using Ask = std::function<Naming(uint32_t pid)>;

  Namer(const AttributionConfig& config, const ProcReader& proc) : config_(config), proc_(proc) {}

  /// `trace`, where there is one, hears of every step.
  Naming name(ProcessFacts& facts, const ProcessHint& hint, uint16_t listen_port, const Ask& ask,
              NamingTrace* trace = nullptr) const;

 private:
  const AttributionConfig& config_;
  const ProcReader& proc_;
};

}  // namespace sockwatch
