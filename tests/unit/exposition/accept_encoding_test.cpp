#include "exposition/accept_encoding.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

bool accepts(std::initializer_list<std::string_view> fields) {
  EncodingPreferences preferences;
  for (const std::string_view field : fields) preferences.add(field);
  return preferences.accepts_gzip();
}

TEST(AcceptEncoding, TakesGzipWhenItIsListed) {
  EXPECT_TRUE(accepts({"gzip"}));
  EXPECT_TRUE(accepts({"GZip"}));
  EXPECT_TRUE(accepts({"x-gzip"}));
  EXPECT_TRUE(accepts({"deflate, br,gzip"}));
  EXPECT_TRUE(accepts({"br", "gzip"}));
  EXPECT_TRUE(accepts({"gzip;q=0.001"}));
  EXPECT_TRUE(accepts({"gzip ; Q=1.000"}));
  EXPECT_TRUE(accepts({"*"}));
  EXPECT_TRUE(accepts({"br, *;q=0.1"}));
  EXPECT_TRUE(accepts({"gzip, *;q=0"}));
}

TEST(AcceptEncoding, LeavesItWhenItIsNot) {
  EXPECT_FALSE(accepts({}));
  EXPECT_FALSE(accepts({""}));
  EXPECT_FALSE(accepts({"identity"}));
  EXPECT_FALSE(accepts({"br, deflate, zstd"}));
  EXPECT_FALSE(accepts({"gzipped, notgzip"}));
}

TEST(AcceptEncoding, QualityZeroMeansNo) {
  EXPECT_FALSE(accepts({"gzip;q=0"}));
  EXPECT_FALSE(accepts({"gzip;q=0.0, *"}));
  EXPECT_FALSE(accepts({"gzip; q=0.000"}));
  EXPECT_FALSE(accepts({"*;q=0"}));
}

TEST(AcceptEncoding, PrefersPlainTextWhereTheClientDoes) {
  EXPECT_FALSE(accepts({"gzip;q=0.5, identity"}));
  EXPECT_TRUE(accepts({"gzip;q=0.5, identity;q=0.5"}));
  EXPECT_TRUE(accepts({"gzip;q=0.5, identity;q=0"}));
}

TEST(AcceptEncoding, BrokenQualitiesCountAsNo) {
  for (const std::string_view field :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.1", "gzip;q=-1", "gzip;q=.5", "gzip;q=0,5", "gzip;q=0.1234",
        "gzip;q=abc", "gzip;q=1e9", "gzip;;;q=x"}) {
    EXPECT_FALSE(accepts({field})) << field;
  }
  EXPECT_FALSE(accepts({",,;;,;q=1,"}));
}

}  // namespace
}  // namespace sockwatch
