// From targets to templates.
#include "routes/route_table.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sockwatch {
namespace {

std::string routed(RouteTable& table, std::string_view target, std::string_view method = "GET") {
  return std::string(table.text(table.route(method, target)));
}

std::string routed(std::string_view target, std::string_view method = "GET") {
  RouteTable table{RoutesConfig{}};
  return routed(table, target, method);
}

void expect_all(const std::vector<std::pair<std::string, std::string>>& cases) {
  for (const auto& [target, expected] : cases) EXPECT_EQ(routed(target), expected) << target;
}

TEST(RouteTable, ValuesBecomePlaceholders) {
  expect_all({{"/users/8731", "/users/{id}"},
              {"/users/8731/orders/17", "/users/{id}/orders/{id}"},
              {"/files/123e4567-e89b-12d3-a456-426614174000/raw", "/files/{uuid}/raw"},
              {"/commit/d41d8cd98f00b204e9800998ecf8427e", "/commit/{hash}"},
              {"/day/2026-11-23", "/day/{date}"},
              {"/people/jo@example.org", "/people/{email}"},
              {"/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", "/reset/{token}"},
              {"/v1/status", "/v1/status"}});
}

TEST(RouteTable, OnlyThePathCounts) {
  expect_all({{"/", "/"},
              {"/?a=secret", "/"},
              {"/a?b=/c/d", "/a"},
              {"/a#b", "/a"},
              {"/a#b?c", "/a"},
              {"/login;jsessionid=ABCDEF/next", "/login/next"},
              {"/;a=b", "/{token}"},
              {"//a///b", "/a/b"},
              {"/a/", "/a/"},
              {"/a/../b", "/b"},
              {"/a/./b", "/a/b"},
              {"/a/b/..", "/a/"},
              {"/a/b/.", "/a/b/"},
              {"/..", "/"},
              {"/../../a", "/a"},
              {"/a/%2e%2E/b", "/b"},
              {"/a/.%2e/b", "/b"},
              {"/a/.../b", "/a/.../b"},
              {"/a/..;x/b", "/a/{token}/b"},
              {"/users/1/", "/users/{id}/"},
              {"http://example.org/a/1?x", "/a/{id}"},
              {"https://example.org", "/"},
              {"http://user:password@example.org/a", "/a"},
              {"http://example.org?x", "/"},
              {"*", "*"}});
  EXPECT_EQ(routed("example.org:443", "CONNECT"), "_authority");
  EXPECT_EQ(routed("/looks/like/a/path", "CONNECT"), "_authority");
}

TEST(RouteTable, ShortSecretsInKnownPlaces) {
  expect_all({{"/otp/tulip", "/otp/{token}"},
              {"/invite/tulip/accept", "/invite/{token}/accept"},
              {"/invite/accept", "/invite/accept"},
              {"/otp/1234", "/otp/{id}"},
              {"//jo:secret@localhost/a", "/{email}/a"},
              {"//secret@localhost/a", "/{email}/a"},
              {"/proxy/http://jo:secret@10.0.0.1/a", "/proxy/http:/{email}/a"}});
}

TEST(RouteTable, WhatIsNoPath) {
  for (const char* target :
       {"", "a", "example.org:80", "://a/b", "ht tp://a/b", "?a", "/a\x01", "/\xff", "/a\r\nb"})
    EXPECT_EQ(routed(target), "_other") << target;
  EXPECT_EQ(routed(std::string_view("/a\0b", 4)), "_other");
}

TEST(RouteTable, AMethodDoesNotChangeThePath) {
  RouteTable table{RoutesConfig{}};
  const RouteId get = table.route("GET", "/a");
  EXPECT_EQ(table.route("POST", "/a"), get);
  EXPECT_NE(table.route("CONNECT", "/a"), get);
  EXPECT_EQ(table.route("GET", "/a"), get);
}

TEST(RouteTable, NobodyMakesPlaceholdersOfOurs) {
  expect_all(
      {{"/{id}", "/{token}"}, {"/{users}/a", "/{token}/a"}, {"/shop-{id}", "/{token}"}, {"/a/*", "/a/*"}, {"/_overflow", "/_overflow"}});
}

TEST(RouteTable, ConfiguredPatternsComeFirst) {
  RoutesConfig config;
  config.patterns = {"/users/me", "/users/{user}/orders/{order}", "/static/*", "/v{x}", "/by-date/{day}"};
  RouteTable table(config);
  const std::pair<const char*, const char*> cases[] = {
      {"/users/me", "/users/me"},
      {"/users/jo/orders/17", "/users/{user}/orders/{order}"},
      {"/users/17/orders/last?x=1", "/users/{user}/orders/{order}"},
      {"/users/17/orders", "/users/{id}/orders"},
      {"/users/17/orders/1/2", "/users/{id}/orders/{id}/{id}"},
      {"/static", "/static/*"},
      {"/static/css/app.123abc456.css", "/static/*"},
      {"/staticx/css", "/staticx/css"},
      {"/by-date/2026-11-23", "/by-date/{day}"},
      {"http://a/users/jo/orders/1", "/users/{user}/orders/{order}"},
  };
  for (const auto& [target, expected] : cases) EXPECT_EQ(routed(table, target), expected) << target;
}

TEST(RouteTable, TheFirstPatternThatMatchesCounts) {
  RoutesConfig config;
  config.patterns = {"/a/{first}", "/a/{second}", "/*"};
  RouteTable table(config);
  EXPECT_EQ(routed(table, "/a/b"), "/a/{first}");
  EXPECT_EQ(routed(table, "/c"), "/*");
  EXPECT_EQ(routed(table, "/"), "/*");
}

TEST(RouteTable, TheSameTextIsTheSameRoute) {
  RouteTable table{RoutesConfig{}};
  const RouteId first = table.route("GET", "/users/1");
  for (int i = 2; i < 5000; ++i) ASSERT_EQ(table.route("GET", "/users/" + std::to_string(i)), first);
  EXPECT_EQ(table.text(first), "/users/{id}");
}

}  // namespace
}  // namespace sockwatch
