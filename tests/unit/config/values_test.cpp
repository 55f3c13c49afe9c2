#include "config/values.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

using std::chrono::seconds;

TEST(ConfigValues, Numbers) {
  EXPECT_EQ(parse_number("1", 1, 10).value(), 1u);
  EXPECT_EQ(parse_number("10", 1, 10).value(), 10u);
  EXPECT_EQ(parse_number("18446744073709551615", 0, UINT64_MAX).value(), UINT64_MAX);
  for (const char* bad :
       {"", "0", "11", "-1", "+1", "1.0", "1 ", " 1", "0x1", "one", "18446744073709551616"}) {
    EXPECT_FALSE(parse_number(bad, 1, 10)) << bad;
  }
}

TEST(ConfigValues, Durations) {
  EXPECT_EQ(parse_duration("1s").value(), seconds(1));
  EXPECT_EQ(parse_duration("90s").value(), seconds(90));
  EXPECT_EQ(parse_duration("5m").value(), seconds(300));
  EXPECT_EQ(parse_duration("1h30m").value(), seconds(5400));
  EXPECT_EQ(parse_duration("1d2h3m4s").value(), seconds(93784));
  for (const char* bad : {"", "0s", "5", "5x", "m", "-5m", "5ms", "30m1h", "5m5m", "1.5h", "5 m", "4000d",
                          "18446744073709551615d", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(ConfigValues, Sizes) {
  EXPECT_EQ(parse_size("4096", 1, 1u << 30).value(), 4096u);
  EXPECT_EQ(parse_size("64KiB", 1, 1u << 30).value(), 65536u);
  EXPECT_EQ(parse_size("4MiB", 1, 1u << 30).value(), 4u << 20);
  EXPECT_EQ(parse_size("1GiB", 1, 1u << 30).value(), 1u << 30);
  for (const char* bad : {"", "0", "2GiB", "4MB", "4mib", "4 MiB", "MiB", "-1", "18446744073709551615GiB"}) {
    EXPECT_FALSE(parse_size(bad, 1, 1u << 30)) << bad;
  }
  EXPECT_EQ(parse_listing("descriptors").value(), ListingMode::descriptors);
  EXPECT_EQ(parse_listing("auto").value(), ListingMode::automatic);
  EXPECT_FALSE(parse_listing("tcp"));
  EXPECT_EQ(parse_attach("fexit").value(), AttachMode::fexit);
  EXPECT_FALSE(parse_attach("kprobe"));
  EXPECT_EQ(parse_ring_bytes("4KiB").value(), 4096u);
  EXPECT_FALSE(parse_ring_bytes("4095"));
  EXPECT_FALSE(parse_ring_bytes("1073741825"));
}

TEST(ConfigValues, ListenAddresses) {
  for (const char* good : {":9765", ":0", "127.0.0.1:9765", "[::1]:0", "[::]:65535", "localhost:80"}) {
    EXPECT_TRUE(check_listen_address(good)) << good;
  }
  for (const char* bad : {"", "9765", ":", ":65536", ":http", "::1:80", "[::1]", "[]:80", "[::1:80",
                          "host:", "a b:1", "http://host:80"}) {
    EXPECT_FALSE(check_listen_address(bad)) << bad;
  }
}

TEST(ConfigValues, TelemetryPaths) {
  for (const char* good : {"/metrics", "/a/b"}) EXPECT_TRUE(check_telemetry_path(good)) << good;
  for (const char* bad : {"", "/", "metrics", "/-/healthy", "/a?b", "/a b", "/a#b", "/a%20"}) {
    EXPECT_FALSE(check_telemetry_path(bad)) << bad;
  }
}

TEST(ConfigValues, RoutePatterns) {
  for (const char* good :
       {"/", "/users", "/users/{user}", "/users/{user}/orders/{id}", "/static/*", "/*", "/a/"}) {
    EXPECT_TRUE(check_route_pattern(good)) << good;
  }
  for (const char* bad :
       {"", "users", "/a/{}", "/a/{x", "/a/x}", "/a/{x}y", "/*/a", "/a*", "/a?b", "/a b", "/{a{b}}"}) {
    EXPECT_FALSE(check_route_pattern(bad)) << bad;
  }
}

TEST(ConfigValues, AnErrorSaysWhatWasExpectedAndWhatStoodThere) {
  EXPECT_EQ(check_log_format("xml").error().message, "expected logfmt or json, got \"xml\"");
  EXPECT_EQ(parse_number("x", 1, 9).error().message, "expected a whole number from 1 to 9, got \"x\"");
}

}  // namespace
}  // namespace sockwatch
