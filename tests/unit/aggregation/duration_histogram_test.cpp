#include "aggregation/duration_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kFirst = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kSecond = "64fe8b2a57d3eff7";
constexpr uint64_t kMs = 1'000'000;

const DurationBounds& bounds() {
  static const double seconds[] = {0.001, 0.005, 0.1};
  static const DurationBounds made(seconds);
  return made;
}

TEST(DurationHistogram, ABoundBelongsToTheBucketBelowIt) {
  DurationHistogram histogram(bounds());
  for (const uint64_t ns : {uint64_t{0}, kMs - 1, kMs}) histogram.add(bounds(), ns, {}, 0);
  EXPECT_THAT(histogram.sample(nullptr).counts, ElementsAre(3, 0, 0, 0));
  for (const uint64_t ns : {kMs + 1, 5 * kMs}) histogram.add(bounds(), ns, {}, 0);
  EXPECT_THAT(histogram.sample(nullptr).counts, ElementsAre(3, 2, 0, 0));
  for (const uint64_t ns : {5 * kMs + 1, 100 * kMs, 100 * kMs + 1, 3600 * 1000 * kMs})
    histogram.add(bounds(), ns, {}, 0);
  EXPECT_THAT(histogram.sample(nullptr).counts, ElementsAre(3, 2, 2, 2));
}

TEST(DurationHistogram, SumsExactly) {
  DurationHistogram histogram(bounds());
  for (int i = 0; i < 1000; ++i) histogram.add(bounds(), 100 * kMs, {}, 0);
  EXPECT_EQ(histogram.sample(nullptr).sum, 100.0);
}

TEST(DurationHistogram, EveryBoundOfADecimalIsItsNanoseconds) {
  const std::vector<double> seconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
                                       0.25,  0.5,    0.75,  1,    2.5,   5,    7.5,   10};
  const DurationBounds made(seconds);
  EXPECT_THAT(made.ns,
              ElementsAre(1'000'000, 2'500'000, 5'000'000, 10'000'000, 25'000'000, 50'000'000, 75'000'000,
                          100'000'000, 250'000'000, 500'000'000, 750'000'000, 1'000'000'000, 2'500'000'000,
                          5'000'000'000, 7'500'000'000, 10'000'000'000));
  EXPECT_EQ(*made.seconds, seconds);
}

std::map<uint32_t, std::string> traces(const DurationHistogram& histogram) {
  std::map<uint32_t, std::string> found;
  for (const Exemplar& exemplar : histogram.sample(nullptr).exemplars)
    EXPECT_TRUE(found.emplace(exemplar.bucket, exemplar.trace.view()).second) << "two for one bucket";
  return found;
}

TEST(DurationHistogram, KeepsTheLatestTraceOfEachBucket) {
  DurationHistogram histogram(bounds());
  histogram.add(bounds(), 2 * kMs, {}, 100);
  EXPECT_THAT(histogram.sample(nullptr).exemplars, IsEmpty());
  histogram.add(bounds(), 2 * kMs, kFirst, 100);
  histogram.add(bounds(), 999 * kMs, kFirst, 100);
  EXPECT_EQ(traces(histogram),
            (std::map<uint32_t, std::string>{{1, std::string(kFirst)}, {3, std::string(kFirst)}}));
  histogram.add(bounds(), 3 * kMs, kSecond, 100);   // as late: the last to come
  histogram.add(bounds(), 998 * kMs, kSecond, 99);  // earlier, though told later
  EXPECT_EQ(traces(histogram),
            (std::map<uint32_t, std::string>{{1, std::string(kSecond)}, {3, std::string(kFirst)}}));
  histogram.add(bounds(), 4 * kMs, {}, 200);  // no trace takes nobody's place
  const HistogramSample sample = histogram.sample(nullptr);
  ASSERT_EQ(sample.exemplars[0].bucket, 1u);
  EXPECT_EQ(sample.exemplars[0].duration_ns, 3 * kMs);
  EXPECT_EQ(sample.exemplars[0].at_ns, 100u);
}

TEST(DurationHistogram, WhatIsNoTraceIsNone) {
  DurationHistogram histogram(bounds());
  for (const char* trace :
       {"x", "00000000000000000000000000000000", "4bf92f3577b34da6a3ce929d0e0e473\"", "ABCDEFABCDEFABCD"})
    histogram.add(bounds(), 1, trace, 1);
  EXPECT_THAT(histogram.sample(nullptr).exemplars, IsEmpty());
}

TEST(DurationHistogram, HasAtMostOneExemplarForEachBucket) {
  DurationHistogram histogram(bounds());
  for (uint64_t i = 1; i < 10000; ++i) histogram.add(bounds(), i * 20'000, kFirst, i);
  EXPECT_EQ(histogram.sample(nullptr).exemplars.size(), 4u);
}

}  // namespace
}  // namespace sockwatch
