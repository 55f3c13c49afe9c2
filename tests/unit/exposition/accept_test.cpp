#include "exposition/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace sockwatch {
namespace {

constexpr TextFormat kPlain = TextFormat::prometheus;
constexpr TextFormat kOpen = TextFormat::openmetrics;
constexpr TextFormat kDraft = TextFormat::openmetrics_draft;

TextFormat best(std::string_view accept) {
  FormatPreferences preferences;
  preferences.add(accept);
  return preferences.best();
}

TEST(Accept, WhatPrometheusServersAsk) {
  // 2.42
  EXPECT_EQ(
      best("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
           "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
      kOpen);
  // 2.5
  EXPECT_EQ(best("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            kDraft);
  // 3.x
  EXPECT_EQ(best("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                 "application/openmetrics-text;version=0.0.1;q=0.5,text/"
                 "plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                 "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            kOpen);
  // one that is told to scrape the plain format
  EXPECT_EQ(best("text/plain;version=0.0.4;q=1,*/*;q=0.1"), kPlain);
}

TEST(Accept, WhoTakesAnythingGetsThePlainText) {
  for (const char* accept :
       {"", "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/*", "text/plain",
        "application/json", "*/*;q=0", ",;,", "application/*;q=0.5, text/*;q=0.6"})
    EXPECT_EQ(best(accept), kPlain) << accept;
}

TEST(Accept, TheHighestQualityCounts) {
  EXPECT_EQ(best("application/openmetrics-text;q=0.5, text/plain;q=0.6"), kPlain);
  EXPECT_EQ(best("application/openmetrics-text;q=0.6, text/plain;q=0.5"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text;version=1.0.0;q=0.1,application/"
                 "openmetrics-text;version=0.0.1;q=0.2"),
            kDraft);
  EXPECT_EQ(best("application/openmetrics-text;q=0, */*"), kPlain);
  EXPECT_EQ(best("application/*, text/plain;q=0.9"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text;q=0.001"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text;q=high, text/plain;q=0.1"), kPlain) << "not clearly asked for";
}

TEST(Accept, OfEqualOnesOpenMetricsOnlyByName) {
  EXPECT_EQ(best("text/plain, application/openmetrics-text"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text, */*"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text;version=0.0.1, */*"), kDraft);
  EXPECT_EQ(best("application/openmetrics-text;version=0.0.1, application/openmetrics-text;version=1.0.0"),
            kOpen);
}

TEST(Accept, TheMostExactRangeSpeaksForAFormat) {
  EXPECT_EQ(best("text/plain;q=0.2, text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5"),
            kPlain);
  EXPECT_EQ(best("text/plain;version=0.0.4;q=0.2, text/plain;q=0.9, application/openmetrics-text;q=0.5"),
            kOpen);
  EXPECT_EQ(best("application/openmetrics-text;version=2.0.0, text/plain;q=0.1"), kPlain)
      << "a version that we have not";
  EXPECT_EQ(best("application/openmetrics-text;version=2.0.0, "
                 "application/openmetrics-text;version=1.0.0;q=0.2, */*;q=0.1"),
            kOpen);
}

TEST(Accept, SpellingAndSpaces) {
  EXPECT_EQ(best(" Application/OpenMetrics-Text ; Version=1.0.0 ; Q=1 ,\ttext/plain;q=0.5"), kOpen);
  EXPECT_EQ(best("application/openmetrics-text;version=\"1.0.0\", text/plain;q=0.5"), kOpen);
  EXPECT_EQ(best("text/plain;x=\"a,application/openmetrics-text\""), kPlain);
  EXPECT_EQ(best("text/plain;x=\"\\\",application/openmetrics-text"), kPlain);
  EXPECT_EQ(best("application/openmetrics-text;x=\"\\"), kOpen);
}

TEST(Accept, SeveralFieldsAreOneList) {
  FormatPreferences preferences;
  preferences.add("text/plain;q=0.5");
  preferences.add("application/openmetrics-text;version=1.0.0");
  EXPECT_EQ(preferences.best(), kOpen);
}

TEST(Accept, LongListsAreReadOnce) {
  std::string accept;
  for (int i = 0; i < 2000; ++i) accept += "a/b;q=0.1;x=\"y\",";
  EXPECT_EQ(best(accept + "application/openmetrics-text"), kOpen);
}

}  // namespace
}  // namespace sockwatch
