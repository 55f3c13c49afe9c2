// memcached's protocols on one connection: the binary one (memcached_binary.h), and the text protocol, its meta commands included: commands and their answers, first in, first out.
//
// Each key that was asked for is a hit or a miss. Quiet meta commands have no answer when nothing is to be said: what is behind them tells.
// Where bytes were not seen that may have held whole messages, what waits ends as unknown, and pairing begins anew with a
// command that begins a flight, unless the client is one that does not wait for answers. Limit: kMaxPending commands without an answer.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include "protocols/memcached/binary.h"
#include "protocols/memcached/line.h"
#include "protocols/common/overlap.h"
#include "protocols/parser.h"

namespace sockwatch {

class Memcached final : public Parser {
 public:
  static constexpr std::string_view kName = "memcached";
  static constexpr size_t kMaxPending = 65536;
  static constexpr size_t kMaxEarly = 4096;              ///< of what follows a first line before its answer
  static constexpr size_t kMaxFirstAnswer = 512;         ///< of the answer's first line
  static constexpr uint64_t kMaxData = 1ull << 30;       ///< of one command or answer
  static constexpr uint64_t kQuietNs = 10'000'000'000;  ///< after this silence no answer is under way any longer

  explicit Memcached(TransactionSink& sink) : sink_(sink) {}
  static std::unique_ptr<Parser> make(TransactionSink& sink) { return std::make_unique<Memcached>(sink); }

  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) override;
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) override;
  void eof(Direction, uint64_t) override {}
  void close(uint64_t ts_ns) override;
  void advance(uint64_t) override {}
  bool waiting() const override { return false; }
  SessionState session() const override;
  Role role() const override { return client_ == Direction::send ? Role::client : Role::server; }
  size_t memory() const override {
    return pending_.size() * sizeof(Command) + early_.capacity() + early_answer_.capacity() + (binary_ ? binary_->memory() : 0);
  }
  bool consistent() const override;

 private:
  /// How a command is answered.
  enum class Kind : uint8_t {
    line,       ///< by one line
    values,     ///< by values, and END
    lines,      ///< by lines, and END
    meta_get,   ///< by EN, HD or VA with data
    meta,       ///< by one line of the meta commands
    last_meta,  ///< the same, and quiet commands before it have no answer any more
    leaves,     ///< by one line; the connection is something else from then on
    goodbye,    ///< not at all
  };
  struct Name {
    std::string_view name;
    std::string_view operation;
    Kind kind = Kind::line;
    std::string_view answers;  ///< how the lines that may answer it begin
    uint8_t data_word = 0;  ///< the word that tells how much data follows; 0: none does
  };
  struct Command {
    const Name* name = nullptr;
    uint32_t keys = 0;
    uint32_t hits = 0;
    bool quiet = false;
    bool wants_value = false;
    uint32_t tgid = 0;
    uint64_t start_ns = 0;
  };
  static const Name kNames[];
  static std::span<const Name> names();
  static const Name* find(std::string_view name);

  Verdict recognise_binary(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict recognise(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict recognise_answer(const Arrival& arrival, std::string_view bytes);
  Verdict more_before_answer(std::string_view bytes);
  Verdict take_line();
  Verdict not_this();
  void begin_anew();
  static bool are_commands(std::string_view text);
  bool carries_data() const;
  bool has_no_answer() const;
  bool may_be_answer(const MemcachedLine& line) const;
  Verdict commands(const Arrival& arrival, std::string_view bytes);
  Verdict command(const Arrival& arrival);
  Verdict push(const Arrival& arrival);
  Verdict answers(const Arrival& arrival, std::string_view bytes);
  bool answer(uint64_t ts_ns);
  bool may_answer(const Command& command, std::string_view word) const;
  bool meta_answer(std::string_view word, uint64_t ts_ns);
  void end(QueryStatus status, uint64_t ts_ns);
  void report(const Command& command, QueryStatus status, uint64_t end_ns);
  void lose(uint64_t ts_ns);

  TransactionSink& sink_;
  bool closed_ = false;
  bool recognised_ = false;
  bool unseen_before_ = false;  ///< the connection's start was not seen
  size_t tries_ = 0;
  bool line_waits_ = false;     ///< a command's line was read; the answer tells whether it was one
  Arrival line_arrival_;        ///< the line's
  std::string early_;           ///< what the client said behind the line ...
  std::string early_answer_;    ///< ... and the answer's first line, as long as it is not whole
  Direction client_ = Direction::send;
  MemcachedLine request_;
  MemcachedLine answer_;
  Command next_;                ///< the command under way
  bool has_next_ = false;       ///< its line has been read; its data has not
  bool no_reply_ = false;
  uint64_t start_ns_ = 0;
  uint32_t tgid_ = 0;
  uint32_t client_flight_ = 0;
  uint64_t last_ns_ = 0;

  std::optional<MemcachedBinary> binary_;  ///< has taken over
  std::string lead_;            ///< the first bytes, of what may be the binary protocol

  std::deque<Command> pending_;
  bool framed_ = true;          ///< the client's commands are followed
  bool lost_ = false;           ///< which answer belongs to which command is not known
  Overlap overlap_;             ///< of the client's commands with its answers
};

}  // namespace sockwatch
