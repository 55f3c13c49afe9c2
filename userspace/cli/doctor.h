// What this host must offer for the agent to run, checked one thing at a time and told in plain words.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "capture/capture_plan.h"
#include "capture/kernel_types.h"
#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

struct Check {
  enum class State : uint8_t { ok, warning, missing };
  State state = State::ok;
  std::string name;    ///< a word or two
  std::string detail;  ///< what was found
  std::string advice;  ///< what to do about it; empty when ok
};

/// Where the answers are read. Tests bring their own; what stands here is the host's.
struct DoctorHost {
  std::string own_status = "/proc/self/status";
  std::string kernel_release = "/proc/sys/kernel/osrelease";
  std::string kernel_btf = kOwnTypesFile;
  std::string lockdown = "/sys/kernel/security/lockdown";
  std::function<int()> create_map;  ///< makes and removes a small BPF map: 0 or errno; unset: really does
  std::function<uint64_t()> lockable_bytes;  ///< how far RLIMIT_MEMLOCK may be raised; unset: this process's
  std::function<Result<CapturePlan>(const CaptureConfig&)> try_load;  ///< unset: Capture::try_load
};

/// Every check, in the order in which they should be mended. What only follows from another that is missing
/// is left out.
std::vector<Check> diagnose(const Config& config, const DoctorHost& host = {});

/// Whether the process list is where the configuration says: no service would have a name otherwise, and all would look well.
Result<> check_paths(const Config& config);

bool anything_missing(const std::vector<Check>& checks);

/// "missing  kernel  5.10.0: ...", one line a check.
void print_check(std::ostream& out, const Check& check);

}  // namespace sockwatch
