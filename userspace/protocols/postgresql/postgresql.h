// PostgreSQL's protocol, version 3, on one connection: simple and extended queries, pipelined or not.
//
// A query is what the server completes: each CommandComplete of a simple query, each portal that is executed (once, however many
// pieces its rows are fetched in), and each error. Its operation is the command tag's; that of a failure the first word of its text. Where bytes were not seen that may have
// held whole messages, what waits ends as unknown, and pairing begins anew when the server has said that it is ready and the
// client speaks next. Limits: kMaxPending messages without an answer; kMaxStatements prepared statements' operations and as many portals'.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "protocols/common/bounded_bytes.h"
#include "protocols/common/overlap.h"
#include "protocols/parser.h"
#include "protocols/postgresql/message.h"

namespace sockwatch {

class PostgreSql final : public Parser {
 public:
  static constexpr std::string_view kName = "postgresql";
  static constexpr size_t kMaxPending = 16384;
  static constexpr size_t kMaxStatements = 1024;
  static constexpr size_t kMaxStatementName = 64;
  static constexpr size_t kMaxKept = 1024;  ///< of a message's body that tells something
  static constexpr size_t kEnd = 8;         ///< of an answer, that tell what became of the question: its last byte but one, and ReadyForQuery
  static constexpr uint64_t kSettleNs = 500'000'000;    ///< an answer that seems to have ended has, after this silence
  static constexpr uint64_t kQuietNs = 10'000'000'000;  ///< after this silence no answer is under way any longer

  explicit PostgreSql(TransactionSink& sink) : sink_(sink) {}
  static std::unique_ptr<Parser> make(TransactionSink& sink) { return std::make_unique<PostgreSql>(sink); }

  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) override;
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) override;
  void eof(Direction direction, uint64_t ts_ns) override;
  void close(uint64_t ts_ns) override;
  void advance(uint64_t now_ns) override;
  bool waiting() const override { return adrift_; }
  SessionState session() const override;
  Role role() const override { return client_ == Direction::send ? Role::client : Role::server; }
  size_t memory() const override;
  bool consistent() const override;

 private:
  enum class Phase : uint8_t {
    start,      ///< nothing has been recognised
    startup,    ///< before or in the client's first message
    ssl_asked,  ///< the server answers with one byte
    messages,
    encrypted,
  };

  /// One direction's message under way.
  struct Reader {
    FixedHeader<postgresql::kHeader> header;
    char type = 0;             ///< of the message whose header came last
    uint64_t left = 0;         ///< of the body
    bool in_body = false;
    bool wanted = false;       ///< the body's beginning is kept ...
    bool cut = false;          ///< ... up to where bytes were not seen
    std::string kept;
    uint64_t start_ns = 0;     ///< its first byte
    uint32_t tgid = 0;
    uint32_t flight = 0;          ///< of the last byte

    /// What comes next begins a message.
    void begin_message() {
      header.clear();
      in_body = false;
    }
  };

  /// A message of the client that the server will answer.
  struct Pending {
    enum class Kind : uint8_t {
      query,
      parse,
      execute,
      sync,
      copy_end,  ///< of a COPY whose rows came with it: the server passes over what is asked before
    };
    Kind kind;
    bool continues = false;    ///< fetches more of a portal that has been counted
    bool replicates = false;   ///< a command of replication: no query
    uint64_t start_ns;
    uint32_t tgid;
    std::string_view operation;
    std::string text;          ///< query: the statements after the first
  };

  Verdict recognise(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict consume(Direction direction, const Arrival& arrival, std::string_view bytes);
  void note_passage(Direction direction, const Arrival& arrival, bool missed);
  void enter(Phase phase);
  Verdict read_startup(Reader& r, const Arrival& arrival, std::string_view& bytes);
  Verdict read_message(Direction direction, Reader& r, const Arrival& arrival, std::string_view& bytes);
  Verdict message(bool from_client, Reader& r, uint64_t ts_ns);

  void client_message(char type, const Reader& r);
  void remember_statement(std::string_view name);
  void bind(std::string_view body, const Reader& r);
  void execute(std::string_view body, const Reader& r);
  void end_copy(const Reader& r);
  void push(Pending::Kind kind, const Reader& r, std::string_view operation);

  Verdict server_message(char type, const Reader& r, uint64_t ts_ns);
  void begin_copy();
  void suspend(uint64_t ts_ns);
  void skip_parses();
  void pop();
  void complete(std::string_view tag, uint64_t ts_ns);
  void fail(uint64_t ts_ns);
  void ready(char status, uint64_t ts_ns);
  void report(const Pending& pending, std::string_view operation, QueryStatus status, uint64_t end_ns);

  void bad_message(Direction direction, uint64_t ts_ns);
  void lose_frame(Direction direction, uint64_t ts_ns);
  void lose(uint64_t ts_ns);
  void settle_all(QueryStatus status, uint64_t ts_ns);
  bool single_question() const;
  bool settle_adrift();
  void remember_end(std::string_view bytes, uint64_t ts_ns);
  void begin_client_flight(std::string_view bytes);
  void follow_server();

  Reader& reader(Direction direction) { return readers_[static_cast<size_t>(direction)]; }

  TransactionSink& sink_;
  bool closed_ = false;
  Phase phase_ = Phase::start;
  bool unseen_before_ = false;       ///< the connection's start was not seen
  size_t tries_ = 0;                 ///< to recognise it in the middle
  bool replicates_ = false;          ///< it takes commands of replication beside queries
  Direction client_ = Direction::send;
  std::array<Reader, 2> readers_;
  FixedHeader<8> startup_header_;    ///< of the client's first messages, which have a length and no type
  FixedHeader<8> lead_[2];           ///< first bytes that do not tell yet
  Arrival lead_arrival_[2];

  std::deque<Pending> pending_;
  size_t text_bytes_ = 0;            ///< of the texts that they hold
  size_t cycles_ = 0;                ///< of them, those that the server answers with being ready
  uint64_t unit_start_ns_ = 0;       ///< first byte of the messages that lead to the next Execute; 0: none yet
  std::string_view unit_operation_;  ///< of the statement last parsed or bound
  bool unsynced_ = false;            ///< the client has sent messages of the extended protocol and no Sync behind them
  bool statements_done_ = false;     ///< the simple query that is answered now has had an answer
  bool failed_ = false;              ///< what the client sends up to its Sync is passed over
  bool ready_once_ = false;
  bool terminated_ = false;          ///< the client has taken its leave
  char transaction_ = 'I';           ///< as the server last said
  Overlap overlap_;                  ///< of the client's questions with the server's answers
  uint32_t cycle_run_ = 0;           ///< in which the last cycle was asked for
  uint64_t heard_ns_ = 0;            ///< the last byte of either direction
  std::map<std::string, std::string_view, std::less<>> statements_;  ///< prepared ones' operations, by name
  struct Portal {
    std::string_view operation;
    bool executed = false;
  };
  std::map<std::string, Portal, std::less<>> portals_;  ///< bound ones, by name

  bool lost_ = false;                ///< which answer belongs to which question is not known
  bool framed_[2] = {true, true};    ///< a direction's messages are followed
  bool unproven_ = false;            ///< footing was found in the middle; no answer has confirmed it
  bool adrift_ = false;              ///< the answer to the only question is not followed; its end will tell
  bool copying_ = false;             ///< the client hands over rows
  std::string last_;                 ///< the server's last bytes, while its messages are not followed ...
  uint64_t last_ns_ = 0;             ///< ... and when they passed
};

}  // namespace sockwatch
