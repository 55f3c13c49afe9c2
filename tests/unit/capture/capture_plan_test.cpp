#include "capture/capture_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <optional>
#include <string>

namespace sockwatch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A kernel by what it answers to each hook; what is not named is not there.
class FakeKernel {
 public:
  FakeKernel& has(HookKind kind, std::initializer_list<const char*> names, int error = 0) {
    for (const char* name : names) answers_[{kind, name}] = error;
    return *this;
  }
  AskKernel ask() const {
    return [answers = answers_](HookKind kind, std::string_view name) {
      const auto found = answers.find({kind, std::string(name)});
      return found == answers.end() ? ENOENT : found->second;
    };
  }

 private:
  std::map<std::pair<HookKind, std::string>, int> answers_;
};

FakeKernel lifecycle() { return FakeKernel().has(HookKind::tracepoint, {"inet_sock_set_state", "tcp_destroy_sock"}); }
FakeKernel& with_transfers(FakeKernel& kernel) { return kernel.has(HookKind::tracepoint, {"sock_send_length", "sock_recv_length"}); }
FakeKernel& with_functions(FakeKernel& kernel, int error = 0) {
  return kernel.has(HookKind::function,
                    {"inet_sendmsg", "inet6_sendmsg", "inet_recvmsg", "inet6_recvmsg", "unix_stream_sendmsg", "unix_stream_recvmsg"},
                    error);
}

CaptureConfig forced(AttachMode attach, ListingMode listing = ListingMode::automatic) {
  CaptureConfig config;
  config.attach = attach;
  config.listing = listing;
  return config;
}

TEST(CapturePlan, TracepointsAndStorageWhereBothAre) {
  FakeKernel kernel = lifecycle();
  with_functions(with_transfers(kernel))
      .has(HookKind::tracepoint, {"io_uring_submit_req", "io_uring_poll_arm"})
      .has(HookKind::iterator, {"bpf_sk_storage_map"});
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::tracepoint);
  EXPECT_EQ(plan.value().listing, CapturePlan::Listing::storage);
  EXPECT_TRUE(plan.value().uring);
}

TEST(CapturePlan, AnIteratorThatIsRefusedCostsNothingElse) {
  FakeKernel kernel = lifecycle();
  with_transfers(kernel).has(HookKind::iterator, {"bpf_sk_storage_map"}, EPERM);
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::tracepoint);
  EXPECT_EQ(plan.value().listing, CapturePlan::Listing::descriptors);
  EXPECT_FALSE(plan.value().uring);

  const Result<CapturePlan> refused = plan_capture(kernel.ask(), forced(AttachMode::automatic, ListingMode::storage));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("refuses iterator over socket storage"), HasSubstr("leave out")));
}

TEST(CapturePlan, FunctionsWhereThereAreNoTracepoints) {
  FakeKernel kernel = lifecycle();
  with_functions(kernel).has(HookKind::function, {"tcp_sendpage", "unix_stream_sendpage"}).has(HookKind::iterator, {"bpf_sk_storage_map"});
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::fexit);
  EXPECT_TRUE(plan.value().tcp_sendpage);
  EXPECT_TRUE(plan.value().unix_sendpage);
  const Result<CapturePlan> refused = plan_capture(kernel.ask(), forced(AttachMode::tracepoint));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("has no tracepoint sock_send_length; leave out"));
}

TEST(CapturePlan, WhatIsForcedIsUsedThoughTheOtherIsThere) {
  FakeKernel kernel = lifecycle();
  with_functions(with_transfers(kernel)).has(HookKind::iterator, {"bpf_sk_storage_map"});
  const Result<CapturePlan> plan =
      plan_capture(kernel.ask(), forced(AttachMode::fexit, ListingMode::descriptors));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::fexit);
  EXPECT_EQ(plan.value().listing, CapturePlan::Listing::descriptors);
}

TEST(CapturePlan, AKernelWithoutEitherIsToldInWords) {
  FakeKernel kernel = lifecycle();
  with_functions(kernel, EPERM);
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, AllOf(HasSubstr("has no tracepoint sock_send_length and refuses fexit program on inet_sendmsg"),
                                          HasSubstr("boot Linux")));
  const Result<CapturePlan> older = plan_capture(FakeKernel().ask(), {});
  ASSERT_FALSE(older);
  EXPECT_THAT(older.error().message, HasSubstr("has no tracepoint inet_sock_set_state"));
}

TEST(CapturePlan, WhyALesserWayIsTakenIsKept) {
  FakeKernel kernel = lifecycle();
  with_functions(kernel).has(HookKind::iterator, {"bpf_sk_storage_map"}, EPERM);
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach_reason, "this kernel has no tracepoint sock_send_length");
  EXPECT_THAT(plan.value().listing_reason, HasSubstr("refuses iterator over socket storage (Operation not permitted)"));
  const Result<CapturePlan> asked = plan_capture(kernel.ask(), forced(AttachMode::fexit, ListingMode::descriptors));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked.value().attach_reason + asked.value().listing_reason, "") << "it was asked for";
}

TEST(CapturePlan, WhatIsNotSeenIsSaid) {
  FakeKernel kernel = lifecycle();
  with_transfers(kernel).has(HookKind::tracepoint, {"io_uring_submit_req"});
  const Result<CapturePlan> plan = plan_capture(kernel.ask(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan.value().shortfalls.size(), 1u);
  EXPECT_EQ(plan.value().shortfalls[0].part, "io_uring");
  EXPECT_THAT(plan.value().shortfalls[0].text, HasSubstr("has no tracepoint io_uring_poll_arm"));

  FakeKernel older = lifecycle();
  with_functions(older).has(HookKind::function, {"unix_stream_sendpage"}, EINVAL);
  const Result<CapturePlan> fexit = plan_capture(older.ask(), {});
  ASSERT_TRUE(fexit) << fexit.error().message;
  ASSERT_EQ(fexit.value().shortfalls.size(), 1u) << "one that is not there is not needed";
  EXPECT_EQ(fexit.value().shortfalls[0].part, "unix_sendpage");
}

// An empty program is taken at a hook, ours is not.
RefusedHook refusal(HookKind kind, const char* name) { return {kind, name, EACCES, Error{std::string("refused: ") + name}}; }

TEST(SettlePlan, ARefusedProgramIsLeftOutWhereThereIsAnotherWay) {
  FakeKernel kernel = lifecycle();
  with_functions(with_transfers(kernel))
      .has(HookKind::tracepoint, {"io_uring_submit_req", "io_uring_poll_arm"})
      .has(HookKind::iterator, {"bpf_sk_storage_map"});
  int tries = 0;
  const Result<CapturePlan> plan = settle_plan(kernel.ask(), {}, [&](const CapturePlan& wanted) -> std::optional<RefusedHook> {
    ++tries;
    if (wanted.listing == CapturePlan::Listing::storage) return refusal(HookKind::iterator, "bpf_sk_storage_map");
    if (wanted.uring) return refusal(HookKind::tracepoint, "io_uring_poll_arm");
    return std::nullopt;
  });
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::tracepoint);
  EXPECT_EQ(plan.value().listing, CapturePlan::Listing::descriptors);
  EXPECT_EQ(plan.value().shortfalls.size(), 1u);
}

TEST(SettlePlan, TheOtherLayerIsTriedWhereTheFirstOnesProgramsAreRefused) {
  FakeKernel kernel = lifecycle();
  with_functions(with_transfers(kernel));
  const Result<CapturePlan> plan = settle_plan(kernel.ask(), {}, [&](const CapturePlan& wanted) -> std::optional<RefusedHook> {
    if (wanted.attach == CapturePlan::Attach::tracepoint) return refusal(HookKind::tracepoint, "sock_send_length");
    return std::nullopt;
  });
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan.value().attach, CapturePlan::Attach::fexit);
}

TEST(SettlePlan, WhereThereIsNoOtherWayTheFirstRefusalIsTold) {
  FakeKernel kernel = lifecycle();
  with_functions(with_transfers(kernel));
  for (const auto& [kind, name] : {std::pair(HookKind::tracepoint, "tcp_destroy_sock"), std::pair(HookKind::iterator, "task_file")}) {
    int tries = 0;
    const Result<CapturePlan> plan = settle_plan(kernel.ask(), {}, [&, kind = kind, name = name](const CapturePlan&) -> std::optional<RefusedHook> {
      ++tries;
      return refusal(kind, name);
    });
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().message, std::string("refused: ") + name);
    EXPECT_LE(tries, 2);
  }
}

}  // namespace
}  // namespace sockwatch
