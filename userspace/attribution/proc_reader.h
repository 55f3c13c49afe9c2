// Reads what /proc tells of a process, through an injected root. Sizes are bounded; what cannot be read,
// whatever the reason, is empty.
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

/// Tells a process from the next one with its pid, and a program from the next one that the process executes.
struct ProcessIdentity {
  uint64_t start_time = 0;  ///< clock ticks since boot
  uint64_t image = 0;       ///< of the program's place in memory, which is random; 0: not told
  bool operator==(const ProcessIdentity&) const = default;
  /// The same, where what is not told differs from nothing.
  bool same_as(const ProcessIdentity& other) const {
    return start_time == other.start_time && (image == other.image || image == 0 || other.image == 0);
  }
};

/// What /proc/PID/stat tells.
struct ProcessState {
  ProcessIdentity identity;
  uint32_t parent = 0;
  bool forked = false;  ///< it has executed nothing since it was forked
};

class ProcReader {
 public:
  static constexpr size_t kMaxEnvironment = 128 << 10;
  static constexpr size_t kMaxArguments = 16 << 10;
  static constexpr size_t kMaxCgroup = 64 << 10;
  static constexpr size_t kMaxMounts = 256 << 10;

  explicit ProcReader(std::string root) : root_(std::move(root)) {}

  /// Nothing: there is no such process.
  std::optional<ProcessState> state(uint32_t pid) const;
  std::optional<ProcessIdentity> identity(uint32_t pid) const;
  /// The real user id; nothing: not told.
  std::optional<uint32_t> user(uint32_t pid) const;
  std::string folder(uint32_t pid) const;      ///< that it works in; path
  std::string executable(uint32_t pid) const;  ///< path
  std::string command_line(uint32_t pid) const { return read_of(pid, "cmdline", kMaxArguments); }
  std::string cgroup(uint32_t pid) const { return read_of(pid, "cgroup", kMaxCgroup); }
  std::string mounts(uint32_t pid) const { return read_of(pid, "mountinfo", kMaxMounts); }
  std::string comm(uint32_t pid) const;
  struct Variable {
    std::string name;
    std::string value;
  };
  /// The first of `names` that is set and not empty in the process's initial environment, as far as nothing was written over it.
  Variable environment(uint32_t pid, const std::vector<std::string>& names) const;
  /// Whether both paths, as the process sees them, lead to one file.
  bool same_file(uint32_t pid, const std::string& one, const std::string& other) const;
  /// Of the host, as this process sees it.
  std::string host_name() const;

  /// Every process, until `visit` returns false.
  void each_process(const std::function<bool(uint32_t pid)>& visit) const;

  /// Files that were longer than their bound.
  uint64_t truncated() const { return truncated_; }

 private:
  std::string read_of(uint32_t pid, const char* file, size_t most) const;
  std::string link_of(uint32_t pid, const char* file) const;
  std::string read(const std::string& path, size_t most) const;
  std::string of(uint32_t pid, const char* file) const {
    return root_ + "/" + std::to_string(pid) + "/" + file;
  }

  std::string root_;
  mutable uint64_t truncated_ = 0;
};

}  // namespace sockwatch
