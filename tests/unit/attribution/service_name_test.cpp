#include "attribution/service_name.h"

#include <gtest/gtest.h>

#include "attribution/service_table.h"

namespace sockwatch {
namespace {

struct Case {
  std::string raw;
  std::string clean;
};

class CleanServiceName : public testing::TestWithParam<Case> {};

TEST_P(CleanServiceName, Is) { EXPECT_EQ(clean_service_name(GetParam().raw), GetParam().clean); }

INSTANTIATE_TEST_SUITE_P(All, CleanServiceName,
                         testing::Values(Case{"shop", "shop"}, Case{"", ""}, Case{" \t\n ", ""},
                                         Case{"  shop api\n", "shop api"}, Case{"a\nb\x7f\x01", "a_b__"},
                                         Case{"caf\xc3\xa9", "caf\xc3\xa9"},
                                         Case{"\xe6\xbc\xa2\xf0\x9f\x9a\x80", "\xe6\xbc\xa2\xf0\x9f\x9a\x80"},
                                         Case{"a\xff\xfe", "a__"}, Case{"\xc3", "_"}, Case{"\xe6\xbc", "__"},
                                         Case{"\xc0\xaf", "__"},            // an overlong "/"
                                         Case{"\xe0\x80\xaf", "___"},       // and a longer one
                                         Case{"\xed\xa0\x80", "___"},       // a surrogate
                                         Case{"\xf4\x90\x80\x80", "____"},  // beyond the last character
                                         Case{"a\xc2\x85z", "a_z"},         // a C1 control character
                                         Case{std::string("a\0b", 3), "a_b"},
                                         Case{"\"quoted\"\\", "\"quoted\"\\"},
                                         Case{std::string(200, 'x'), std::string(128, 'x')},
                                         Case{std::string(127, 'x') + "\xc3\xa9", std::string(127, 'x')},
                                         Case{std::string(127, 'x') + " y", std::string(127, 'x')}));

TEST(ServiceTable, GivesDenseNumbersAndKeepsNames) {
  ServiceTable table(10);
  EXPECT_EQ(table.intern("unknown"), ServiceTable::kUnknown);
  EXPECT_EQ(table.intern(""), ServiceTable::kUnknown);
  EXPECT_EQ(table.intern("_overflow"), ServiceTable::kOverflow);
  const ServiceId shop = table.intern("shop");
  EXPECT_EQ(shop, 2u);
  EXPECT_EQ(table.intern(" shop "), shop);
  EXPECT_EQ(table.name(shop), "shop");
  EXPECT_EQ(table.count(), 3u);
}

TEST(ServiceTable, CountsNamesThatItHasNoRoomForAndThoseItShortens) {
  ServiceTable table(2);
  table.intern("a");
  table.intern("b");
  EXPECT_EQ(table.overflowed(), 0u);
  EXPECT_EQ(table.intern("c"), ServiceTable::kOverflow);
  EXPECT_EQ(table.overflowed(), 1u);
  EXPECT_NE(table.intern("b"), ServiceTable::kOverflow);
  EXPECT_EQ(table.shortened(), 0u);
  table.intern(std::string(129, 'x'));
  EXPECT_EQ(table.shortened(), 1u);
}

TEST(ServiceTable, GivesTheRoomOfAReleasedNameToAnother) {
  ServiceTable table(2);
  const ServiceId a = table.intern("a");
  const ServiceId b = table.intern("b");
  table.release(a);
  EXPECT_EQ(table.intern("c"), a);
  EXPECT_EQ(table.name(a), "c");
  EXPECT_EQ(table.intern("b"), b);
  EXPECT_EQ(table.intern("a"), ServiceTable::kOverflow);
  table.release(ServiceTable::kOverflow);
  EXPECT_EQ(table.intern("d"), ServiceTable::kOverflow);
}

TEST(ServiceTable, TellsWhenTheLastProcessWent) {
  ServiceTable table(2);
  const ServiceId shop = table.intern("shop");
  EXPECT_EQ(table.gone_since_ns(shop), 0u);  // none was ever known
  table.add_process(shop, 0);
  table.add_process(shop, 0);
  table.remove_process(shop, 0, 5);
  EXPECT_EQ(table.gone_since_ns(shop), 0u);
  table.remove_process(shop, 0, 7);
  EXPECT_EQ(table.gone_since_ns(shop), 7u);
  table.add_process(shop, 0);
  EXPECT_EQ(table.gone_since_ns(shop), 0u);
}

}  // namespace
}  // namespace sockwatch
