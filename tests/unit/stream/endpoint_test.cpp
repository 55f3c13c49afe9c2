#include <gtest/gtest.h>

#include "stream/socket_event.h"

namespace sockwatch {
namespace {

TEST(Endpoint, ThereAndBack) {
  for (const char* text :
       {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:443", "[2001:db8::1]:9765"}) {
    const Endpoint endpoint = parse_endpoint(text);
    EXPECT_NE(endpoint.family, SocketFamily::unknown) << text;
    EXPECT_EQ(to_string(endpoint), text);
  }
}

TEST(Endpoint, WhatIsNone) {
  for (const char* text :
       {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
        "::1:80", "[127.0.0.1]:80", "[::1]", "[]:80", "localhost:80", "1.2.3:80"})
    EXPECT_EQ(parse_endpoint(text).family, SocketFamily::unknown) << text;
  EXPECT_EQ(to_string(Endpoint{}), "");
}

TEST(Hidden, EveryReasonHasItsName) {
  for (size_t i = 0; i < kHiddenReasons; ++i) EXPECT_FALSE(to_string(static_cast<Hidden>(i)).empty());
}

}  // namespace
}  // namespace sockwatch
