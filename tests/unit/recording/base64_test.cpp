#include "recording/base64.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

std::vector<uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Base64, VectorsOfTheRfc) {
  for (const auto& [plain, coded] : {std::pair{"", ""},
                                     {"f", "Zg=="},
                                     {"fo", "Zm8="},
                                     {"foo", "Zm9v"},
                                     {"foob", "Zm9vYg=="},
                                     {"fooba", "Zm9vYmE="},
                                     {"foobar", "Zm9vYmFy"}}) {
    std::string out;
    append_base64(out, bytes(plain));
    EXPECT_EQ(out, coded);
    std::vector<uint8_t> back;
    EXPECT_TRUE(decode_base64(coded, back)) << coded;
    EXPECT_EQ(back, bytes(plain));
  }
}

TEST(Base64, EveryByteComesBack) {
  std::vector<uint8_t> all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<uint8_t>(i));
  std::string out;
  append_base64(out, all);
  std::vector<uint8_t> back;
  ASSERT_TRUE(decode_base64(out, back));
  EXPECT_EQ(back, all);
}

TEST(Base64, WhatIsNoBase64IsRefused) {
  std::vector<uint8_t> out;
  for (const char* bad : {"Z", "Zg", "Zg=", "====", "Z===", "Zg==Zg==", "Zm 9", "Zm-_", "=Zm9", "Z=m9",
                          "Zh==", "Zm9=", "Zm9v\n", "\xff\xff\xff\xff"}) {
    EXPECT_FALSE(decode_base64(bad, out)) << bad;
  }
}

}  // namespace
}  // namespace sockwatch
