#include "capture/ring_layout.h"

#include <gtest/gtest.h>

#include "records.h"

namespace sockwatch {
namespace {

constexpr uint32_t kPage = 4096;
constexpr uint32_t kKiB = 1024;
constexpr uint32_t kDefault = 4096 * kKiB;

TEST(RingLayout, FewCpusShareTheMemory) {
  EXPECT_EQ(ring_layout(kDefault, 1, kPage).ring_bytes, 4096 * kKiB);
  EXPECT_EQ(ring_layout(kDefault, 2, kPage).ring_bytes, 2048 * kKiB);
  EXPECT_EQ(ring_layout(kDefault, 6, kPage).ring_bytes, 1024 * kKiB) << "rounded up to a power of two";
}

TEST(RingLayout, ManyCpusGetWhatTheLongestRecordNeeds) {
  for (const uint32_t cpus : {32u, 64u, 128u, 256u, 8192u}) {
    const RingLayout layout = ring_layout(kDefault, cpus, kPage);
    EXPECT_EQ(layout.ring_bytes, 128 * kKiB) << cpus;
    EXPECT_TRUE(layout.takes_whole_records()) << cpus;
    EXPECT_GT(layout.ring_bytes, SW_CAPTURE_MAX + 4096) << cpus;
  }
}

TEST(RingLayout, WhatIsConfiguredSmallerIsSmaller) {
  EXPECT_EQ(ring_layout(64 * kKiB, 2, kPage).ring_bytes, 64 * kKiB);
  EXPECT_FALSE(ring_layout(64 * kKiB, 2, kPage).takes_whole_records());
  EXPECT_EQ(ring_layout(8 * kKiB, 64, kPage).ring_bytes, 8 * kKiB);
  EXPECT_EQ(ring_layout(4 * kKiB, 2, 64 * kKiB).ring_bytes, 64 * kKiB) << "a page at least";
}

// The table in docs/configuration.md.
TEST(RingLayout, MemoryByCpus) {
  const auto mib = [](uint32_t cpus) { return static_cast<double>(ring_layout(kDefault, cpus, kPage).memory_bytes()) / (1 << 20); };
  EXPECT_NEAR(mib(2), 4.38, 0.02);
  EXPECT_NEAR(mib(64), 20.1, 0.05);
  EXPECT_NEAR(mib(256), 80.5, 0.1);
}

TEST(RingLayout, ThisHostTellsItsCpus) {
  const Result<RingLayout> layout = ring_layout(kDefault);
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_GE(layout.value().cpus, 1u);
}

}  // namespace
}  // namespace sockwatch
