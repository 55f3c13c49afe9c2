#include "exposition/request_head.h"

#include <gtest/gtest.h>

#include <random>

namespace sockwatch {
namespace {

RequestHead parsed(std::string_view text) {
  auto result = parse_head(text);
  EXPECT_TRUE(std::holds_alternative<RequestHead>(result)) << text;
  return std::holds_alternative<RequestHead>(result) ? std::get<RequestHead>(result) : RequestHead{};
}

void expect_fault(std::string_view text, HeadFault fault) {
  const auto result = parse_head(text);
  ASSERT_TRUE(std::holds_alternative<HeadFault>(result)) << text;
  EXPECT_EQ(std::get<HeadFault>(result), fault) << text;
}

TEST(FindHeadEnd, FindsTheEmptyLineHoweverTheBytesArrive) {
  for (const std::string head :
       {"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n", "GET / HTTP/1.1\r\n\n"}) {
    const std::string bytes = head + "GET /next HTTP/1.1\r\n\r\n";
    EXPECT_EQ(find_head_end(bytes), head.size());
    for (size_t cut = 0; cut < head.size(); ++cut) {
      ASSERT_EQ(find_head_end(bytes.substr(0, cut)), std::string::npos) << "cut at " << cut;
      ASSERT_EQ(find_head_end(bytes, cut), head.size()) << "searched " << cut << " before";
    }
  }
}

TEST(ParseHead, ReadsMethodAndPath) {
  const RequestHead head = parsed("GET /metrics?debug=1#x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.path, "/metrics");
  EXPECT_FALSE(head.close);
  EXPECT_FALSE(head.has_body);
  EXPECT_FALSE(head.accepts_gzip);
}

TEST(ParseHead, ReadsAbsoluteForm) {
  EXPECT_EQ(parsed("GET http://host:9765/metrics?x HTTP/1.1\r\n\r\n").path, "/metrics");
  EXPECT_EQ(parsed("GET HTTP://host HTTP/1.1\r\n\r\n").path, "/");
  EXPECT_EQ(parsed("GET http://host?x HTTP/1.1\r\n\r\n").path, "/");
}

TEST(ParseHead, KnowsWhenTheConnectionEnds) {
  EXPECT_TRUE(parsed("GET / HTTP/1.0\r\n\r\n").close);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nconnection: CLOSE\r\n\r\n").close);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nConnection: foo , close\r\n\r\n").close);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nConnection: keep-alive, closed\r\n\r\n").close);
}

TEST(ParseHead, KnowsABody) {
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n").has_body);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n").has_body);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n").has_body);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n").has_body);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").has_body);
}

TEST(ParseHead, ReadsAcceptEncodingFromSeveralFields) {
  EXPECT_TRUE(
      parsed("GET / HTTP/1.1\r\nAccept-Encoding: br\r\nACCEPT-ENCODING:\tgzip \r\n\r\n").accepts_gzip);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nAccept-Encoding: gzip;q=0\r\n\r\n").accepts_gzip);
}

TEST(ParseHead, RefusesWhatIsNotHttp) {
  for (const std::string_view text : {"\r\n\r\n",
                                      "GET\r\n\r\n",
                                      "GET /\r\n\r\n",
                                      "GET / HTTP/1.1 \r\n\r\n",
                                      " GET / HTTP/1.1\r\n\r\n",
                                      "GET  HTTP/1.1\r\n\r\n",
                                      "GET / http/1.1\r\n\r\n",
                                      "GET / HTTP/1\r\n\r\n",
                                      "GET / HTTP/11.1\r\n\r\n",
                                      "G{T / HTTP/1.1\r\n\r\n",
                                      "GET /a b HTTP/1.1\r\n\r\n",
                                      "GET /\x01 HTTP/1.1\r\n\r\n",
                                      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                                      "GET / HTTP/1.1\r\n: empty\r\n\r\n",
                                      "GET / HTTP/1.1\r\nspace : x\r\n\r\n",
                                      "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
                                      "GET / HTTP/1.1\r\nA: b\x02\r\n\r\n",
                                      "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n",
                                      "\x16\x03\x01\x02\n\n"}) {
    expect_fault(text, HeadFault::malformed);
  }
}

TEST(ParseHead, RefusesOtherVersions) {
  expect_fault("PRI * HTTP/2.0\r\n\r\n", HeadFault::unsupported_version);
  expect_fault("GET / HTTP/1.2\r\n\r\n", HeadFault::unsupported_version);
}

TEST(ParseHead, BoundsTheFields) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (size_t i = 0; i < kMaxHeadFields; ++i) text += "A: b\r\n";
  parsed(text + "\r\n");
  expect_fault(text + "A: b\r\n\r\n", HeadFault::too_many_fields);
}

TEST(ParseHead, SurvivesEveryMutation) {
  const std::string valid =
      "GET http://h/metrics?q HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0.5, *\r\nContent-Length: 0\r\n"
      "Connection: close\r\n\r\n";
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = valid;
    for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    (void)parse_head(text);  // a sanitizer, or a crash, is what would tell
  }
}

}  // namespace
}  // namespace sockwatch
