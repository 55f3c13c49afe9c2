#include "dialogue.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

std::string shown(std::string_view file) {
  std::string text;
  for (const Utterance& utterance : parse_dialogue(file)) {
    text += (utterance.direction == Direction::recv ? "[>" : "[<") + utterance.bytes + "]";
  }
  return text;
}

TEST(Dialogue, MarkersAndTheLineBreakBeforeThemAreNotPartOfIt) {
  EXPECT_EQ(shown(">>>\na\n<<<\nb\n"), "[>a][<b\n]");
  EXPECT_EQ(shown(">>>\r\na\r\n\r\n\r\n<<<\r\nb"), "[>a\r\n\r\n][<b]");
  EXPECT_EQ(shown(">>>\na\n>>>\nb\n\n<<<\nc"), "[>a][>b\n][<c]");
}

TEST(Dialogue, OnlyWholeLinesAreMarkers) {
  EXPECT_EQ(shown(">>>\na>>>\n >>>\n>>>b\n>>>\r\rc"), "[>a>>>\n >>>\n>>>b\n>>>\r\rc]");
}

TEST(Dialogue, EmptyUtterancesAreLeftOut) { EXPECT_EQ(shown(">>>\n<<<\nb\n<<<\n"), "[<b]"); }

}  // namespace
}  // namespace sockwatch
