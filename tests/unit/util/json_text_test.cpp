#include "util/json_text.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

TEST(JsonText, PlainTextStaysAsItIs) { EXPECT_EQ(escaped("GET /a?b=c"), "GET /a?b=c"); }

TEST(JsonText, QuotesBackslashesAndControlsAreEscaped) {
  EXPECT_EQ(escaped("\"\\\n\r\t"), "\\\"\\\\\\n\\r\\t");
  EXPECT_EQ(escaped(std::string_view("\0\x1b\x7f", 3)), "\\u0000\\u001b\\u007f");
}

TEST(JsonText, Utf8PassesThrough) {
  EXPECT_EQ(escaped("Risti\xC4\x87 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "Risti\xC4\x87 \xE2\x82\xAC \xF0\x9F\x98\x80");
}

TEST(JsonText, C1ControlsAreEscaped) {
  EXPECT_EQ(escaped("\xC2\x9B"
                    "2J"),
            "\\u009b2J");
}

TEST(JsonText, EveryByteThatIsNoUtf8IsReplaced) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("a\xFFz"), "a" + r + "z");
  EXPECT_EQ(escaped("\xC0\xA6"), r + r);          // overlong
  EXPECT_EQ(escaped("\xE0\x80\xA6"), r + r + r);  // overlong
  EXPECT_EQ(escaped("\xF0\x80\x80\xA6"), r + r + r + r);
  EXPECT_EQ(escaped("\xED\xA0\x80"), r + r + r);  // surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), r + r + r + r);
  EXPECT_EQ(escaped("\xE2\x82"), r + r);  // cut off
  EXPECT_EQ(escaped("\xC4"), r);
}

TEST(JsonText, AStringHasItsQuotes) {
  std::string out = "x=";
  append_json_string(out, "a\"b");
  EXPECT_EQ(out, "x=\"a\\\"b\"");
}

}  // namespace
}  // namespace sockwatch
