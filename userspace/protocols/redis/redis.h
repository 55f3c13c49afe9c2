// Redis's protocol (RESP2 and RESP3) on one connection: commands and their replies, first in, first out.
//
// Hits and misses are what the replies show of keys (redis_commands.h). Messages of pub/sub answer nothing; commands queued by MULTI
// are told when EXEC has been answered. Where bytes were not seen that may have held whole messages, what waits ends as unknown
// (but for a single command, whose reply's beginning tells), and pairing begins anew with a command that begins a flight, unless the client is one that does not wait for replies. Limits:
// kMaxPending commands without a reply; kMaxQueued in a transaction.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "protocols/common/overlap.h"
#include "protocols/parser.h"
#include "protocols/redis/commands.h"
#include "protocols/redis/reply.h"
#include "protocols/redis/request.h"

namespace sockwatch {

class Redis final : public Parser {
 public:
  static constexpr std::string_view kName = "redis";
  static constexpr size_t kMaxPending = 65536;
  static constexpr size_t kMaxQueued = 16384;
  static constexpr size_t kMaxEarly = 4096;              ///< of what follows a first line before the reply
  static constexpr uint64_t kQuietNs = 10'000'000'000;  ///< after this silence no reply is under way any longer

  explicit Redis(TransactionSink& sink) : sink_(sink) {}
  static std::unique_ptr<Parser> make(TransactionSink& sink) { return std::make_unique<Redis>(sink); }

  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) override;
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) override;
  void eof(Direction, uint64_t) override {}
  void close(uint64_t ts_ns) override;
  void advance(uint64_t) override {}
  bool waiting() const override { return false; }
  SessionState session() const override;
  Role role() const override { return client_ == Direction::send ? Role::client : Role::server; }
  size_t memory() const override;
  bool consistent() const override;

 private:
  struct Command {
    const RedisCommand* known = nullptr;
    uint32_t arguments = 0;
    bool has_get = false;
    uint32_t tgid = 0;
    uint32_t confirmations = 1;  ///< replies that it has: (un)subscribing has one a channel
    uint64_t start_ns = 0;
  };

  Verdict recognise(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict recognise_line(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict more_before_reply(std::string_view bytes);
  Verdict take_lines();
  Verdict requests(const Arrival& arrival, std::string_view bytes);
  Verdict request(const Arrival& arrival);
  Verdict replies(const Arrival& arrival, std::string_view bytes);
  void reply(uint64_t ts_ns);
  void answer_transaction(const RedisReply& element);
  bool is_message(const RedisReply& reply) const;
  void confirm(uint64_t ts_ns);
  void report(const Command& command, QueryStatus status, uint64_t end_ns, KeyCounts keys = {});
  void lose(uint64_t ts_ns);
  bool is_long_command() const;
  bool single_question() const;
  void settle_adrift();

  TransactionSink& sink_;
  bool closed_ = false;
  bool recognised_ = false;
  bool unseen_before_ = false;  ///< the connection's start was not seen
  size_t tries_ = 0;            ///< to recognise it in the middle
  bool line_waits_ = false;     ///< a command that is a line was read; the reply tells whether it was one
  Arrival line_arrival_;        ///< the line's
  std::string early_;           ///< what the client said behind the line ...
  std::string early_reply_;     ///< ... and the reply's first byte
  Direction client_ = Direction::send;
  RedisRequestReader request_;
  RedisReplyReader reply_;
  uint64_t request_start_ns_ = 0;
  uint32_t request_tgid_ = 0;
  uint32_t client_flight_ = 0;
  uint64_t last_ns_ = 0;        ///< the last byte of either direction

  std::deque<Command> pending_;
  std::vector<Command> queued_;              ///< by MULTI
  std::vector<std::pair<QueryStatus, KeyCounts>> executed_;  ///< of them, those that EXEC's reply has told of
  bool in_multi_ = false;
  bool subscribed_ = false;     ///< has ever: arrays may be messages
  bool silent_ = false;         ///< CLIENT REPLY OFF
  bool skip_next_ = false;      ///< CLIENT REPLY SKIP

  bool framed_ = true;          ///< the client's commands are followed
  bool lost_ = false;           ///< which reply belongs to which command is not known
  bool adrift_ = false;         ///< the reply to the only command is not followed; it has ended when the client speaks again
  Overlap overlap_;             ///< of the client's commands with its replies
};

}  // namespace sockwatch
