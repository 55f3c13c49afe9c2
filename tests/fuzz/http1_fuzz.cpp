// Feeds every protocol's parser whatever the fuzzer makes up, and checks what must hold whatever it is fed.
//
// Input: steps. The first byte of a step tells what happens: bits 0-1: 0 bytes are seen, 1 they pass unseen,
// 2 the direction ends, 3 time passes; bit 2: the direction; bit 3: in a later run although the direction is
// the same; bits 4-7: how many bytes: 0-11 so many and one, 12-15: the next byte and 64 times these bits'
// last two. Seen bytes stand in the input behind that; unseen ones are only counted, and their last (up to 8)
// stand there.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "protocols/parser.h"

namespace sockwatch {
namespace {

#define REQUIRE(holds) require((holds), #holds)

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

class Checker final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override {
    REQUIRE(!closed);
    ++transactions;
    REQUIRE(!t.method.empty() && t.method.size() <= 64);
    REQUIRE(!t.target.empty() && t.target.size() <= 16384);
    REQUIRE(t.status.code() == 0 || (t.status.code() >= 100 && t.status.code() <= 999));
    REQUIRE(t.status.code() != 0 || t.status == Status::aborted() || t.status == Status::unknown());
    REQUIRE(t.start_ns + t.duration_ns <= now_ns);
    REQUIRE(t.ttfb_ns <= t.duration_ns || t.status == Status::unknown());
    REQUIRE(t.response_bytes <= passed && t.request_bytes <= passed);
    REQUIRE(t.trace_id.empty() || t.trace_id.size() == 16 || t.trace_id.size() == 32);
    REQUIRE(t.trace_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  }
  void on_query(const Query& q) override {
    REQUIRE(!closed);
    ++queries;
    REQUIRE(!q.operation.empty() && q.operation.size() <= 16);
    REQUIRE(q.start_ns + q.duration_ns <= now_ns);
    REQUIRE(q.status == QueryStatus::ok || q.status == QueryStatus::error || (q.hits == 0 && q.misses == 0));
    REQUIRE(q.hits <= passed && q.misses <= passed);
  }
  void on_parse_error(ParseError) override { REQUIRE(!closed); }

  uint64_t transactions = 0;
  uint64_t queries = 0;
  uint64_t now_ns = 1'000'000'000;
  uint64_t passed = 0;
  bool closed = false;
};

struct Input {
  std::string_view rest;
  uint8_t byte() {
    if (rest.empty()) return 0;
    const auto b = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    return b;
  }
  std::string_view bytes(size_t n) {
    const std::string_view taken = rest.substr(0, n);
    rest.remove_prefix(taken.size());
    return taken;
  }
};

void run(std::string_view data) {
  for (const Protocol& protocol : protocols()) {
    Checker checker;
    const std::unique_ptr<Parser> parser = protocol.make(checker);
    Input input{data};
    uint64_t lines = 0;  // that end, and so may be a request's
    uint32_t runs = 0;
    Direction last = Direction::recv;
    Verdict verdict = Verdict::undecided;
    while (!input.rest.empty() && verdict <= Verdict::mine) {
      const uint8_t step = input.byte();
      const Direction direction = step & 4 ? Direction::send : Direction::recv;
      if (runs == 0 || direction != last) ++runs;
      if (step & 8) runs += 2;
      last = direction;
      size_t n = (step >> 4) + 1u;
      if (n > 12) n = input.byte() + 64u * (n & 3) + 1;
      checker.now_ns += 1000;
      const Passage passage{
          .ts_ns = checker.now_ns, .tgid = 1, .run = runs, .exact_run = (data.size() & 1) == 0};
      switch (step & 3) {
        case 0: {
          const std::string_view seen = input.bytes(n);
          // An exact copy, so that reading behind its end is noticed.
          const std::vector<char> copy(seen.begin(), seen.end());
          lines += static_cast<uint64_t>(std::count(copy.begin(), copy.end(), '\n'));
          checker.passed += copy.size();
          if (!copy.empty()) verdict = parser->data(direction, passage, {copy.data(), copy.size()});
          break;
        }
        case 1: {
          const std::string_view tail = input.bytes(std::min<size_t>(n, 8));
          checker.passed += n;
          verdict = parser->unseen(direction, passage, {.length = n, .tail = tail, .late = (step & 16) != 0});
          break;
        }
        case 2:
          parser->eof(direction, checker.now_ns);
          break;
        default:
          checker.now_ns += n * 100'000'000;
          parser->advance(checker.now_ns);
      }
      REQUIRE(checker.transactions <= lines);
      REQUIRE(parser->memory() <= 48 * data.size() + 8192);  // a request of 12 bytes has an exchange, or two
      REQUIRE(verdict != Verdict::not_mine || checker.transactions + checker.queries == 0);
      REQUIRE(checker.queries <= checker.passed);
    }
    if (verdict <= Verdict::mine) parser->close(checker.now_ns);
    REQUIRE(checker.transactions <= lines);
    REQUIRE(!parser->waiting());
    checker.closed = true;
    parser->advance(UINT64_MAX);
    parser->eof(Direction::recv, checker.now_ns);
    parser->eof(Direction::send, checker.now_ns);
    parser->close(checker.now_ns);
    parser->data(Direction::recv, {.ts_ns = checker.now_ns}, "GET / HTTP/1.1\r\n\r\n");
    parser->close(checker.now_ns);
  }
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
