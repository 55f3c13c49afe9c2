// What a hostile peer can make the parser hold: bounded, counted, and what memory() says.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "player.h"
#include "protocols/http1/http1.h"
#include "script.h"

namespace {
size_t live_bytes = 0;
size_t allocated_bytes = 0;
}  // namespace

void* operator new(size_t size) {
  void* p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  live_bytes += malloc_usable_size(p);
  allocated_bytes += size;
  return p;
}
void operator delete(void* p) noexcept {
  if (p != nullptr) live_bytes -= malloc_usable_size(p);
  std::free(p);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }

namespace sockwatch {
namespace {

const std::string kLetters(1 << 16, 'a');

class NullSink final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override {
    ++transactions;
    if (t.status == Status::unknown()) ++unknown;
  }
  void on_parse_error(ParseError error) override { ++errors[static_cast<size_t>(error)]; }
  uint64_t transactions = 0;
  uint64_t unknown = 0;
  uint64_t errors[kParseErrors] = {};
};

class Http1Memory : public testing::Test {
 protected:
  Http1Memory() : before_(live_bytes), parser_(Http1::make(sink_)) {}

  Verdict client(std::string_view bytes) {
    return parser_->data(Direction::recv, {.ts_ns = 1, .tgid = 1, .flight = 1}, bytes);
  }
  Verdict server(std::string_view bytes) {
    return parser_->data(Direction::send, {.ts_ns = 1, .tgid = 1, .flight = 2}, bytes);
  }

  // What it says it holds is what it holds, but for the object itself and the allocator's overhead.
  void expect_honest() const {
    const size_t held = live_bytes - before_;
    EXPECT_LE(held, parser_->memory() * 5 / 4 + sizeof(Http1) + 2048);
    EXPECT_GE(held + 1024, parser_->memory());
  }

  NullSink sink_;
  size_t before_;
  std::unique_ptr<Parser> parser_;
};

TEST_F(Http1Memory, APipelineWithoutAnswersIsGivenUp) {
  const std::string request = "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n\r\n";
  for (size_t i = 0; i < Http1::kMaxOutstanding; ++i) ASSERT_EQ(client(request), Verdict::mine);
  expect_honest();
  EXPECT_LT(parser_->memory(), 2u << 20);
  EXPECT_EQ(client(request), Verdict::finished);
  EXPECT_EQ(sink_.errors[static_cast<size_t>(ParseError::pipeline_limit)], 1u);
  EXPECT_EQ(sink_.transactions, Http1::kMaxOutstanding);
  EXPECT_EQ(sink_.unknown, Http1::kMaxOutstanding);  // they may be answered yet: nobody looks any longer
}

TEST_F(Http1Memory, TargetsOfAPipelineAreCut) {
  const std::string request = "GET /" + std::string(16000, 'a') + " HTTP/1.1\r\n\r\n";
  for (size_t i = 0; i < Http1::kMaxOutstanding; ++i) ASSERT_EQ(client(request), Verdict::mine);
  expect_honest();
  EXPECT_LT(parser_->memory(), 2 * Http1::kMaxTargetBytes + (3u << 20));
  EXPECT_GT(sink_.errors[static_cast<size_t>(ParseError::target_cut)], Http1::kMaxOutstanding / 2);
}

TEST_F(Http1Memory, LittleIsKeptForTheNextRequest) {
  for (int i = 0; i < 64; ++i) client("GET /" + std::string(16000, 'a') + " HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 64; ++i) server("HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(sink_.transactions, 64u);
  expect_honest();
  EXPECT_LT(parser_->memory(), 2048u);
}

TEST_F(Http1Memory, ALongTargetIsNotKept) {
  for (int i = 0; i < 3; ++i) {
    client("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n");
    server("HTTP/1.1 204 No\r\n\r\n");
    expect_honest();
    EXPECT_LT(parser_->memory(), 2048u);
  }
}

TEST_F(Http1Memory, LinesWithoutEnd) {
  client("GET /");
  for (int i = 0; i < 16; ++i) client(kLetters);
  expect_honest();
  EXPECT_LT(parser_->memory(), 64u << 10);
  client(" HTTP/1.1\r\nCookie: ");
  for (int i = 0; i < 16; ++i) client(kLetters);
  client("\r\n\r\n");
  server("HTTP/1.1 200 ");
  for (int i = 0; i < 16; ++i) server(kLetters);
  server("\r\nContent-Length: ");
  for (int i = 0; i < 16; ++i) server(kLetters);
  expect_honest();
  EXPECT_LT(parser_->memory(), 128u << 10);
}

TEST_F(Http1Memory, ARefusedBodyThatMayBeARequest) {
  client("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  server("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  client("GET /");
  for (int i = 0; i < 64; ++i) client(std::string(1 << 14, 'a'));
  expect_honest();
  EXPECT_LT(parser_->memory(), 64u << 10);
}

TEST_F(Http1Memory, BodiesAreNotKept) {
  client("POST /a HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
  for (int i = 0; i < 10; ++i) client(std::string(100000, 'x'));
  server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1E8480\r\n");
  for (int i = 0; i < 20; ++i) server(std::string(100000, 'x'));
  expect_honest();
  EXPECT_LT(parser_->memory(), 2048u);
}

// The work for a byte does not grow with the bytes before it: what is copied is of the order of what came, in
// one-byte pieces too.
TEST_F(Http1Memory, CopiesLittle) {
  const std::string line = "GET /" + std::string(100000, 'a');
  const size_t start = allocated_bytes;
  for (const char c : line) client({&c, 1});
  EXPECT_LT(allocated_bytes - start, 100000u);
}

TEST_F(Http1Memory, NothingIsAllocatedInTheSteadyState) {
  const std::string request =
      unescape("GET /a/rather/long/path/for/a/request?with=a&query HTTP/1.1|Host: example.org|"
               "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01||");
  const std::string response = unescape(
      "HTTP/1.1 200 OK|Content-Type: text/plain|Cache-Status: \"One\"; fwd=uri-miss, Two; hit|Age: 3|X-Cache: HIT|Content-Length: 2||ok");
  for (uint32_t flight = 1; flight < 2000; flight += 2) {
    if (flight == 101) allocated_bytes = 0;
    parser_->data(Direction::recv, {.ts_ns = flight, .tgid = 1, .flight = flight}, request);
    parser_->data(Direction::send, {.ts_ns = flight, .tgid = 1, .flight = flight + 1}, response);
  }
  EXPECT_EQ(allocated_bytes, 0u);
  EXPECT_EQ(sink_.transactions, 1000u);
}

}  // namespace
}  // namespace sockwatch
