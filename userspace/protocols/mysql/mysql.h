// MySQL's and MariaDB's protocol on one connection: text and prepared statements, one after the other or pipelined.
//
// Each result counts as a query: of several statements in one text, each its own; a CALL once, whatever it returns. Its operation is the
// statement's first word; preparing is PREPARE, a prepared statement counts as what it is. Where bytes were not seen that may have
// held whole packets, what waits ends as unknown, and pairing begins anew with a command that begins a flight, unless the
// client is one that does not wait for answers. The end of a long result is known by its last bytes. Limits: kMaxPending commands
// without an answer; kMaxStatements prepared statements' operations.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "protocols/mysql/packet.h"
#include "protocols/common/overlap.h"
#include "protocols/parser.h"

namespace sockwatch {

class MySql final : public Parser {
 public:
  static constexpr std::string_view kName = "mysql";
  static constexpr size_t kMaxPending = 16384;
  static constexpr size_t kMaxStatements = 4096;
  static constexpr size_t kMaxText = 16 * 1024;  ///< of a command that is looked at
  static constexpr size_t kMaxAnswer = 1024;     ///< the same of a packet of the server's
  static constexpr size_t kEnd = 11;             ///< of a result that ends in OK without more; EOF is shorter
  static constexpr uint32_t kDeprecateEof = 0x1000000;   ///< capability: results end in OK instead of EOF
  static constexpr uint64_t kSettleNs = 500'000'000;     ///< an answer that seems to have ended has, after this silence
  static constexpr uint64_t kQuietNs = 10'000'000'000;   ///< after this silence no answer is under way any longer

  explicit MySql(TransactionSink& sink) : sink_(sink) {}
  static std::unique_ptr<Parser> make(TransactionSink& sink) { return std::make_unique<MySql>(sink); }

  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) override;
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) override;
  void eof(Direction, uint64_t) override {}
  void close(uint64_t ts_ns) override;
  void advance(uint64_t now_ns) override;
  bool waiting() const override { return adrift_; }
  SessionState session() const override;
  Role role() const override { return client_ == Direction::send ? Role::client : Role::server; }
  size_t memory() const override;
  bool consistent() const override;

 private:
  enum class Phase : uint8_t { start, greeted, logging_in, commands, encrypted, compressed };

  /// A command that the server will answer.
  struct Command {
    enum class Kind : uint8_t {
      simple,   ///< by OK, EOF, an error or one line
      results,  ///< by results
      prepare,
      fields,   ///< by definitions and EOF
      rows,     ///< by rows of a result that was opened before
      log_in,   ///< by as much as it takes, and OK or an error
    };
    Kind kind = Kind::simple;
    std::string_view operation;      ///< empty: of replication, which is no query
    std::string_view prepares = {};  ///< the operation of the statement that it prepares
    std::string rest;          ///< the statements after the first
    uint32_t tgid = 0;
    uint64_t start_ns = 0;
  };

  /// Where the answer to the oldest command stands.
  enum class Answer : uint8_t {
    first,
    definitions,
    after_definitions,
    rows,
    local_file,        ///< the client sends a file that the server asked for ...
    after_local_file,  ///< ... and has sent all of it
  };

  Verdict recognise(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict consume(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict packet(bool from_client, const Arrival& arrival);
  Verdict client_packet(const MySqlPacketReader& packet, uint64_t ts_ns);
  Verdict command(const MySqlPacketReader& packet, uint64_t ts_ns);
  void begin(Command::Kind kind, std::string_view operation, const MySqlPacketReader& packet, std::string rest = {});
  void log_in(std::string_view payload, uint64_t length);
  std::string_view prepared(std::string_view payload) const;

  void server_packet(const MySqlPacketReader& packet, uint64_t ts_ns);
  void first_of_answer(const MySqlPacketReader& packet, uint64_t ts_ns);
  void first_of_result(const MySqlPacketReader& packet, uint64_t ts_ns);
  void prepared_answer(std::string_view payload, uint64_t ts_ns);
  void end_definitions(uint64_t ts_ns);
  void next_definitions(uint64_t ts_ns);
  void after_prepared_definitions(const MySqlPacketReader& packet, uint64_t ts_ns);
  void end_result(uint16_t status, bool had_rows, uint64_t ts_ns);
  void end_command(QueryStatus status, uint64_t ts_ns);
  void report(const Command& command, QueryStatus status, uint64_t end_ns);

  void lose(uint64_t ts_ns);
  void lose_frame(Direction direction, uint64_t ts_ns, bool late = true);
  bool is_long_command() const;
  void remember_end(std::string_view bytes, uint64_t ts_ns);
  bool settle_adrift();
  void begin_client_flight(std::string_view bytes);
  bool deprecates_eof() const { return (capabilities_ & kDeprecateEof) != 0; }
  void note_status(uint16_t status) { in_transaction_ = (status & 1) != 0; }
  MySqlPacketReader& reader(bool from_client) { return readers_[from_client ? 0 : 1]; }

  TransactionSink& sink_;
  bool closed_ = false;
  Phase phase_ = Phase::start;
  bool unseen_before_ = false;    ///< the connection's start was not seen
  size_t tries_ = 0;
  Direction client_ = Direction::send;
  uint32_t capabilities_ = 0;     ///< that both sides have
  bool attributes_ = false;       ///< a query's text comes after its attributes
  MySqlPacketReader readers_[2] = {MySqlPacketReader(kMaxText), MySqlPacketReader(kMaxAnswer)};  ///< the client's; the server's
  std::string lead_;              ///< the first bytes, as long as they do not tell
  uint32_t client_flight_ = 0;
  uint64_t last_ns_ = 0;

  std::deque<Command> pending_;
  size_t rest_bytes_ = 0;         ///< of the texts that they hold
  Answer answer_ = Answer::first;
  uint64_t definitions_ = 0;      ///< that are still to come
  uint64_t more_definitions_ = 0; ///< of a prepared statement: those of its columns, after those of its parameters
  bool ends_in_eof_ = false;      ///< this result's rows end in EOF, not OK
  bool in_transaction_ = false;
  bool ready_once_ = false;
  std::map<uint32_t, std::string_view> statements_;  ///< prepared ones' operations, by number
  std::string_view last_prepared_;

  bool framed_[2] = {true, true};  ///< the client's packets are followed; the server's
  bool lost_ = false;              ///< which answer belongs to which command is not known
  bool adrift_ = false;            ///< the answer to the only command is not followed; its end will tell
  Overlap overlap_;                ///< of the client's commands with its answers
  std::string last_;               ///< the server's last bytes, while its packets are not followed
};

}  // namespace sockwatch
