// Which programs are loaded on a kernel: chosen by asking for each hook, or as the configuration says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/kernel_hooks.h"
#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

struct CapturePlan {
  /// Where sends and receives are seen.
  enum class Attach : uint8_t {
    tracepoint,  ///< at the socket layer's tracepoints
    fexit,       ///< at the return of the functions that those stand behind
  };
  enum class Listing : uint8_t { storage, descriptors };

  Attach attach = Attach::tracepoint;
  Listing listing = Listing::storage;
  bool uring = false;            ///< attach tracepoint: io_uring tells of its requests; without it their bytes are unreadable
  bool tcp_sendpage = false;     ///< attach fexit: sendfile on TCP has a function of its own
  bool unix_sendpage = false;    ///< the same of AF_UNIX

  std::string attach_reason;   ///< why not the tracepoints; empty: they are used, or the configuration says so
  std::string listing_reason;  ///< why not by storage; likewise
  /// What is not seen here for want of a hook. The log and a metric say so.
  struct Shortfall {
    std::string part;  ///< the metric's label
    std::string text;
  };
  std::vector<Shortfall> shortfalls;
};
std::string_view to_string(CapturePlan::Attach attach);
std::string_view to_string(CapturePlan::Listing listing);

/// 0 where the hook can be used, ENOENT where it does not exist, else the errno with which the kernel refuses it.
using AskKernel = std::function<int(HookKind kind, std::string_view name)>;

/// Fails in words a user can act on, where the kernel has no way to see sends and receives, or not the one that was asked for.
Result<CapturePlan> plan_capture(const AskKernel& ask, const CaptureConfig& config);

/// A hook whose program the kernel refused, though it takes an empty one there.
struct RefusedHook {
  HookKind kind;
  std::string name;
  int error;
  Error why;  ///< in words
};
/// Loads what a plan wants; nothing when the kernel takes it.
using TryPlan = std::function<std::optional<RefusedHook>(const CapturePlan&)>;

/// Plans and tries: a hook whose program is refused counts as refused itself, and the rest is planned anew. Fails with the reason of the
/// first refusal where there is no other way.
Result<CapturePlan> settle_plan(const AskKernel& ask, const CaptureConfig& config, const TryPlan& attempt);

}  // namespace sockwatch
