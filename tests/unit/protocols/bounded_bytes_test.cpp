#include "protocols/common/bounded_bytes.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

TEST(FixedHeader, TakesItsBytesHoweverTheyArriveAndNeverMore) {
  const std::string_view text = "headerbody";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    FixedHeader<6> header;
    std::string_view first = text.substr(0, cut);
    std::string_view second = text.substr(cut);
    const bool complete = header.read(first);
    EXPECT_EQ(complete, cut >= 6);
    EXPECT_TRUE(header.read(second));
    EXPECT_EQ(header.view(), "header");
    EXPECT_EQ(std::string(first) + std::string(second), "body");
    // A complete header takes nothing, whatever comes.
    std::string_view more = "more";
    EXPECT_TRUE(header.read(more));
    EXPECT_EQ(more, "more");
    header.clear();
    EXPECT_TRUE(header.empty());
  }
}

TEST(AppendUpTo, KeepsToTheLimitAlsoWhereItIsExceededAlready) {
  std::string kept = "abc";
  EXPECT_EQ(append_up_to(kept, 5, "defg"), 2u);
  EXPECT_EQ(kept, "abcde");
  EXPECT_EQ(append_up_to(kept, 5, "x"), 0u);
  EXPECT_EQ(append_up_to(kept, 2, "x"), 0u);
  EXPECT_EQ(kept, "abcde");
}

}  // namespace
}  // namespace sockwatch
