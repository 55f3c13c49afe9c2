// The trace and the cache that a transaction is told of, from the bytes of a connection.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocols/http1/http1.h"
#include "script.h"

namespace sockwatch {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class Told final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override {
    const char* cache = t.cache == CacheAnswer::hit ? "hit" : t.cache == CacheAnswer::miss ? "miss" : "none";
    lines.push_back(std::string(t.target) + " [" + std::string(t.trace_id) + "] " + cache);
  }
  void on_parse_error(ParseError) override {}
  std::vector<std::string> lines;
};

class Dialogue {
 public:
  explicit Dialogue(size_t piece = 1 << 20) : piece_(piece) {}
  void client(std::string_view text) { say(Direction::recv, text); }
  void server(std::string_view text) { say(Direction::send, text); }
  void lose(Direction direction, uint64_t bytes) {
    parser_->on_gap(direction, arrival(), {.length = bytes, .tail = {}, .detected_late = true});
  }
  std::vector<std::string> end() {
    parser_->close(ts_ns_ + 1);
    return told_.lines;
  }

 private:
  Arrival arrival() { return {.ts_ns = ++ts_ns_, .tgid = 1, .flight = flight_}; }
  void say(Direction direction, std::string_view text) {
    if (flight_ == 0 || direction != last_) ++flight_;
    last_ = direction;
    const std::string bytes = unescape(text);
    for (size_t at = 0; at < bytes.size(); at += piece_)
      parser_->data(direction, arrival(), std::string_view(bytes).substr(at, piece_));
  }

  size_t piece_;
  Told told_;
  std::unique_ptr<Parser> parser_ = Http1::make(told_);
  Direction last_ = Direction::recv;
  uint32_t flight_ = 0;
  uint64_t ts_ns_ = 0;
};

using Lines = std::vector<std::string>;

std::string traced(std::string_view target, std::string_view field) {
  return "GET " + std::string(target) + " HTTP/1.1|Host: a|" + std::string(field) + "||";
}

TEST(TellingFields, GoWithTheirTransactionHoweverTheBytesAreCut) {
  const std::string parent(kParent);
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{1} << 20}) {
    Dialogue dialogue(piece);
    // A pipeline: each keeps its own; interim heads say nothing.
    dialogue.client(traced("/a", "TraceParent: " + parent + " ") + traced("/b", "X-Other: " + parent) +
                    traced("/c", "x-b3-traceid:64fe8b2a57d3eff7") +
                    traced("/d", "B3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1"));
    dialogue.server(
        "HTTP/1.1 103 Early|Cache-Status: a; hit||HTTP/1.1 200 OK|X-Cache:\tMiss from cloudfront "
        "|Content-Length: 2||ok");
    dialogue.server("HTTP/1.1 200 OK|Cache-Status: a; hit|Content-Length: 0||");
    dialogue.server(
        "HTTP/1.1 304 Not Modified|aGe: 60||HTTP/1.1 200 OK|CF-Cache-Status: DYNAMIC|Content-Length: 0||");
    EXPECT_EQ(dialogue.end(), (Lines{"/a [" + std::string(kTrace) + "] miss", "/b [] hit",
                                     "/c [64fe8b2a57d3eff7] hit", "/d [64fe8b2a57d3eff7] none"}))
        << piece;
  }
}

TEST(TellingFields, NextToNothingIsTakenFromTheWrongSide) {
  Dialogue dialogue;
  dialogue.client("GET /a HTTP/1.1|Cache-Status: a; hit|Age: 5|X-Cache: HIT||");
  dialogue.server("HTTP/1.1 200 OK|traceparent: " + std::string(kParent) + "|Content-Length: 0||");
  EXPECT_EQ(dialogue.end(), Lines{"/a [] none"});
}

TEST(TellingFields, OfOneRequestDoNotStayForTheNext) {
  Dialogue dialogue;
  dialogue.client(traced("/a", "traceparent: " + std::string(kParent)));
  dialogue.server("HTTP/1.1 200 OK|Age: 9|Content-Length: 0||");
  dialogue.client("GET /b HTTP/1.1||");
  dialogue.server("HTTP/1.1 200 OK|Content-Length: 0||");
  dialogue.client(traced("/c", "traceparent: " + std::string(kParent)));
  EXPECT_EQ(dialogue.end(), (Lines{"/a [" + std::string(kTrace) + "] hit", "/b [] none",
                                   "/c [" + std::string(kTrace) + "] none"}));
}

TEST(TellingFields, OfAHeadThatWasCutWhatWasSeenCounts) {
  for (const char* field : {"Age: 5", "X-Cache: HIT"}) {
    Dialogue dialogue;
    dialogue.client(traced("/a", "traceparent: " + std::string(kParent)));
    dialogue.server("HTTP/1.1 200 OK|" + std::string(field) + "|Set-Cookie: ");
    dialogue.lose(Direction::send, 1000);
    EXPECT_EQ(dialogue.end(),
              Lines{"/a [" + std::string(kTrace) + "] " + (field[0] == 'X' ? "hit" : "none")});
  }
}

TEST(TellingFields, InLinesTooLongToBeKeptAreNotRead) {
  Dialogue dialogue;
  dialogue.client(traced("/a", "traceparent: " + std::string(kParent) + "-\\{x*20000}"));
  dialogue.server("HTTP/1.1 200 OK|Cache-Status: a;\\{ *20000}hit|Content-Length: 0||");
  dialogue.client(traced("/b", "traceparent: 01" + std::string(kParent.substr(2)) + "-\\{x*10000}"));
  dialogue.server("HTTP/1.1 200 OK|Cache-Status: a;\\{ *10000}hit|Content-Length: 0||");
  EXPECT_EQ(dialogue.end(), (Lines{"/a [] none", "/b [" + std::string(kTrace) + "] hit"}));
}

}  // namespace
}  // namespace sockwatch
