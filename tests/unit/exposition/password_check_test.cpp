#include "exposition/password_check.h"

#include <crypt.h>
#include <gtest/gtest.h>

#include <string>

namespace sockwatch {
namespace {

std::string hash(const std::string& password) {
  crypt_data data{};
  const char* out = ::crypt_r(password.c_str(), "$2y$04$abcdefghijklmnopqrstuu", &data);
  return out == nullptr ? "" : out;
}

TEST(BasicCredentials, AreBase64OfAUserAndAPassword) {
  const auto plain = parse_basic_credentials("Basic YWxpY2U6c2VjcmV0");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->user, "alice");
  EXPECT_EQ(plain->password, "secret");
  const auto colons = parse_basic_credentials("bASIC  YTpiOmM=");
  ASSERT_TRUE(colons);
  EXPECT_EQ(colons->user, "a");
  EXPECT_EQ(colons->password, "b:c");
  const auto empty = parse_basic_credentials("Basic Og==");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->user + empty->password, "");
}

TEST(BasicCredentials, WhatIsMalformedIsNone) {
  for (const char* text :
       {"", "Basic", "Basic ", "Basic YTpi=", "Basic YTp", "Basic =YTp", "Basic Y=Tp",
        "Basic ====", "Basic Y===", "Basic YWI=" /* no colon */, "Basic YTpi YTpi", "Bearer YTpi",
        "BasicYTpi", "Basic YTpi\n", "Basic YTpiAA==" /* a NUL */, "Basic YT\xc3\xa4=", "Basic YTp_"}) {
    EXPECT_FALSE(parse_basic_credentials(text)) << text;
  }
}

TEST(PasswordMatches, TheRightOneOfThatUserOnly) {
  const PasswordHashes users{{"alice", hash("secret")}, {"bob", hash("other")}};
  EXPECT_TRUE(password_matches(users, {"alice", "secret"}));
  EXPECT_TRUE(password_matches(users, {"bob", "other"}));
  EXPECT_FALSE(password_matches(users, {"alice", "other"}));
  EXPECT_FALSE(password_matches(users, {"alice", ""}));
  EXPECT_FALSE(password_matches(users, {"carol", "secret"}));
  EXPECT_FALSE(password_matches(users, {"", ""}));
}

TEST(KnownCredentials, AreForgottenWithTheHash) {
  KnownCredentials known;
  PasswordHashes users{{"alice", hash("secret")}};
  EXPECT_FALSE(known.contains(known.digest(users, {"alice", "secret"})));
  known.remember(known.digest(users, {"alice", "secret"}));
  EXPECT_TRUE(known.contains(known.digest(users, {"alice", "secret"})));
  EXPECT_FALSE(known.contains(known.digest(users, {"alice", "secre"})));
  users["alice"] = hash("changed");
  EXPECT_FALSE(known.contains(known.digest(users, {"alice", "secret"})));
  users.clear();
  EXPECT_FALSE(known.contains(known.digest(users, {"alice", "secret"})));
}

TEST(KnownCredentials, AreBounded) {
  KnownCredentials known;
  const PasswordHashes users;
  const auto first = known.digest(users, {"0", ""});
  known.remember(first);
  for (int i = 1; i <= 1024; ++i) known.remember(known.digest(users, {std::to_string(i), ""}));
  EXPECT_FALSE(known.contains(first));
}

}  // namespace
}  // namespace sockwatch
