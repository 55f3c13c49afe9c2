// Whatever clients send: positions collapse, tables fill, texts are cut, and all of it is counted.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "counted_allocations.h"
#include "routes/route_table.h"

namespace sockwatch {
namespace {

std::string routed(RouteTable& table, std::string_view target) {
  return std::string(table.text(table.route("GET", target)));
}

/// A word that nothing tells from a name.
std::string word(int n) {
  std::string text = "na";
  for (; n > 0; n /= 5) {
    text += "bdmst"[n % 5];
    text += 'a';
  }
  return text;
}

TEST(RouteBounds, APositionThatKeepsProducingNamesCollapses) {
  RoutesConfig config;
  config.max_children = 10;
  RouteTable table(config);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(routed(table, "/shops/" + word(i) + "/items"), "/shops/" + word(i) + "/items");
  EXPECT_EQ(routed(table, "/shops/" + word(10) + "/items"), "/shops/{var}/items");
  EXPECT_EQ(routed(table, "/shops/" + word(3) + "/items"), "/shops/{var}/items")
      << "those known before as well";
  EXPECT_EQ(routed(table, "/shops/17/items"), "/shops/{id}/items") << "values keep their placeholder";
  EXPECT_EQ(routed(table, "/shops"), "/shops") << "the positions above are not concerned";
  EXPECT_EQ(routed(table, "/other/" + word(11)), "/other/" + word(11));
  EXPECT_EQ(table.overflowed(), 0u);
}

// A scanner's guesses, or a shop's products next to its search.
TEST(RouteBounds, WhatIsWellEstablishedOutlivesACollapse) {
  RoutesConfig config;
  config.max_children = 10;
  RouteTable table(config);
  for (int i = 0; i < 30; ++i)
    for (const char* path : {"/", "/health", "/shops/search", "/users/17"})
      EXPECT_NE(routed(table, path), "/{var}");
  for (int i = 0; i < 1000; ++i) {
    table.route("GET", '/' + word(i) + "/login");
    table.route("GET", "/shops/" + word(i));
  }
  EXPECT_EQ(routed(table, '/' + word(1000) + "/login"), "/{var}/login");
  EXPECT_EQ(routed(table, "/shops/" + word(1000)), "/shops/{var}");
  EXPECT_EQ(routed(table, "/health"), "/health");
  EXPECT_EQ(routed(table, "/shops/search"), "/shops/search");
  EXPECT_EQ(routed(table, "/users/18"), "/users/{id}");
}

TEST(RouteBounds, NamesThatAreAllAskedForOftenAreValues) {
  RoutesConfig config;
  config.max_children = 10;
  RouteTable table(config);
  for (int i = 0; i < 10; ++i)
    for (int n = 0; n < 100; ++n) table.route("GET", "/shops/" + word(i));
  EXPECT_EQ(routed(table, "/shops/" + word(10)), "/shops/{var}");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(routed(table, "/shops/" + word(i)), "/shops/{var}");
}

// A scanner that asks from outside for what is not there takes nothing from a service, however much it asks.
TEST(RouteBounds, PathsThatNothingAnswersToTakeNoRoom) {
  RoutesConfig config;
  config.max_children = 10;
  config.max_nodes = 50;
  RouteTable table(config);
  for (const char* path : {"/login", "/cart", "/users/17"}) table.route("GET", path);
  const auto junk = [&](const std::string& path) { return std::string(table.text(table.route("GET", path, Answer::unmatched, 5))); };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(junk('/' + word(i)), '/' + word(i)) << "a broken link shows";
  for (int i = 20; i < 2000; ++i) {
    EXPECT_EQ(junk('/' + word(i % 45) + '/' + word(i)), "_unmatched");
    EXPECT_EQ(junk("/users/" + word(i)), "_unmatched");
  }
  EXPECT_EQ(junk('/' + word(3)), '/' + word(3));
  EXPECT_EQ(junk("/users/18"), "/users/{id}") << "a route whose value is not there";
  EXPECT_EQ(junk("/cart"), "/cart");
  EXPECT_EQ(junk("no path"), "_other");
  for (const char* path : {"/login", "/cart", "/checkout", "/orders/recent"}) EXPECT_EQ(routed(table, path), path);
  EXPECT_EQ(table.overflowed(), 0u);

  EXPECT_EQ(routed(table, '/' + word(3)), '/' + word(3)) << "once it is answered otherwise it is a route, and makes room";
  EXPECT_EQ(junk('/' + word(100)), '/' + word(100));
  EXPECT_EQ(junk('/' + word(101)), "_unmatched");
}

TEST(RouteBounds, NamesOfUnmatchedPathsExpire) {
  RouteTable table{RoutesConfig{}};
  for (int i = 0; i < 30; ++i) table.route("GET", '/' + word(i), Answer::unmatched, 100 + static_cast<uint64_t>(i));
  std::set<std::string> gone;
  table.expire_unmatched(105, [&](RouteId route) { gone.insert(std::string(table.text(route))); });
  EXPECT_EQ(gone.size(), 5u);
  EXPECT_EQ(table.text(table.route("GET", '/' + word(29), Answer::unmatched, 200)), '/' + word(29));
}

// What a service refuses to strangers (401, 302 to a login) they can ask for without end.
TEST(RouteBounds, RefusedNamesCollapseAlone) {
  RoutesConfig config;
  config.max_children = 20;
  RouteTable table(config);
  std::set<std::string> real;
  for (int i = 0; i < 18; ++i) real.insert("/real" + word(i));
  for (const std::string& path : real) table.route("GET", path);
  for (int i = 0; i < 500; ++i) table.route("GET", '/' + word(i), Answer::refused);
  EXPECT_EQ(table.text(table.route("GET", '/' + word(501), Answer::refused)), "/{var}");
  for (const std::string& path : real) EXPECT_EQ(routed(table, path), path) << "asked for once, and served";
  EXPECT_EQ(routed(table, "/new"), "/new");
  RouteTable hanging(config);
  for (int i = 0; i < 5; ++i) hanging.route("GET", "/report", Answer::refused);
  EXPECT_EQ(hanging.text(hanging.route("GET", "/report", Answer::unmatched)), "/report") << "a backend that hangs keeps its names";
}

TEST(RouteBounds, UnusedPathsMakeRoom) {
  RoutesConfig config;
  config.max_children = 1000;
  config.max_nodes = 20;
  RouteTable table(config);
  for (int i = 0; i < 20; ++i) table.route("GET", '/' + word(i), Answer::served, static_cast<uint64_t>(i));
  EXPECT_EQ(table.route("GET", "/late", Answer::served, 30), RouteTable::kOverflow);
  const RouteId kept = table.route("GET", '/' + word(19), Answer::served, 30);
  table.make_room(10, [&](RouteId route) { return route == kept; });
  EXPECT_EQ(table.text(kept), '/' + word(19));
  std::set<RouteId> ids = {kept};
  for (int i = 100; i < 110; ++i) {
    const RouteId route = table.route("GET", '/' + word(i), Answer::served, 31);
    EXPECT_EQ(table.text(route), '/' + word(i));
    EXPECT_TRUE(ids.insert(route).second) << "an id in use is nobody else's";
  }
  EXPECT_EQ(table.route("GET", '/' + word(111), Answer::served, 31), RouteTable::kOverflow);
}

TEST(RouteBounds, NamesThatDifferByTheirNumbersAreOne) {
  RouteTable table{RoutesConfig{}};
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(routed(table, "/c/step-" + std::to_string(i)), "/c/step-" + std::to_string(i));
  for (int i : {9, 3, 77}) EXPECT_EQ(routed(table, "/c/step-" + std::to_string(i)), "/c/step-{id}");
  EXPECT_EQ(routed(table, "/c/start"), "/c/start");
  for (int i = 1; i <= 40; ++i) EXPECT_EQ(routed(table, "/v" + std::to_string(i) + "/a"), "/v" + std::to_string(i) + "/a");
  for (int i = 0; i < 300; ++i) table.route("GET", "/items/item" + std::to_string(i) + "/parts");
  EXPECT_EQ(routed(table, "/items/item301/parts"), "/items/item{id}/parts");
}

TEST(RouteBounds, PositionsBelowACollapsedOneCollapseThemselves) {
  RoutesConfig config;
  config.max_children = 5;
  RouteTable table(config);
  std::set<std::string> last;
  for (int i = 0; i < 400; ++i) {
    const std::string text = routed(table, '/' + word(i % 20) + '/' + word(i / 20));
    if (i > 200) last.insert(text);
  }
  EXPECT_EQ(last, std::set<std::string>{"/{var}/{var}"});
}

TEST(RouteBounds, WhatHasNoRoomIsOverflowAndCounted) {
  RoutesConfig config;
  config.max_children = 1000;
  config.max_nodes = 20;
  RouteTable table(config);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(routed(table, '/' + word(i)), '/' + word(i));
  for (int i = 20; i < 50; ++i) EXPECT_EQ(table.route("GET", '/' + word(i)), RouteTable::kOverflow);
  EXPECT_EQ(table.overflowed(), 30u);
  EXPECT_EQ(table.text(RouteTable::kOverflow), "_overflow");
  EXPECT_EQ(routed(table, '/' + word(7)), '/' + word(7)) << "what was known stays";
  EXPECT_EQ(table.route("GET", '/' + word(20)), RouteTable::kOverflow) << "each time it is asked for";
  EXPECT_EQ(table.overflowed(), 31u);
}

TEST(RouteBounds, DeepPathsAreCut) {
  RoutesConfig config;
  config.max_segments = 3;
  RouteTable table(config);
  EXPECT_EQ(routed(table, "/a/b/c"), "/a/b/c");
  EXPECT_EQ(routed(table, "/a/b/c/d"), "/a/b/c/*");
  EXPECT_EQ(routed(table, "/a/b/c/d/e/f/"), "/a/b/c/*");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "/a";
  EXPECT_EQ(routed(table, deep), "/a/a/a/*");
}

TEST(RouteBounds, PatternsMayBeLongerThanWhatIsKept) {
  RoutesConfig config;
  config.max_segments = 2;
  config.patterns = {"/a/b/{c}/d/{e}", "/z/y/x/w/*"};
  RouteTable table(config);
  EXPECT_EQ(routed(table, "/a/b/1/d/2"), "/a/b/{c}/d/{e}");
  EXPECT_EQ(routed(table, "/a/b/1/d/2/f"), "/a/b/*");
  EXPECT_EQ(routed(table, "/z/y/x/w/v/u/t"), "/z/y/x/w/*");
  EXPECT_EQ(routed(table, "/a/b/1/d"), "/a/b/*");
}

TEST(RouteBounds, LongTextsAreCut) {
  RouteTable table{RoutesConfig{}};
  std::string path;
  for (int i = 0; i < 12; ++i) path += "/a-long-name-of-words-that-says-little";
  const std::string text = routed(table, path);
  EXPECT_LE(text.size(), 128u);
  EXPECT_GT(text.size(), 80u);
  EXPECT_TRUE(text.ends_with("/*")) << text;
  RoutesConfig shorter;
  shorter.max_length = 16;
  RouteTable narrow(shorter);
  EXPECT_EQ(routed(narrow, "/abcdefghijklmn"), "/*");
  EXPECT_EQ(routed(narrow, "/abcdefghijkl"), "/abcdefghijkl");
  EXPECT_EQ(routed(narrow, "/abc/defghijklm"), "/abc/*");
  EXPECT_EQ(routed(table, '/' + std::string(100000, 'y')), "/{token}");
  EXPECT_EQ(routed(table, '/' + std::string(100000, '%')), "/{token}");
}

// A scanner, a fuzzer, an attacker: the number of templates stays bounded, and no byte that may hurt gets
// through.
TEST(RouteBounds, RandomTargetsMakeABoundedNumberOfCleanTemplates) {
  RoutesConfig config;
  config.max_children = 20;
  config.max_nodes = 300;
  RouteTable table(config);
  std::mt19937 random(7);
  std::set<std::string> texts;
  for (int i = 0; i < 50000; ++i) {
    std::string target = i % 3 == 0 ? "" : "/";
    const size_t length = random() % 60;
    for (size_t k = 0; k < length; ++k)
      target += i % 2 == 0 ? static_cast<char>(random()) : "/abcdefgh.-%{}?#;0123456789"[random() % 27];
    const std::string text = routed(table, target);
    EXPECT_LE(text.size(), 128u);
    for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << i;
    ASSERT_EQ(text.find('?'), std::string::npos);
    texts.insert(text);
  }
  EXPECT_LE(texts.size(), 2 * config.max_nodes + 2 + RouteTable::kUnmatchedNames);
  EXPECT_GT(table.overflowed(), 0u);
}

// Nothing for a target of a known template, be it new or not.
TEST(RouteBounds, KnownTemplatesCostNoAllocation) {
  RouteTable table{RoutesConfig{}};
  std::string target = "/users/000000/orders/2026-11-23?token=secret";
  auto ask = [&](int i) {
    for (size_t at = 12; at >= 7; --at, i /= 10) target[at] = static_cast<char>('0' + i % 10);
    return table.route("GET", target);
  };
  const RouteId first = ask(0);
  ask(1);
  const size_t before = counted_allocations();
  for (int i = 2; i < 20000; ++i) ASSERT_EQ(ask(i), first);
  EXPECT_EQ(counted_allocations(), before);
  EXPECT_EQ(table.text(first), "/users/{id}/orders/{date}");
}

}  // namespace
}  // namespace sockwatch
