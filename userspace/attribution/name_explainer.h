// Says of processes why they have their names, by the same steps as the agent takes; what the agent's kernel side told it of them is not
// known here.
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/compose_names.h"
#include "attribution/container_directory.h"
#include "attribution/namer.h"
#include "attribution/proc_reader.h"
#include "config/config.h"

namespace sockwatch {

struct Explanation {
  uint32_t pid = 0;
  std::string executable;  ///< path
  Naming naming;
  NamingTrace trace;
};

class NameExplainer {
 public:
  NameExplainer(const AttributionConfig& config, std::string procfs);

  /// Nothing: there is no such process.
  std::optional<Explanation> of_process(uint32_t pid);
  /// Of every process that is called so, `most` of them.
  std::vector<Explanation> of_name(std::string_view name, size_t most);

 private:
  Explanation explain(uint32_t pid, int others);
  void learn_containers();

  const AttributionConfig config_;
  ProcReader proc_;
  Namer namer_;
  ContainerDirectory containers_;
  ComposeNames compose_;
};

/// A line for the name and one for each step.
std::string to_text(const Explanation& explanation);

}  // namespace sockwatch
