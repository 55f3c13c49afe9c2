// HeadReader and the guesses about what bytes may begin, by themselves.
#include "protocols/http1/head.h"

#include <gtest/gtest.h>

#include "guarded_bytes.h"
#include "script.h"

namespace sockwatch {
namespace {

using Kind = HeadReader::Kind;

HeadReader::Step feed(HeadReader& reader, std::string_view bytes) {
  const GuardedBytes guarded(bytes);
  return reader.feed(guarded.view());
}

Http1Head read(Kind kind, std::string_view text) {
  HeadReader reader(kind);
  const std::string bytes = unescape(text);
  HeadReader::Step step{HeadOutcome::need_more, 0};
  for (size_t taken = 0; taken < bytes.size(); taken += step.consumed) {
    step = feed(reader, std::string_view(bytes).substr(taken));
    if (step.consumed == 0) break;
  }
  EXPECT_EQ(step.outcome, HeadOutcome::complete) << text;
  return reader.head();
}

HeadOutcome outcome(Kind kind, std::string_view text) {
  HeadReader reader(kind);
  return feed(reader, unescape(text)).outcome;
}

TEST(HeadReader, StopsWhereTheHeadEnds) {
  HeadReader reader(Kind::request);
  const std::string head = unescape("|POST /a HTTP/1.1|Content-Length: 3||");
  const HeadReader::Step step = feed(reader, head + "abcGET /b HTTP/1.1\r\n\r\n");
  EXPECT_EQ(step.outcome, HeadOutcome::complete);
  EXPECT_EQ(step.consumed, head.size());
  EXPECT_EQ(reader.head().method, "POST");
  EXPECT_EQ(reader.head().target, "/a");
  EXPECT_TRUE(reader.head().has_length);
  EXPECT_EQ(reader.head().content_length, 3u);
}

// However short the first piece is, and wherever it ends in unreadable memory, the outcome is that of the
// whole.
TEST(HeadReader, TruncatedAtEveryLength) {
  const struct {
    Kind kind;
    const char* text;
  } heads[] = {
      {Kind::request,
       "|GET /a?b HTTP/1.1|Expect: 100-continue|Content-Length: 12|Transfer-Encoding: gzip,| chunked||"},
      {Kind::request, "PROXY TCP4 1.2.3.4 5.6.7.8 9 10|GET / HTTP/1.0\n\n"},
      {Kind::response, "|HTTP/1.1 404 Not Found|Transfer-Encoding: chunked|Content-Length: 9|X:\\0||"},
  };
  for (const auto& [kind, text] : heads) {
    const std::string bytes = unescape(text);
    const Http1Head whole = read(kind, text);
    for (size_t length = 0; length < bytes.size(); ++length) {
      HeadReader reader(kind);
      size_t taken = 0;
      while (taken < length) {
        const HeadReader::Step step = feed(reader, std::string_view(bytes).substr(taken, length - taken));
        ASSERT_EQ(step.outcome, HeadOutcome::need_more) << text << " at " << length;
        ASSERT_GT(step.consumed, 0u) << "no progress";
        taken += step.consumed;
      }
      HeadReader::Step step{HeadOutcome::need_more, 0};
      while (taken < bytes.size()) {
        step = feed(reader, std::string_view(bytes).substr(taken));
        ASSERT_GT(step.consumed, 0u) << "no progress";
        taken += step.consumed;
      }
      ASSERT_EQ(step.outcome, HeadOutcome::complete) << text << " at " << length;
      EXPECT_EQ(reader.head().method, whole.method);
      EXPECT_EQ(reader.head().target, whole.target);
      EXPECT_EQ(reader.head().status, whole.status);
      EXPECT_EQ(reader.head().chunked, whole.chunked);
      EXPECT_EQ(reader.head().content_length, whole.content_length);
      EXPECT_EQ(reader.head().expect_continue, whole.expect_continue);
    }
  }
}

TEST(HeadReader, RequestLines) {
  for (const char* text : {"GET /|", "GET|", "GET |", " GET / HTTP/1.1|", "G@T / HTTP/1.1|",
                           "GET / HTTP/2.0|", "GET / HTTP/|", "GET / HTTPS/1.1|", "GET HTTP/1.1|",
                           "\\{A*65} / HTTP/1.1|", "\\x80|", "HTTP/1.1 200 OK|", "GET / HTTP/1.1 x|"})
    EXPECT_EQ(outcome(Kind::request, text), HeadOutcome::invalid) << text;
  for (const char* text :
       {"GET / HTTP/1.1|", "get \t a b  HTTP/1.9|", "\\{A*64} / HTTP/1.1|", "A HTTP/1.1 HTTP/0.9|"})
    EXPECT_EQ(outcome(Kind::request, text), HeadOutcome::need_more) << text;
}

TEST(HeadReader, WhatHasNoLinesIsToldByItsFirstBytes) {
  for (const char* text : {"\\x16\\x03\\x01", "\\0", "ab\\0", "{\"a\":1}", "\\{A*65}", " "})
    EXPECT_EQ(outcome(Kind::request, text), HeadOutcome::invalid) << text;
  for (const char* text : {"SSH-2.0", "HTTX", "hTTP", "\\0"})
    EXPECT_EQ(outcome(Kind::response, text), HeadOutcome::invalid) << text;
}

TEST(HeadReader, StatusLines) {
  for (const char* text : {"HTTP/1.1|", "HTTP/1.1 |", "HTTP/1.1 20|", "HTTP/1.1 2000|", "HTTP/1.1 099 x|",
                           "HTTP/1.1 -20|", "HTTP/2 200|", "HTTP/ 200|", "HTTP/1.1 2 0|", "HTTP/1.1200 OK|"})
    EXPECT_EQ(outcome(Kind::response, text), HeadOutcome::invalid) << text;
  EXPECT_EQ(read(Kind::response, "HTTP/1.1 200||").status, 200);
  EXPECT_EQ(read(Kind::response, "HTTP/1.0  404  x||").status, 404);
  EXPECT_EQ(read(Kind::response, "HTTP/1.1 100\n\n").status, 100);
  EXPECT_EQ(read(Kind::response, "HTTP/1.1 999 \\0\\xff||").status, 999);
}

TEST(HeadReader, ALineThatIsNoneKeepsItsBreakInAResponse) {
  HeadReader reader(Kind::response);
  EXPECT_EQ(feed(reader, "HTTP/1.1 what\r\nHTTP/1.1 200 OK\r\n\r\n").consumed, 14u);
}

TEST(HeadReader, Lengths) {
  const struct {
    const char* value;
    bool valid;
    uint64_t length;
  } rows[] = {
      {"0", true, 0},    {" 12 \\t", true, 12},
      {"007", true, 7},  {"5, 5", true, 5},
      {"", false, 0},    {"-1", false, 0},
      {"+1", false, 0},  {"0x10", false, 0},
      {"1 2", false, 0}, {"1.5", false, 0},
      {"12a", false, 0}, {"18446744073709551615", true, UINT64_MAX},
      {"\\0", false, 0}, {"18446744073709551616", false, 0},
  };
  for (const auto& row : rows) {
    const Http1Head head =
        read(Kind::request, std::string("POST / HTTP/1.1|Content-Length:") + row.value + "||");
    EXPECT_EQ(head.has_length, row.valid) << row.value;
    EXPECT_EQ(head.bad_length, !row.valid) << row.value;
    EXPECT_EQ(head.has_length ? head.content_length : 0, row.length) << row.value;
  }
  EXPECT_EQ(read(Kind::response, "HTTP/1.1 200 OK|Content-Length: 3|Content-Length: 4||").content_length, 3u);
  EXPECT_TRUE(read(Kind::response, "HTTP/1.1 200 OK|Content-Length: x|Content-Length: 4||").bad_length);
  // Folded, and a field whose name only begins like it.
  EXPECT_EQ(read(Kind::response, "HTTP/1.1 200 OK|Content-Length-X: 3|Content-Length:| 4||").content_length,
            4u);
}

TEST(HeadReader, Codings) {
  const struct {
    const char* fields;
    bool chunked;
    bool other;
  } rows[] = {
      {"Transfer-Encoding: chunked|", true, false},
      {"TRANSFER-ENCODING:CHUNKED|", true, false},
      {"Transfer-Encoding: gzip, chunked|", true, false},
      {"Transfer-Encoding: gzip|Transfer-Encoding: chunked|", true, false},
      {"Transfer-Encoding: chunked, gzip|", false, true},
      {"Transfer-Encoding: chunkedx|", false, true},
      {"Transfer-Encoding: identity|", false, false},
      {"Transfer-Encoding:|", false, false},
      {"Transfer-Encoding: \\{gzip,*100}chunked|", false, true},  // longer than is kept: not told
  };
  for (const auto& row : rows) {
    const Http1Head head = read(Kind::response, std::string("HTTP/1.1 200 OK|") + row.fields + "|");
    EXPECT_EQ(head.chunked, row.chunked) << row.fields;
    EXPECT_EQ(head.other_coding, row.other) << row.fields;
  }
}

// A line longer than is kept: the same however it comes, and told from text that is no request by its end.
TEST(HeadReader, LongLines) {
  const std::string target(HeadReader::kMaxLine + 5000, 'a');
  const std::string line = "GET /" + target + " HTTP/1.1\r\n";
  for (const size_t piece : {size_t{1}, size_t{1000}, HeadReader::kMaxLine, line.size()}) {
    HeadReader reader(Kind::request);
    for (size_t at = 0; at < line.size(); at += piece)
      ASSERT_EQ(reader.feed(std::string_view(line).substr(at, piece)).outcome, HeadOutcome::need_more);
    ASSERT_TRUE(reader.has_start_line());
    EXPECT_TRUE(reader.head().target_cut);
    EXPECT_EQ(reader.head().target.size(), HeadReader::kLineStart - 4);
    EXPECT_LT(reader.memory(), 4 * HeadReader::kMaxLine);
    reader.reset();
    EXPECT_LT(reader.memory(), 2048u);
  }
  EXPECT_EQ(outcome(Kind::request, "GET /" + target + "\\n"), HeadOutcome::invalid);
  for (const size_t around :
       {HeadReader::kMaxLine - 2, HeadReader::kMaxLine - 1, HeadReader::kMaxLine, HeadReader::kMaxLine + 1}) {
    HeadReader reader(Kind::request);
    std::string exact = "GET /" + std::string(around - 14, 'a') + " HTTP/1.1\r\n";
    ASSERT_EQ(exact.size(), around + 2);
    EXPECT_EQ(reader.feed(exact).outcome, HeadOutcome::need_more);
    EXPECT_EQ(reader.head().target_cut, around + 1 > HeadReader::kMaxLine) << around;
  }
}

// A megabyte of one field, or of as many fields as fit: every byte is taken once, and none is kept.
TEST(HeadReader, EndlessHeads) {
  for (const std::string& unit : {std::string(1 << 20, 'c'), std::string("Cookie: x\r\n"),
                                  std::string("\t\r\n"), std::string("Content-Length:\r\n")}) {
    HeadReader reader(Kind::request);
    ASSERT_EQ(reader.feed("GET / HTTP/1.1\r\n").outcome, HeadOutcome::need_more);
    for (size_t fed = 0; fed < (1 << 20); fed += unit.size()) {
      const HeadReader::Step step = reader.feed(unit);
      ASSERT_EQ(step.outcome, HeadOutcome::need_more);
      ASSERT_EQ(step.consumed, unit.size());
    }
    EXPECT_LT(reader.memory(), 2 * HeadReader::kMaxLine);
  }
}

TEST(LooksLike, Requests) {
  for (const char* text : {"GET / HTTP/1.1|", "||PROPFIND /a HTTP/1.0\n", "GET /a b HTTP/1.1|x"})
    EXPECT_EQ(looks_like_request(unescape(text)), Likeness::yes) << text;
  for (const char* text : {"", "|", "G", "GE", "GET", "GET ", "GET /", "BASELINE-", "GET / HTTP/1.1"})
    EXPECT_EQ(looks_like_request(unescape(text)), Likeness::maybe) << text;
  for (const char* text :
       {"GETT", "get / HTTP/1.1|", "GET /|", "GET / HTTP/2|", "xGET / HTTP/1.1|", "HTTP/1.1 200 OK|", " "})
    EXPECT_EQ(looks_like_request(unescape(text)), Likeness::no) << text;
}

TEST(LooksLike, Responses) {
  for (const char* text : {"HTTP/1.", "HTTP/1.1 200 OK|", "|HTTP/1.0"})
    EXPECT_EQ(looks_like_response(unescape(text)), Likeness::yes) << text;
  for (const char* text : {"", "|", "H", "HTTP/1"})
    EXPECT_EQ(looks_like_response(unescape(text)), Likeness::maybe) << text;
  for (const char* text : {"HTTP/2", "x", "HEAD"})
    EXPECT_EQ(looks_like_response(unescape(text)), Likeness::no) << text;
}

}  // namespace
}  // namespace sockwatch
