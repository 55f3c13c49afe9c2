// Reads what /proc tells of a process, through an injected root. Sizes are bounded; what cannot be read is empty.
//
// Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

class ProcReader {
 public:
  explicit ProcReader(std::string root) : root_(std::move(root)) {}

  /// Start time in clock ticks since boot: with the pid, it identifies a process. Nothing: there is no such process.
  std::optional<uint64_t> start_time(uint32_t pid) const;
  std::string executable(uint32_t pid) const;                    ///< path
  std::vector<std::string> arguments(uint32_t pid) const;
  std::string cgroup(uint32_t pid) const;
  std::string comm(uint32_t pid) const;
  /// The value of the first of `names` that is set and not empty in the process's initial environment.
  std::string environment(uint32_t pid, const std::vector<std::string>& names) const;

 private:
  std::string read(uint32_t pid, const char* file, size_t most) const;
  std::string root_;
};

}  // namespace sockwatch
