#include "exposition/gzip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "exposition/text_format.h"
#include "inflate.h"
#include "sample_snapshot.h"

namespace sockwatch {
namespace {

/// `text`, given in pieces of so many bytes.
std::string gzip(std::string_view text, size_t piece = 1 << 20) {
  Gzip packer;
  EXPECT_TRUE(packer);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) packer.add(text.substr(0, piece));
  return packer.finish();
}

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
    for (const size_t piece : {1U, 7U, 65'536U}) EXPECT_EQ(inflate_gzip(gzip(text, piece)), text) << piece;
  }
}

TEST(Gzip, MakesMetricsMuchSmaller) {
  std::string metrics;
  write_text(*large_snapshot(5'000), TextFormat::prometheus, metrics);
  EXPECT_LT(gzip(metrics).size(), metrics.size() / 5);
}

}  // namespace
}  // namespace sockwatch
