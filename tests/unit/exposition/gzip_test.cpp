#include "exposition/gzip.h"

#include <gtest/gtest.h>

#include <random>

#include "exposition/text_format.h"
#include "inflate.h"
#include "sample_snapshot.h"

namespace sockwatch {
namespace {

TEST(Gzip, ComesBackTheSame) {
  std::string metrics;
  write_text(*large_snapshot(5'000), TextFormat::prometheus, metrics);
  std::mt19937 random(1);
  std::string noise(300'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& text : {std::string(), std::string("a"), metrics, noise}) {
    const auto back = inflate_gzip(gzip(text));
    ASSERT_TRUE(back.has_value()) << text.size() << " bytes";
    EXPECT_TRUE(*back == text) << text.size() << " bytes came back as " << back->size();
  }
}

TEST(Gzip, MakesMetricsMuchSmaller) {
  std::string metrics;
  write_text(*large_snapshot(5'000), TextFormat::prometheus, metrics);
  EXPECT_LT(gzip(metrics).size(), metrics.size() / 5);
}

}  // namespace
}  // namespace sockwatch
