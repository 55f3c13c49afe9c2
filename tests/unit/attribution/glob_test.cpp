#include "attribution/glob.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sockwatch {
namespace {

struct Case {
  const char* pattern;
  const char* text;
  bool matches;
};

class Glob : public testing::TestWithParam<Case> {};

TEST_P(Glob, Matches) {
  const Case& c = GetParam();
  EXPECT_EQ(glob_matches(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    All, Glob,
    testing::Values(Case{"", "", true}, Case{"", "a", false}, Case{"a", "", false}, Case{"*", "", true},
                    Case{"*", "any/thing", true}, Case{"shop", "shop", true}, Case{"shop", "shops", false},
                    Case{"sh?p", "shop", true}, Case{"sh?p", "shp", false},
                    Case{"/usr/bin/*", "/usr/bin/python3", true},
                    Case{"/usr/bin/*", "/usr/local/bin/x", false}, Case{"*shop*", "/srv/shop/run", true},
                    Case{"*.js", "a.jsx", false}, Case{"*a*b*c", "xaxbxxbxc", true},
                    Case{"*a*b*c", "xaxbxx", false}, Case{"[ab]x", "bx", true}, Case{"[ab]x", "cx", false},
                    Case{"[a-c]x", "bx", true}, Case{"[!a-c]x", "bx", false}, Case{"[!a-c]x", "dx", true},
                    Case{"[^a]x", "bx", true}, Case{"[]a]x", "]x", true}, Case{"[a-]x", "-x", true},
                    Case{"[ab", "[ab", true}, Case{"[ab", "a", false}, Case{"\\*", "*", true},
                    Case{"\\*", "a", false}, Case{"a\\", "a\\", true}, Case{"*[0-9]", "shop-7", true},
                    Case{"*[0-9]", "shop", false}, Case{"a**b", "ab", true}, Case{"?", "\xff", true}));

TEST(GlobCost, ManyStarsOnALongTextTakeNoTimeToSpeakOf) {
  const std::string text(16 << 10, 'a');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace sockwatch
