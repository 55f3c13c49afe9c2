#include "protocols/http1/trace_id.h"

#include <gtest/gtest.h>

#include <string>

#include "guarded_bytes.h"

namespace sockwatch {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string of_traceparent(std::string_view value) {
  const GuardedBytes guarded(value);
  TraceHeaders headers;
  headers.traceparent(guarded.view());
  return std::string(headers.id().view());
}

std::string of_b3(std::string_view value) {
  const GuardedBytes guarded(value);
  TraceHeaders headers;
  headers.b3(guarded.view());
  return std::string(headers.id().view());
}

std::string of_x_b3(std::string_view value) {
  const GuardedBytes guarded(value);
  TraceHeaders headers;
  headers.x_b3_trace_id(guarded.view());
  return std::string(headers.id().view());
}

TEST(TraceParent, GivesItsTrace) {
  EXPECT_EQ(of_traceparent(kParent), kTrace);
  EXPECT_EQ(of_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), kTrace);
  EXPECT_EQ(of_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-holds"),
            kTrace);
  EXPECT_EQ(of_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kTrace);
}

TEST(TraceParent, WhatIsNotOneGivesNone) {
  for (const char* value : {
           "",
           "00",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736\"-00f067aa0ba902b-01",
       })
    EXPECT_EQ(of_traceparent(value), "") << value;
}

TEST(TraceParent, CutOffAtEveryLengthGivesNone) {
  for (size_t length = 0; length < kParent.size(); ++length)
    EXPECT_EQ(of_traceparent(kParent.substr(0, length)), "") << length;
  EXPECT_EQ(of_traceparent(std::string(100000, '0')), "");
}

TEST(TraceParent, OfSeveralNoneCounts) {
  TraceHeaders headers;
  for (int i = 0; i < 3; ++i) {
    headers.traceparent(kParent);
    EXPECT_EQ(headers.id().view(), i == 0 ? kTrace : "");
  }
  headers.clear();
  headers.traceparent(kParent);
  EXPECT_EQ(headers.id().view(), kTrace);
}

TEST(B3, OneHeader) {
  EXPECT_EQ(of_b3("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90"),
            "80f198ee56343ba864fe8b2a57d3eff7");
  EXPECT_EQ(of_b3("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1"), "80f198ee56343ba864fe8b2a57d3eff7");
  EXPECT_EQ(of_b3("64fe8b2a57d3eff7-e457b5a2e4d86bd1-d"), "64fe8b2a57d3eff7");
  for (const char* value :
       {"", "0", "1", "d", "-", "80f198ee56343ba864fe8b2a57d3eff7", "80f198ee56343ba864fe8b2a57d3eff7-",
        "80f198ee56343ba8-e457", "80f198ee56343ba-e457b5a2e4d86bd1", "0000000000000000-e457b5a2e4d86bd1-1",
        "80f198ee56343bag-e457b5a2e4d86bd1-1", "80F198EE56343BA8-e457b5a2e4d86bd1-1"})
    EXPECT_EQ(of_b3(value), "") << value;
}

TEST(B3, SeveralHeaders) {
  EXPECT_EQ(of_x_b3("80f198ee56343ba864fe8b2a57d3eff7"), "80f198ee56343ba864fe8b2a57d3eff7");
  EXPECT_EQ(of_x_b3("64fe8b2a57d3eff7"), "64fe8b2a57d3eff7");
  for (const char* value : {"", "0", "0000000000000000", "64fe8b2a57d3eff", "64fe8b2a57d3eff7 ",
                            "64fe8b2a57d3eff7,1", "80f198ee56343ba864fe8b2a57d3eff70"})
    EXPECT_EQ(of_x_b3(value), "") << value;
}

TEST(TraceHeaders, TraceParentCountsBeforeB3) {
  for (const bool parent_first : {false, true}) {
    TraceHeaders headers;
    if (parent_first) headers.traceparent(kParent);
    headers.x_b3_trace_id("1111111111111111");
    EXPECT_EQ(headers.id().view(), parent_first ? kTrace : "1111111111111111");
    headers.b3("2222222222222222-e457b5a2e4d86bd1-1");
    headers.x_b3_trace_id("3333333333333333");
    EXPECT_EQ(headers.id().view(), parent_first ? kTrace : "2222222222222222");
    if (!parent_first) headers.traceparent(kParent);
    EXPECT_EQ(headers.id().view(), kTrace);
  }
}

}  // namespace
}  // namespace sockwatch
