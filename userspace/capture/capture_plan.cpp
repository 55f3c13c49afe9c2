#include "capture/capture_plan.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <utility>

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

// Puts the layer and its reason into the plan.
Result<> choose_attach(const AskKernel& ask, AttachMode mode, CapturePlan& plan) {
  std::string no_tracepoints;
  if (mode != AttachMode::fexit) {
    no_tracepoints = lacking(ask, HookKind::tracepoint, kTransfers);
    if (no_tracepoints.empty()) return {};
    if (mode == AttachMode::tracepoint)
      return Error{no_tracepoints + "; leave out --capture.attach=tracepoint, and another way is tried"};
  }
  const std::string no_functions = lacking(ask, HookKind::function, kFunctions);
  if (no_functions.empty()) {
    plan.attach = CapturePlan::Attach::fexit;
    plan.attach_reason = no_tracepoints;
    return {};
  }
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
  if (const Result<> attach = choose_attach(ask, config.attach, plan); !attach) return attach.error();

  const int no_storage = config.listing == ListingMode::descriptors ? ENOENT : ask(HookKind::iterator, "bpf_sk_storage_map");
  if (no_storage != 0 && config.listing == ListingMode::storage)
    return Error{why_not("iterator over socket storage", no_storage) +
                 "; leave out --capture.listing=storage, and sockets are listed by descriptors"};
  plan.listing = no_storage == 0 ? CapturePlan::Listing::storage : CapturePlan::Listing::descriptors;
  if (no_storage != 0 && config.listing == ListingMode::automatic)
    plan.listing_reason = why_not("iterator over socket storage", no_storage);

  if (plan.attach == CapturePlan::Attach::tracepoint) {
    constexpr std::string_view requests[] = {"io_uring_submit_req", "io_uring_poll_arm"};
    const std::string missing = lacking(ask, HookKind::tracepoint, requests);
    plan.uring = missing.empty();
    if (!plan.uring)
      plan.shortfalls.push_back({"io_uring", missing + ": what services send and receive by io_uring is counted as unreadable"});
  } else {
    // A kernel that has no such function (6.5 and later) sends the pages by sendmsg.
    const auto sends_pages = [&](std::string_view name, const char* part, const char* family) {
      const int error = ask(HookKind::function, name);
      if (error != 0 && error != ENOENT) {
        plan.shortfalls.push_back({part, why_not("fexit program on " + std::string(name), error) + ": what services send on " + family +
                                             " by sendfile is not seen"});
      }
      return error == 0;
    };
    plan.tcp_sendpage = sends_pages("tcp_sendpage", "tcp_sendpage", "TCP");
    plan.unix_sendpage = sends_pages("unix_stream_sendpage", "unix_sendpage", "AF_UNIX");
  }
  return plan;
}

Result<CapturePlan> settle_plan(const AskKernel& ask, const CaptureConfig& config, const TryPlan& attempt) {
  std::map<std::pair<HookKind, std::string>, int> refused;
  std::optional<Error> first;
  const AskKernel ask_again = [&](HookKind kind, std::string_view name) {
    const auto found = refused.find({kind, std::string(name)});
    return found == refused.end() ? ask(kind, name) : found->second;
  };
  for (;;) {
    Result<CapturePlan> plan = plan_capture(ask_again, config);
    if (!plan) return first ? *first : plan.error();
    std::optional<RefusedHook> hook = attempt(plan.value());
    if (!hook) return plan;
    if (!first) first = hook->why;
    // Refused for a second time: the plan cannot do without it.
    if (!refused.emplace(std::pair(hook->kind, hook->name), hook->error).second) return *first;
  }
}

}  // namespace sockwatch
