// The BPF programs, fitted to this kernel and loaded, but not attached.
#pragma once

#include <memory>

#include "capture/capture_plan.h"
#include "capture/ring_layout.h"
#include "config/config.h"
#include "util/result.h"

struct sockwatch_bpf;

namespace sockwatch {

struct SkeletonDeleter {
  void operator()(sockwatch_bpf* skeleton) const;  ///< detaches, unloads and frees
};
using SkeletonPtr = std::unique_ptr<sockwatch_bpf, SkeletonDeleter>;

struct LoadedPrograms {
  SkeletonPtr skeleton;
  CapturePlan plan;
  RingLayout rings;
};

/// The one way to the programs, for the agent and for the doctor: so they never disagree. Fails in words a user can act on.
Result<LoadedPrograms> load_programs(const CaptureConfig& config);

}  // namespace sockwatch
