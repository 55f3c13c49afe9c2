// Plays a dialogue with a database or cache to the parsers, and keeps what they tell.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/protocol_detector.h"
#include "query_dialogues.h"

namespace sockwatch {

/// Each query's operation and status, hits and misses where it has any.
using Lines = std::vector<std::string>;

class QuerySink final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override { lines.push_back("HTTP " + t.status.text()); }
  void on_query(const Query& q) override {
    EXPECT_EQ(q.role, role);
    std::string line = std::string(q.operation) + " " + std::string(to_string(q.status));
    if (q.hits + q.misses > 0) line += " " + std::to_string(q.hits) + "+" + std::to_string(q.misses);
    lines.push_back(line);
  }
  void on_parse_error(ParseError error) override { errors.push_back(std::string(to_string(error))); }

  Role role = Role::client;
  Lines lines;
  Lines errors;
};

class QueryPlayer {
 public:
  explicit QueryPlayer(Role role) : role_(role), detector_(sink_) { sink_.role = role; }

  /// The connection's start was not seen.
  void begin_in_the_middle() {
    for (Direction d : {Direction::recv, Direction::send}) detector_.on_gap(d, {.ts_ns = 1}, {.length = 1, .tail = {}, .detected_late = true});
  }

  Verdict play(const Turn& turn, size_t piece = SIZE_MAX) {
    const Direction direction = (turn.who == Turn::Who::client) == (role_ == Role::client) ? Direction::send : Direction::recv;
    if (direction != last_ || flight_ == 0) ++flight_;
    last_ = direction;
    Verdict verdict = Verdict::undecided;
    for (std::string_view rest = turn.bytes; !rest.empty() && verdict <= Verdict::mine; rest.remove_prefix(std::min(piece, rest.size())))
      verdict = detector_.data(direction, arrival(), rest.substr(0, piece));
    EXPECT_TRUE(detector_.consistent());
    if (turn.unseen > 0) verdict = detector_.on_gap(direction, arrival(), {.length = turn.unseen, .tail = turn.tail, .detected_late = turn.late});
    EXPECT_TRUE(detector_.consistent());
    return verdict;
  }

  /// So many changes of direction pass with no byte seen of either side.
  void skip_flights(uint32_t flights) { flight_ += flights; }

  Lines finish() {
    detector_.advance(now_ + 2'000'000'000);
    detector_.close(now_ + 2'000'000'000);
    return sink_.lines;
  }
  ProtocolDetector& detector() { return detector_; }
  const QuerySink& sink() const { return sink_; }

 private:
  Arrival arrival() { return {.ts_ns = now_ += 1000, .tgid = 7, .flight = flight_, .exact_flight = true}; }

  Role role_;
  QuerySink sink_;
  ProtocolDetector detector_;
  Direction last_ = Direction::recv;
  uint32_t flight_ = 0;
  uint64_t now_ = 1'000'000'000;
};

/// Whether a line tells of a query whose answer is not known.
inline bool is_unanswered(const std::string& line) { return line.ends_with(" aborted") || line.ends_with(" unknown"); }

}  // namespace sockwatch
