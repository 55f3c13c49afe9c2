// Which segments of a path are values.
#include "routes/segment_class.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sockwatch {
namespace {

void expect_all(std::string_view placeholder, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) EXPECT_EQ(placeholder_for(segment), placeholder) << segment;
}

TEST(SegmentClass, Numbers) {
  expect_all("{id}", {"0", "1", "42", "00017", "-5", "+49", "18446744073709551616", std::string(200, '7')});
  expect_all("{id}", {"192.168.1.1", "10.0.0.1:8080", "fe80::1", "::1", "::ffff:10.0.0.1",
                      "00:1a:2b:3c:4d:5e", "-33.8688,151.2093", "51.5,-0.12", "555-1234", "+44-7700-900123",
                      "1-2", "1,2,3", "10:30", "1_2_3", "42.json", "1.png", "007.mp4"});
}

TEST(SegmentClass, Uuids) {
  expect_all("{uuid}", {"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000",
                        "{123e4567-e89b-12d3-a456-426614174000}", "00000000-0000-0000-0000-000000000000"});
}

TEST(SegmentClass, Dates) {
  expect_all("{date}", {"2026-11-23", "2026-11-23T10:00:00Z", "2026-11-23_backup", "1999-01-01 00", "2026-11",
                        "2026_11_23", "2026.11.23", "23-11-2026", "23.11.2026", "11-2026"});
}

TEST(SegmentClass, MailAddresses) {
  expect_all("{email}", {"jo@example.org", "jo.smith+tag@mail.example.co.uk", "jo%40example.org"});
}

TEST(SegmentClass, Hashes) {
  expect_all("{hash}",
             {"deadbeef1", "a1b2c3d4e5", "d41d8cd98f00b204e9800998ecf8427e",
              "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "abcdefabcdefabcd"});
}

TEST(SegmentClass, Tokens) {
  expect_all("{token}",
             {
                 "SGVsbG8gd29ybGQ=",                                                 // base64
                 "dGhlIHF1aWNrIGJyb3duIGZveA",                                       // base64url
                 "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",  // a JWT
                 "xoxb-123456789012-abcdefGHIJKL", "AKIAIOSFODNN7EXAMPLE", "5f3g9k2m", "sess_8Kd72jQpLm",
                 "order-20261123-77812", "key=value", std::string(41, 'y'), std::string(10000, 'x'),
                 "user%2F17",  // hides a slash
                 "a%zz",       // broken
                 "%ff%fe",     // no text
                 "caf%0ae",    // a control character
             });
}

TEST(SegmentClass, NamesStay) {
  expect_all("", {"users",
                  "api",
                  "v1",
                  "v2.1",
                  "2.1",
                  "1.2.3",
                  "en-US",
                  "cafe",
                  "iso-8859-1",
                  "index.html",
                  "favicon.ico",
                  "app.js",
                  "jquery-3.7",
                  "well-known",
                  "oauth2",
                  "s3",
                  "utf8",
                  "base64",
                  "sha256",
                  "log4j",
                  "web2py",
                  "user_profiles",
                  "OrderService",
                  "getUserById",
                  "how-to-win-friends",
                  "k8s",
                  "x86_64",
                  "caf%C3%A9",
                  "hello%20world",
                  "facade",
                  "decade",
                  "feed",
                  "beef",
                  "internationalization",
                  "oauth2callbackhandler",
                  "RELEASE_NOTES_2",
                  "CHANGELOG",
                  "robots.txt",
                  "a",
                  "~jo",
                  "...",
                  "login.php",
                  "-",
                  "+"});
}

TEST(SegmentClass, CleanText) {
  for (const char* text : {"", "abc", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"})
    EXPECT_TRUE(is_clean_text(text)) << text;
  for (const char* text :
       {"\x01", "a\nb", "\x7f", "\x80", "\xc0\xaf", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xff"})
    EXPECT_FALSE(is_clean_text(text)) << text;
  EXPECT_FALSE(is_clean_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace sockwatch
