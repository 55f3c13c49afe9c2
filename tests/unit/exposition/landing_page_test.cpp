#include "exposition/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

namespace sockwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string sha256_base64(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[64];
  const int size = EVP_EncodeBlock(encoded, digest, sizeof digest);
  return {reinterpret_cast<const char*>(encoded), static_cast<size_t>(size)};
}

TEST(LandingPage, PolicyAllowsItsOwnStyleAndNothingElse) {
  EXPECT_EQ(landing_page_policy(), "default-src 'none'; style-src 'sha256-" +
                                       sha256_base64(landing_page_style()) +
                                       "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  EXPECT_THAT(landing_page("/metrics"),
              HasSubstr("<style>" + std::string(landing_page_style()) + "</style>"));
}

TEST(LandingPage, LinksEverythingAndLoadsNothing) {
  const std::string page = landing_page("/telemetry");
  EXPECT_THAT(page, HasSubstr("href=\"/telemetry\""));
  EXPECT_THAT(page, HasSubstr("href=\"/-/healthy\""));
  EXPECT_THAT(page, HasSubstr("href=\"/-/ready\""));
  EXPECT_THAT(page, HasSubstr(SOCKWATCH_VERSION));
  EXPECT_THAT(page, HasSubstr("lang=\"en\""));
  for (const char* loads : {"src=", "http://", "https://", "<script", "<link", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(loads)));
  }
}

TEST(LandingPage, EscapesThePath) {
  const std::string page = landing_page("/a\"><script>&");
  EXPECT_THAT(page, HasSubstr("href=\"/a&quot;&gt;&lt;script&gt;&amp;\""));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace sockwatch
