#include "protocols/http1/cache_headers.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "guarded_bytes.h"

namespace sockwatch {
namespace {

constexpr CacheAnswer kNone = CacheAnswer::none;
constexpr CacheAnswer kHit = CacheAnswer::hit;
constexpr CacheAnswer kMiss = CacheAnswer::miss;

using Field = void (CacheHeaders::*)(std::string_view);

CacheAnswer said(Field field, std::string_view value) {
  const GuardedBytes guarded(value);
  CacheHeaders headers;
  (headers.*field)(guarded.view());
  return headers.answer(true);
}

struct Case {
  std::string_view value;
  CacheAnswer expected;
};

void expect_all(Field field, std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(said(field, c.value), c.expected) << c.value;
}

TEST(CacheStatus, HitAndForwarded) {
  expect_all(&CacheHeaders::cache_status, {{"ExampleCache; hit", kHit},
                                           {"ExampleCache;hit", kHit},
                                           {"\"Example Cache\"; hit; ttl=376", kHit},
                                           {"ExampleCache; hit; ttl=-412", kHit},
                                           {"ExampleCache; ttl=30; hit=?1", kHit},
                                           {"ExampleCache; hit=?0", kNone},
                                           {"ExampleCache; hit=?0; fwd=stale", kMiss},
                                           {"ExampleCache; fwd=uri-miss", kMiss},
                                           {"ExampleCache; fwd=miss; stored", kMiss},
                                           {"ExampleCache; fwd=stale; fwd-status=304", kMiss},
                                           {"ExampleCache; fwd=uri-miss; collapsed", kMiss},
                                           {"ExampleCache; fwd=bypass; detail=\"LOCAL:no-cache\"", kNone},
                                           {"ExampleCache; fwd=method", kNone},
                                           {"ExampleCache", kNone},
                                           {"ExampleCache; fwd-status=200; stored; key=\"hit\"", kNone},
                                           {"ExampleCache; hits", kNone},
                                           {"", kNone}});
}

TEST(CacheStatus, TheMemberNearestToTheClientIsTheLast) {
  expect_all(&CacheHeaders::cache_status,
             {{"OriginCache; hit; ttl=1100, \"CDN Company Here\"; fwd=uri-miss", kMiss},
              {"OriginCache; fwd=miss, CDN; hit", kHit},
              {"OriginCache; hit, CDN; fwd=bypass", kHit},
              {"OriginCache; fwd=miss, CDN", kMiss},
              {"a; hit,b; fwd=miss,,", kMiss}});
  CacheHeaders lines;  // a field on several lines is one list
  lines.cache_status("OriginCache; fwd=miss");
  lines.cache_status("CDN; hit");
  EXPECT_EQ(lines.answer(true), kHit);
}

TEST(CacheStatus, WhatStandsInStringsSaysNothing) {
  expect_all(&CacheHeaders::cache_status, {{"\"a, b; hit\"; fwd=miss", kMiss},
                                           {"c; detail=\"x\\\"; hit; y\"; fwd=miss", kMiss},
                                           {"c; detail=\"\\\\\"; hit", kHit},
                                           {"c; hit; detail=\"no end", kNone},
                                           {"c; hit, \"no end", kNone},
                                           {"c; hit; detail=\"no end\\", kNone},
                                           {"\"", kNone}});
  std::string quotes;
  for (int i = 0; i < 100000; ++i) quotes += "\"\\\",;";
  EXPECT_EQ(said(&CacheHeaders::cache_status, quotes), kNone);
  std::string members;
  for (int i = 0; i < 10000; ++i) members += "c;fwd=miss,";
  EXPECT_EQ(said(&CacheHeaders::cache_status, members + "d;hit"), kHit);
}

TEST(XCache, WhatIsSeenInTheWild) {
  expect_all(&CacheHeaders::x_cache, {{"Hit from cloudfront", kHit},
                                      {"RefreshHit from cloudfront", kHit},
                                      {"Miss from cloudfront", kMiss},
                                      {"Error from cloudfront", kNone},
                                      {"LambdaGeneratedResponse from cloudfront", kNone},
                                      {"HIT", kHit},
                                      {"hit", kHit},
                                      {"MISS", kMiss},
                                      {"HIT from proxy.example.com", kHit},
                                      {"MISS from proxy.example.com:3128", kMiss},
                                      {"TCP_HIT from a23-1.example (AkamaiGHost/9)", kHit},
                                      {"TCP_MEM_HIT", kHit},
                                      {"TCP_REFRESH_MISS", kMiss},
                                      {"TCP_DENIED", kNone},
                                      {"hit cached", kHit},
                                      {"EXPIRED", kMiss},
                                      {"STALE", kHit},
                                      {"REVALIDATED", kHit},
                                      {"BYPASS", kNone},
                                      {"PASS", kNone},
                                      {"CONFIG_NOCACHE", kNone},
                                      {"whit", kNone},
                                      {"dismiss", kNone},
                                      {"HITS", kNone},
                                      {"from hit", kNone},
                                      {"", kNone},
                                      {",,,", kNone}});
}

TEST(XCache, OfAListTheLastIsNearestToTheClient) {
  expect_all(&CacheHeaders::x_cache, {{"MISS, HIT", kHit}, {"HIT,MISS", kMiss}, {"HIT, PASS", kHit}});
  CacheHeaders lines;
  lines.x_cache("MISS");
  lines.x_cache("HIT");
  EXPECT_EQ(lines.answer(true), kHit);
}

TEST(CfCacheStatus, EveryWord) {
  expect_all(&CacheHeaders::cf_cache_status, {{"HIT", kHit},
                                              {"STALE", kHit},
                                              {"REVALIDATED", kHit},
                                              {"UPDATING", kHit},
                                              {"hit", kHit},
                                              {"MISS", kMiss},
                                              {"EXPIRED", kMiss},
                                              {"DYNAMIC", kNone},
                                              {"BYPASS", kNone},
                                              {"NONE", kNone},
                                              {"NONE/UNKNOWN", kNone},
                                              {"", kNone}});
}

TEST(Age, TellsOfAHitWhereNothingElseDoes) {
  expect_all(&CacheHeaders::age, {{"1", kHit},
                                  {"0030", kHit},
                                  {"99999999999999999999999999999999", kHit},
                                  {"0", kNone},
                                  {"000", kNone},
                                  {"-1", kNone},
                                  {"1.5", kNone},
                                  {"1, 2", kNone},
                                  {"", kNone}});
  CacheHeaders headers;
  headers.age("7");
  EXPECT_EQ(headers.answer(false), kNone) << "of a head that was cut another field may have been lost";
  headers.cf_cache_status("DYNAMIC");
  EXPECT_EQ(headers.answer(true), kNone);
}

TEST(CacheHeaders, TheMoreExactFieldCounts) {
  CacheHeaders headers;
  headers.x_cache("MISS");
  headers.age("7");
  EXPECT_EQ(headers.answer(true), kMiss);
  headers.cf_cache_status("DYNAMIC");
  EXPECT_EQ(headers.answer(true), kMiss) << "a CDN that does not cache says nothing of the cache behind it";
  headers.cf_cache_status("HIT");
  EXPECT_EQ(headers.answer(true), kHit);
  headers.cache_status("a; fwd=miss");
  EXPECT_EQ(headers.answer(true), kMiss);
  EXPECT_EQ(headers.answer(false), kMiss);
  headers.clear();
  EXPECT_EQ(headers.answer(true), kNone);
}

// On memory that ends where the text does.
TEST(CacheHeaders, RandomTextIsRead) {
  std::mt19937 random(11);
  constexpr std::string_view pieces[] = {
      "\"", "\\", ",", ";", "=", " ", "hit", "fwd=", "miss", "HIT", "_", "?1", "\t", "\x80", "9", "stale"};
  size_t told = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    for (const Field field : {&CacheHeaders::cache_status, &CacheHeaders::cf_cache_status,
                              &CacheHeaders::x_cache, &CacheHeaders::age})
      told += said(field, text) != kNone;
  }
  EXPECT_GT(told, 100u);
}

}  // namespace
}  // namespace sockwatch
