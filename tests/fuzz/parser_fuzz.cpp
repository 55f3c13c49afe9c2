// Plays whatever the fuzzer makes up to one protocol's parser, or to all of them behind a ProtocolDetector, and checks what must
// hold whatever is played. One program a protocol: SOCKWATCH_FUZZED_PROTOCOL is its name in the table, "" all.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "protocols/protocol_detector.h"
#include "protocols/http1/http1.h"
#include "protocols/parser.h"
#include "require.h"
#include "steps.h"

namespace sockwatch {
namespace {

constexpr std::string_view kFuzzed = SOCKWATCH_FUZZED_PROTOCOL;
constexpr uint64_t kLongestWait = 36'000;  ///< tenths of a second
constexpr size_t kLongestSplit = 4096;     ///< bytes of an input that is also played byte by byte

class Checker final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override {
    REQUIRE(!closed);
    ++transactions;
    REQUIRE(!t.method.empty() && t.method.size() <= 64);
    REQUIRE(!t.target.empty() && t.target.size() <= 16384);
    const std::string& asked = seen[static_cast<size_t>(t.role == Role::server ? Direction::recv : Direction::send)];
    const bool unread = t.method == Http1::kUnreadMethod && t.target == Http1::kUnreadTarget;
    REQUIRE(unread || asked.find(t.method) != std::string::npos);
    REQUIRE(unread || asked.find(t.target) != std::string::npos);
    REQUIRE(!unread || t.status.code() != 0);
    REQUIRE(t.status.code() == 0 || (t.status.code() >= 100 && t.status.code() <= 999));
    REQUIRE(t.status.code() != 0 || t.status == Status::aborted() || t.status == Status::unknown());
    REQUIRE(t.start_ns + t.duration_ns <= now_ns);
    REQUIRE(t.ttfb_ns <= t.duration_ns || t.status == Status::unknown());
    REQUIRE(t.response_bytes <= passed && t.request_bytes <= passed);
    REQUIRE(t.trace_id.empty() || t.trace_id.size() == 16 || t.trace_id.size() == 32);
    REQUIRE(t.trace_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    said.push_back("HTTP " + std::string(to_string(t.role)) + " " + std::string(t.method) + " " + std::string(t.target) + " " +
                   t.status.text() + " " + std::to_string(t.request_bytes) + " " + std::to_string(t.response_bytes));
  }
  void on_query(const Query& q) override {
    REQUIRE(!closed);
    ++queries;
    REQUIRE(!q.operation.empty() && q.operation.size() <= 20);
    REQUIRE(q.start_ns + q.duration_ns <= now_ns);
    REQUIRE(q.status == QueryStatus::ok || q.status == QueryStatus::error || (q.hits == 0 && q.misses == 0));
    REQUIRE(q.hits <= passed && q.misses <= passed);
    said.push_back(std::string(to_string(q.role)) + " " + std::string(q.operation) + " " + std::string(to_string(q.status)) + " " +
                   std::to_string(q.hits) + "+" + std::to_string(q.misses));
  }
  void on_parse_error(ParseError) override {
    REQUIRE(!closed);
    understood = false;
  }

  std::string seen[2];  ///< by direction
  std::vector<std::string> said;
  uint64_t transactions = 0;
  uint64_t queries = 0;
  uint64_t now_ns = 1'000'000'000;
  uint64_t passed = 0;
  bool closed = false;
  bool understood = true;  ///< all of it
};

struct Played {
  std::vector<std::string> said;
  bool understood = true;
};

/// Hands the bytes over in pieces of at most `piece`.
template <typename Listener>
void play(const std::vector<FuzzStep>& steps, bool exact_flight, size_t input_size, size_t piece, Listener& parser,
                              Checker& checker) {
  uint32_t flight = 0;
  Direction last = Direction::recv;
  Verdict verdict = Verdict::undecided;
  for (const FuzzStep& step : steps) {
    if (verdict > Verdict::mine) break;
    if (flight == 0 || step.direction != last) ++flight;
    if (step.later_flight) flight += 2;
    last = step.direction;
    checker.now_ns += 1000;
    const Arrival arrival{.ts_ns = checker.now_ns, .tgid = 1, .flight = flight, .exact_flight = exact_flight};
    switch (step.kind) {
      case FuzzStep::Kind::seen:
        for (std::string_view rest = step.bytes; !rest.empty() && verdict <= Verdict::mine;) {
          // An exact copy, so that reading behind its end is noticed.
          const std::vector<char> copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min(piece, rest.size())));
          rest.remove_prefix(copy.size());
          checker.seen[static_cast<size_t>(step.direction)].append(copy.data(), copy.size());
          checker.passed += copy.size();
          verdict = parser.data(step.direction, arrival, {copy.data(), copy.size()});
        }
        break;
      case FuzzStep::Kind::unseen: {
        const std::vector<char> tail(step.bytes.begin(), step.bytes.end());
        checker.passed += step.amount;
        checker.seen[static_cast<size_t>(step.direction)].append(tail.data(), tail.size());
        verdict = parser.on_gap(step.direction, arrival,
                                {.length = step.amount, .tail = {tail.data(), tail.size()}, .detected_late = (step.amount & 1) != 0});
        break;
      }
      case FuzzStep::Kind::end: parser.eof(step.direction, checker.now_ns); break;
      case FuzzStep::Kind::wait:
        checker.now_ns += std::min(step.amount, kLongestWait) * 100'000'000;
        parser.advance(checker.now_ns);
    }
    REQUIRE(parser.memory() <= 48 * input_size + 16384);  // a request of 12 bytes has an exchange, or two
    REQUIRE(verdict != Verdict::not_mine || checker.transactions + checker.queries == 0);
    REQUIRE(parser.consistent());
    const SessionState state = parser.session();
    REQUIRE(state <= SessionState::unreadable);
  }
  if (verdict <= Verdict::mine) parser.close(checker.now_ns);
  const auto lines = std::count(checker.seen[0].begin(), checker.seen[0].end(), '\n') +
                     std::count(checker.seen[1].begin(), checker.seen[1].end(), '\n');
  // A request that no line ends: what follows it was not seen, or it could not be read and was refused, one a step at most.
  REQUIRE(checker.transactions <= static_cast<uint64_t>(lines) + steps.size());
  REQUIRE(checker.queries <= checker.seen[0].size() + checker.seen[1].size());
  REQUIRE(verdict > Verdict::mine || !parser.waiting());
}

Played play(const std::vector<FuzzStep>& steps, bool exact_flight, size_t input_size, size_t piece) {
  Checker checker;
  if constexpr (kFuzzed.empty()) {
    ProtocolDetector detector(checker);
    play(steps, exact_flight, input_size, piece, detector, checker);
    return {std::move(checker.said), checker.understood};
  } else {
    const auto protocol = std::ranges::find(protocols(), kFuzzed, &Protocol::name);
    const std::unique_ptr<Parser> parser = protocol->make(checker);
    play(steps, exact_flight, input_size, piece, *parser, checker);
    const Played played = {checker.said, checker.understood};
    // What comes behind the end is thrown away.
    checker.closed = true;
    parser->advance(UINT64_MAX);
    parser->eof(Direction::recv, checker.now_ns);
    parser->eof(Direction::send, checker.now_ns);
    parser->close(checker.now_ns);
    parser->data(Direction::recv, {.ts_ns = checker.now_ns}, "GET / HTTP/1.1\r\n\r\n");
    parser->close(checker.now_ns);
    return played;
  }
}

void print(const char* how, const Played& played) {
  std::fprintf(stderr, "%s%s:\n", how, played.understood ? "" : ", not understood");
  for (const std::string& line : played.said) std::fprintf(stderr, "  %s\n", line.c_str());
}

void run(std::string_view input) {
  const bool exact_flight = (input.size() & 1) == 0;
  const std::vector<FuzzStep> steps = read_steps(input);
  const Played as_cut = play(steps, exact_flight, input.size(), SIZE_MAX);

  // What is seen and understood from its first byte to its last is the same however it is cut. (Where it is not, a message is
  // sought where a send or receive begins.)
  if (std::ranges::any_of(steps, [](const FuzzStep& step) { return step.kind == FuzzStep::Kind::unseen; })) return;
  std::vector<FuzzStep> whole;
  std::vector<std::string> texts(steps.size());  // of the steps of `whole`
  for (const FuzzStep& step : steps) {
    if (whole.empty() || !whole.back().continued_by(step)) {
      whole.push_back(step);
      texts[whole.size() - 1] = step.bytes;
    } else {
      texts[whole.size() - 1] += step.bytes;
    }
  }
  for (size_t i = 0; i < whole.size(); ++i) whole[i].bytes = texts[i];
  const Played in_one = play(whole, exact_flight, input.size(), SIZE_MAX);
  if (!in_one.understood) return;
  const Played by_bytes = input.size() > kLongestSplit ? in_one : play(whole, exact_flight, input.size(), 1);
  if (as_cut.said == in_one.said && by_bytes.said == in_one.said) return;
  print("as cut by the fuzzer", as_cut);
  print("in one piece", in_one);
  print("byte by byte", by_bytes);
  REQUIRE(!"the same transactions however the bytes are cut");
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
