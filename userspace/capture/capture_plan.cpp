#include "capture/capture_plan.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <string>

namespace sockwatch {
namespace {

constexpr std::string_view kLifecycle[] = {"inet_sock_set_state", "tcp_destroy_sock"};
constexpr std::string_view kTransfers[] = {"sock_send_length", "sock_recv_length"};
constexpr std::string_view kFunctions[] = {"inet_sendmsg",  "inet6_sendmsg",       "inet_recvmsg",
                                           "inet6_recvmsg", "unix_stream_sendmsg", "unix_stream_recvmsg"};

std::string why_not(std::string_view what, int error) {
  const std::string name(what);
  if (error == ENOENT) return "this kernel has no " + name;
  return "this kernel refuses " + name + " (" + std::strerror(error) + ")";
}

/// What is wrong with the first of the hooks that cannot be used; empty: nothing.
std::string lacking(const AskKernel& ask, HookKind kind, std::span<const std::string_view> names) {
  const std::string before = kind == HookKind::tracepoint ? "tracepoint " : "fexit program on ";
  for (const std::string_view name : names)
    if (const int error = ask(kind, name); error != 0) return why_not(before + std::string(name), error);
  return {};
}

Result<CapturePlan::Attach> choose_attach(const AskKernel& ask, AttachMode mode) {
  std::string no_tracepoints;
  if (mode != AttachMode::fexit) {
    no_tracepoints = lacking(ask, HookKind::tracepoint, kTransfers);
    if (no_tracepoints.empty()) return CapturePlan::Attach::tracepoint;
    if (mode == AttachMode::tracepoint)
      return Error{no_tracepoints + "; leave out --capture.attach=tracepoint, and another way is tried"};
  }
  const std::string no_functions = lacking(ask, HookKind::function, kFunctions);
  if (no_functions.empty()) return CapturePlan::Attach::fexit;
  if (mode == AttachMode::fexit)
    return Error{no_functions + "; leave out --capture.attach=fexit, and another way is tried"};
  return Error{no_tracepoints + " and " + no_functions.substr(sizeof("this kernel ") - 1) +
               "; boot Linux 6.3 or later, or 5.15 or later built with CONFIG_FUNCTION_TRACER=y and BPF trampolines"};
}

}  // namespace

std::string_view to_string(CapturePlan::Attach attach) { return attach == CapturePlan::Attach::fexit ? "fexit" : "tracepoint"; }

std::string_view to_string(CapturePlan::Listing listing) {
  return listing == CapturePlan::Listing::storage ? "storage" : "descriptors";
}

Result<CapturePlan> plan_capture(const AskKernel& ask, const CaptureConfig& config) {
  CapturePlan plan;
  if (const std::string missing = lacking(ask, HookKind::tracepoint, kLifecycle); !missing.empty())
    return Error{missing + "; boot Linux 5.15 or later, built with CONFIG_TRACEPOINTS=y and CONFIG_INET=y"};
  const Result<CapturePlan::Attach> attach = choose_attach(ask, config.attach);
  if (!attach) return attach.error();
  plan.attach = attach.value();

  const int no_storage = config.listing == ListingMode::descriptors ? ENOENT : ask(HookKind::iterator, "bpf_sk_storage_map");
  if (no_storage != 0 && config.listing == ListingMode::storage)
    return Error{why_not("iterator over socket storage", no_storage) +
                 "; leave out --capture.listing=storage, and sockets are listed by descriptors"};
  plan.listing = no_storage == 0 ? CapturePlan::Listing::storage : CapturePlan::Listing::descriptors;

  const auto has = [&](HookKind kind, std::string_view name) { return ask(kind, name) == 0; };
  if (plan.attach == CapturePlan::Attach::tracepoint) {
    plan.uring = has(HookKind::tracepoint, "io_uring_submit_req") && has(HookKind::tracepoint, "io_uring_poll_arm");
  } else {
    plan.tcp_sendpage = has(HookKind::function, "tcp_sendpage");
    plan.unix_sendpage = has(HookKind::function, "unix_stream_sendpage");
  }
  return plan;
}

}  // namespace sockwatch
