#include "protocols/mysql.h"

#include <algorithm>
#include <utility>

#include "protocols/sql_operation.h"

namespace sockwatch {
namespace {

constexpr size_t kHeader = 4;
constexpr size_t kMaxTries = 32;
constexpr size_t kEnd = 11;  // of a result that ends in OK without more; EOF is shorter

constexpr uint8_t kLongData = 0x18;

constexpr uint8_t kOk = 0x00;
constexpr uint8_t kLocalFile = 0xfb;
constexpr uint8_t kEof = 0xfe;
constexpr uint8_t kError = 0xff;

constexpr uint32_t kCompress = 0x20;
constexpr uint32_t kSsl = 0x800;
constexpr uint32_t kOptionalDefinitions = 0x2000000;
constexpr uint32_t kZstd = 0x4000000;
constexpr uint32_t kQueryAttributes = 0x8000000;

constexpr uint16_t kDeadlock = 1213;
constexpr uint16_t kMoreResults = 0x0008;
constexpr uint16_t kCursorExists = 0x0040;

uint8_t byte(std::string_view bytes, size_t at) { return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : 0; }
uint16_t two(std::string_view bytes, size_t at) { return static_cast<uint16_t>(byte(bytes, at) | byte(bytes, at + 1) << 8); }
uint32_t four(std::string_view bytes, size_t at) { return two(bytes, at) | static_cast<uint32_t>(two(bytes, at + 2)) << 16; }
uint32_t packet_length(std::string_view bytes) { return two(bytes, 0) | static_cast<uint32_t>(byte(bytes, 2)) << 16; }

// A number of the protocol's own coding; false when the bytes end in it.
bool take_number(std::string_view& bytes, uint64_t& out) {
  if (bytes.empty()) return false;
  const uint8_t first = byte(bytes, 0);
  const size_t size = first < 0xfb ? 1 : first == 0xfc ? 3 : first == 0xfd ? 4 : first == 0xfe ? 9 : 0;
  if (size == 0 || bytes.size() < size) return false;
  out = first;
  if (size > 1) {
    out = 0;
    for (size_t i = size - 1; i > 0; --i) out = out << 8 | byte(bytes, i);
  }
  bytes.remove_prefix(size);
  return true;
}

// Of OK: the affected rows and the last number come before.
uint16_t status_of_ok(std::string_view payload) {
  uint64_t ignored = 0;
  payload.remove_prefix(std::min<size_t>(1, payload.size()));
  if (!take_number(payload, ignored) || !take_number(payload, ignored)) return 0;
  return two(payload, 0);
}

uint16_t status_of_eof(std::string_view payload) { return two(payload, 3); }

// A server's first packet.
bool is_greeting(std::string_view bytes) {
  return bytes.size() >= 6 && byte(bytes, 3) == 0 && byte(bytes, 4) == 10 && byte(bytes, 5) >= '1' && byte(bytes, 5) <= '9' &&
         packet_length(bytes) >= 40 && packet_length(bytes) < 1024;
}

// One command, from its beginning to its end.
bool is_command(std::string_view bytes, size_t size) {
  if (bytes.size() <= kHeader || byte(bytes, 3) != 0 || packet_length(bytes) + kHeader != size) return false;
  const uint8_t command = byte(bytes, 4);
  return (command >= 1 && command <= 0x1f) || command == 0xfa;
}

// What begins a run may be a command; of some servers the header comes alone.
bool begins_command(std::string_view bytes) {
  return bytes.size() >= kHeader && byte(bytes, 3) == 0 && packet_length(bytes) > 0 && (bytes.size() == kHeader || byte(bytes, 4) <= 0x1f || byte(bytes, 4) == 0xfa);
}

constexpr std::string_view kResetConnection = "RESET_CONNECTION";  // forgets prepared statements

struct Known {
  uint8_t code;
  std::string_view operation;
};
// Commands that are answered by OK, EOF, an error or one line.
constexpr Known kSimple[] = {
    {0x02, "USE"},   {0x05, "CREATE"}, {0x06, "DROP"},   {0x07, "FLUSH"}, {0x08, "SHUTDOWN"}, {0x09, "STATISTICS"}, {0x0c, "KILL"},
    {0x0d, "DEBUG"}, {0x0e, "PING"},   {0x15, "_OTHER"}, {0x1a, "RESET"}, {0x1b, "SET"},      {0x1f, kResetConnection},
};

}  // namespace

Verdict MySql::data(Direction direction, const Passage& passage, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (bytes.empty()) return phase_ == Phase::start ? Verdict::undecided : Verdict::mine;
  if (phase_ == Phase::start) return recognise(direction, passage, bytes);
  if (last_ns_ + kQuietNs < passage.ts_ns) overlaps_ = false;
  const Verdict verdict = consume(direction, passage, bytes);
  last_ns_ = passage.ts_ns;
  return verdict;
}

// By the server's greeting; in the middle, by a command that is a whole segment.
Verdict MySql::recognise(Direction direction, const Passage& passage, std::string_view bytes) {
  if (unseen_before_ && is_greeting(bytes)) unseen_before_ = false;
  if (unseen_before_) {
    if (!is_command(bytes, bytes.size())) return ++tries_ < kMaxTries ? Verdict::undecided : Verdict::not_mine;
    const uint8_t code = byte(bytes, 4);
    if (code == 0x03 && sql_operation(bytes.substr(5), SqlDialect::mysql) == kOtherOperation) return Verdict::undecided;
    client_ = direction;
    client_run_ = passage.run;
    phase_ = Phase::commands;
    return consume(direction, passage, bytes);
  }
  if (lead_.empty()) client_ = opposite(direction);
  if (direction == client_) return Verdict::not_mine;
  // At most the six bytes that tell are held.
  const std::string before = lead_;
  const size_t more = std::min<size_t>(6 - before.size(), bytes.size());
  lead_.append(bytes.substr(0, more));
  if (lead_.size() < 6) return lead_.size() > 3 && lead_[3] != 0 ? Verdict::not_mine : Verdict::undecided;
  if (!is_greeting(lead_)) return Verdict::not_mine;
  phase_ = Phase::greeted;
  if (!before.empty())
    if (const Verdict verdict = consume(direction, passage, before); verdict != Verdict::mine) return verdict;
  return consume(direction, passage, bytes);
}

Verdict MySql::consume(Direction direction, const Passage& passage, std::string_view bytes) {
  const bool from_client = direction == client_;
  if (from_client && passage.run != client_run_) {
    client_run_ = passage.run;
    begin_client_run(bytes);
  }
  while (!bytes.empty()) {
    if (phase_ == Phase::encrypted || phase_ == Phase::compressed) {
      sink_.on_parse_error(phase_ == Phase::encrypted ? ParseError::encrypted : ParseError::compressed);
      return Verdict::mine;
    }
    if (!framed_[from_client ? 0 : 1] || (lost_ && !from_client)) {
      if (!from_client) remember_end(bytes, passage.ts_ns);
      return Verdict::mine;
    }
    if (!reader(from_client).read(bytes, passage.ts_ns, passage.tgid)) return Verdict::mine;
    if (const Verdict verdict = packet(from_client, passage); verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

Verdict MySql::packet(bool from_client, const Passage& passage) {
  const MySqlPacketReader& packet = reader(from_client);
  if (from_client) return client_packet(packet, passage.ts_ns);
  server_packet(packet, passage.ts_ns);
  return Verdict::mine;
}

Verdict MySql::client_packet(const MySqlPacketReader& packet, uint64_t ts_ns) {
  switch (phase_) {
    case Phase::greeted:
      log_in(packet.payload(), packet.length());
      return Verdict::mine;
    case Phase::commands:
      if (answer_ == Answer::local_file) {
        if (packet.length() == 0) answer_ = Answer::after_local_file;
        return Verdict::mine;
      }
      // Others than the first of a sequence belong to what the server asked for, a password.
      return packet.sequence() == 0 && packet.length() > 0 ? command(packet, ts_ns) : Verdict::mine;
    default:
      return Verdict::mine;
  }
}

void MySql::log_in(std::string_view payload, uint64_t length) {
  const uint32_t wanted = four(payload, 0);
  capabilities_ &= wanted;
  phase_ = Phase::logging_in;
  if (wanted & kSsl && length == 32) phase_ = Phase::encrypted;
}

std::string_view MySql::prepared(std::string_view payload) const {
  const uint32_t number = four(payload, 1);
  if (number == UINT32_MAX) return last_prepared_;
  const auto known = statements_.find(number);
  return known != statements_.end() ? known->second : kOtherOperation;
}

Verdict MySql::command(const MySqlPacketReader& packet, uint64_t ts_ns) {
  using Kind = Command::Kind;
  std::string_view payload = packet.payload();
  const uint8_t code = byte(payload, 0);
  if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(ts_ns);
    return Verdict::mine;
  }
  switch (code) {
    case 0x01:  // quit
      ready_once_ = false;
      return Verdict::mine;
    case 0x03: {
      std::string_view text = payload.substr(1);
      uint64_t count = 0;
      if (attributes_ && take_number(text, count) && count == 0) text.remove_prefix(std::min<size_t>(1, text.size()));
      // Behind attributes with values the text is not sought.
      if (count > 0) text = {};
      const std::string_view operation = sql_operation(text, SqlDialect::mysql);
      const std::string_view rest = operation == kCompoundOperation ? std::string_view() : next_statement(text, SqlDialect::mysql);
      begin(Kind::results, operation, packet, std::string(rest));
      return Verdict::mine;
    }
    case 0x04:
      begin(Kind::fields, "SHOW", packet);
      return Verdict::mine;
    case 0x0a:
      begin(Kind::results, "SHOW", packet);
      return Verdict::mine;
    case 0x11:
      begin(Kind::log_in, "_OTHER", packet);
      return Verdict::mine;
    case 0x12:
    case 0x1e:
      return Verdict::finished;  // replication
    case 0x16:
      last_prepared_ = sql_operation(payload.substr(1), SqlDialect::mysql);
      begin(Kind::prepare, "PREPARE", packet);
      if (!pending_.empty()) pending_.back().prepares = last_prepared_;
      return Verdict::mine;
    case 0x17:
    case 0xfa:
      begin(Kind::results, prepared(payload), packet);
      return Verdict::mine;
    case kLongData:  // for a parameter: no answer
      return Verdict::mine;
    case 0x19:
      statements_.erase(four(payload, 1));
      return Verdict::mine;
    case 0x1c:
      begin(Kind::rows, "FETCH", packet);
      return Verdict::mine;
    default:
      break;
  }
  const auto* known = std::find_if(std::begin(kSimple), std::end(kSimple), [&](const Known& k) { return k.code == code; });
  begin(Kind::simple, known != std::end(kSimple) ? known->operation : kOtherOperation, packet);
  return Verdict::mine;
}

void MySql::begin(Command::Kind kind, std::string_view operation, const MySqlPacketReader& packet, std::string rest) {
  Command made{.kind = kind, .operation = operation, .rest = std::move(rest), .tgid = packet.tgid(), .start_ns = packet.start_ns()};
  if (lost_) {
    report(made, QueryStatus::unknown, packet.start_ns());
    return;
  }
  rest_bytes_ += made.rest.size();
  pending_.push_back(std::move(made));
}

void MySql::server_packet(const MySqlPacketReader& packet, uint64_t ts_ns) {
  const std::string_view payload = packet.payload();
  const uint8_t first = byte(payload, 0);
  switch (phase_) {
    case Phase::greeted: {
      const size_t version = std::min(payload.find('\0', 1), payload.size());
      capabilities_ = two(payload, version + 14) | static_cast<uint32_t>(two(payload, version + 19)) << 16;
      return;
    }
    case Phase::logging_in:
      if (first != kOk) return;  // an error ends the connection; all else is part of logging in
      phase_ = capabilities_ & (kCompress | kZstd) ? Phase::compressed : Phase::commands;
      attributes_ = (capabilities_ & kQueryAttributes) != 0;
      ready_once_ = true;
      note_status(status_of_ok(payload));
      return;
    default:
      break;
  }
  const bool progress = first == kError && two(payload, 1) == 0xffff;  // MariaDB's; no error
  if (progress) return;
  if (pending_.empty()) {
    // A definition's EOF behind a prepared statement, where it was not known that there would be one.
    if (first != kEof) sink_.on_parse_error(ParseError::orphan_response);
    return;
  }
  if (first == kError && answer_ != Answer::definitions) {
    if (two(payload, 1) == kDeadlock) in_transaction_ = false;  // it has been rolled back; errors carry no status
    end_command(QueryStatus::error, ts_ns);
    return;
  }
  const bool eof = first == kEof && packet.length() < (answer_ == Answer::rows && ends_in_eof_ ? 9 : 0xffffff);
  switch (answer_) {
    case Answer::first:
      first_of_answer(packet, ts_ns);
      return;
    case Answer::local_file:
    case Answer::after_local_file:
      end_result(status_of_ok(payload), false, ts_ns);
      return;
    case Answer::definitions:
      if (--definitions_ == 0) end_definitions(ts_ns);
      return;
    case Answer::after_definitions:
      if (pending_.front().kind == Command::Kind::prepare) {
        after_prepared_definitions(packet, ts_ns);
        return;
      }
      answer_ = Answer::rows;
      ends_in_eof_ = first == kEof && packet.length() == 5;
      if (!ends_in_eof_ && eof) end_result(status_of_ok(payload), true, ts_ns);
      if (ends_in_eof_ && status_of_eof(payload) & kCursorExists) end_result(status_of_eof(payload), true, ts_ns);
      return;
    case Answer::rows:
      if (eof) end_result(ends_in_eof_ ? status_of_eof(payload) : status_of_ok(payload), true, ts_ns);
      return;
  }
}

// Of a result or a prepared statement. Whether EOF follows is known from the log-in or shows itself.
void MySql::end_definitions(uint64_t ts_ns) {
  answer_ = Answer::after_definitions;
  if (pending_.front().kind != Command::Kind::prepare || !deprecates_eof()) return;
  next_definitions(ts_ns);
}

void MySql::next_definitions(uint64_t ts_ns) {
  definitions_ = std::exchange(more_definitions_, 0);
  if (definitions_ > 0)
    answer_ = Answer::definitions;
  else
    end_command(QueryStatus::ok, ts_ns);
}

void MySql::after_prepared_definitions(const MySqlPacketReader& packet, uint64_t ts_ns) {
  const bool eof = byte(packet.payload(), 0) == kEof && packet.length() == 5;
  next_definitions(ts_ns);
  if (eof) return;
  capabilities_ |= kDeprecateEof;  // the log-in was not seen
  server_packet(packet, ts_ns);
}

void MySql::first_of_answer(const MySqlPacketReader& packet, uint64_t ts_ns) {
  const std::string_view payload = packet.payload();
  const uint8_t first = byte(payload, 0);
  const bool stray = first == kEof && packet.length() == 5 && packet.sequence() > 1;
  switch (pending_.front().kind) {
    case Command::Kind::simple:
      if (first == kOk) note_status(status_of_ok(payload));
      if (first == kOk && pending_.front().operation == kResetConnection) statements_.clear();
      if (first == kEof) note_status(status_of_eof(payload));
      end_command(QueryStatus::ok, ts_ns);
      break;
    case Command::Kind::results:
      if (!stray) first_of_result(packet, ts_ns);
      break;
    case Command::Kind::prepare:
      if (first == kOk) prepared_answer(payload, ts_ns);
      break;
    case Command::Kind::fields:
      if (first == kEof && packet.length() < 9) end_command(QueryStatus::ok, ts_ns);
      break;
    case Command::Kind::rows:
      if (first == kEof && packet.length() < 0xffffff) {
        note_status(packet.length() == 5 ? status_of_eof(payload) : status_of_ok(payload));
        end_command(QueryStatus::ok, ts_ns);
      }
      break;
    case Command::Kind::log_in:
      if (first != kOk) break;
      note_status(status_of_ok(payload));
      statements_.clear();
      end_command(QueryStatus::ok, ts_ns);
      break;
  }
}

void MySql::first_of_result(const MySqlPacketReader& packet, uint64_t ts_ns) {
  std::string_view payload = packet.payload();
  const uint8_t first = byte(payload, 0);
  // MySQL may say before their number whether definitions follow; MariaDB says so behind.
  const bool told = capabilities_ & kOptionalDefinitions && first <= 1 && payload.size() > 1 && packet.length() < 7;
  if (told) payload.remove_prefix(1);
  if (first == kOk && !told) {
    end_result(status_of_ok(payload), false, ts_ns);
  } else if (first == kLocalFile) {
    answer_ = Answer::local_file;
  } else if (!take_number(payload, definitions_) || definitions_ == 0 || definitions_ > UINT16_MAX || payload.size() > 1) {
    sink_.on_parse_error(ParseError::bad_message);
    lose_frame(opposite(client_), ts_ns);
  } else {
    // MariaDB may add whether definitions follow, which a client may have from before.
    const bool left_out = told ? first == 0 : payload.size() == 1 && payload[0] == 0;
    answer_ = left_out ? Answer::after_definitions : Answer::definitions;
  }
}

void MySql::prepared_answer(std::string_view payload, uint64_t ts_ns) {
  if (statements_.size() < kMaxStatements)
    statements_[four(payload, 1)] = pending_.front().prepares;
  else
    sink_.on_parse_error(ParseError::pipeline_limit);
  const uint16_t columns = two(payload, 5);
  const uint16_t parameters = two(payload, 7);
  definitions_ = parameters > 0 ? parameters : columns;
  more_definitions_ = parameters > 0 ? columns : 0;
  const bool left_out = capabilities_ & kOptionalDefinitions && payload.size() > 12 && byte(payload, 12) == 0;
  if (definitions_ == 0 || left_out)
    end_command(QueryStatus::ok, ts_ns);
  else
    answer_ = Answer::definitions;
}

// One result has ended: a statement's, or one of several of a CALL.
void MySql::end_result(uint16_t status, bool had_rows, uint64_t ts_ns) {
  note_status(status);
  Command& command = pending_.front();
  const bool more = (status & kMoreResults) != 0;
  if (!more) {
    end_command(QueryStatus::ok, ts_ns);
    return;
  }
  answer_ = Answer::first;
  const bool several = command.operation == "CALL" || command.operation == kCompoundOperation;
  if (several && had_rows) return;
  report(command, QueryStatus::ok, ts_ns);
  command.start_ns = ts_ns;
  command.operation = sql_operation(command.rest, SqlDialect::mysql);
  rest_bytes_ -= command.rest.size();
  command.rest = std::string(next_statement(command.rest, SqlDialect::mysql));
  rest_bytes_ += command.rest.size();
}

void MySql::end_command(QueryStatus status, uint64_t ts_ns) {
  report(pending_.front(), status, ts_ns);
  rest_bytes_ -= pending_.front().rest.size();
  pending_.pop_front();
  answer_ = Answer::first;
  more_definitions_ = 0;
  ready_once_ = true;
}

void MySql::report(const Command& command, QueryStatus status, uint64_t end_ns) {
  sink_.on_query({.role = role(),
                  .operation = command.operation.empty() ? kOtherOperation : command.operation,
                  .status = status,
                  .tgid = command.tgid,
                  .start_ns = command.start_ns,
                  .duration_ns = end_ns > command.start_ns ? end_ns - command.start_ns : 0});
}

Verdict MySql::unseen(Direction direction, const Passage& passage, const Unseen& bytes) {
  if (closed_) return Verdict::finished;
  if (phase_ == Phase::start) {
    unseen_before_ = true;
    lead_.clear();
    return Verdict::undecided;
  }
  if (phase_ == Phase::encrypted || phase_ == Phase::compressed) {
    sink_.on_parse_error(phase_ == Phase::encrypted ? ParseError::encrypted : ParseError::compressed);
    return Verdict::mine;
  }
  const bool from_client = direction == client_;
  last_ns_ = passage.ts_ns;
  if (!framed_[from_client ? 0 : 1] || (lost_ && !from_client)) {
    if (!from_client) {
      last_.clear();
      remember_end(bytes.tail, passage.ts_ns);
    }
    return Verdict::mine;
  }
  // The middle of a payload tells nothing; its end, and what follows, may have been seen.
  bool ended = false;
  if (reader(from_client).skip(bytes.length - bytes.tail.size(), ended)) {
    const Verdict verdict = ended ? packet(from_client, passage) : Verdict::mine;
    return verdict == Verdict::mine && !bytes.tail.empty() ? consume(direction, passage, bytes.tail) : verdict;
  }
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  lose_frame(direction, passage.ts_ns, bytes.late);
  if (!from_client) remember_end(bytes.tail, passage.ts_ns);
  return Verdict::mine;
}

// A direction's packets can be followed no longer. Where the server is answering the only command, the end of its answer will tell;
// where the client is handing over a file or the end of a command of more than one packet, the server's answer will.
void MySql::lose_frame(Direction direction, uint64_t ts_ns, bool late) {
  const bool from_client = direction == client_;
  MySqlPacketReader& r = reader(from_client);
  const bool in_command = from_client && phase_ == Phase::commands && r.sequence() == 0 && !r.at_start() && !r.payload().empty();
  framed_[from_client ? 0 : 1] = false;
  phase_ = Phase::commands;
  const bool only = pending_.size() == 1 && pending_.front().rest.empty() && pending_.front().kind != Command::Kind::prepare;
  if (!from_client && only && !lost_) {
    adrift_ = true;
    last_.clear();
  } else if (from_client && in_command && !late && is_long_command()) {
    command(r, ts_ns);
  } else if (!from_client || answer_ != Answer::local_file) {
    lose(ts_ns);
    if (in_command) command(r, ts_ns);  // it is not lost without a trace
  }
  r.reset();
}

// Whether the rest of the run is one command's, which the server answers.
bool MySql::is_long_command() const {
  const MySqlPacketReader& r = readers_[0];
  return r.goes_on() && pending_.empty() && !overlaps_ && byte(r.payload(), 0) != kLongData;
}

// Which answer belongs to which command is not known from here on.
void MySql::lose(uint64_t ts_ns) {
  for (const Command& command : pending_) report(command, QueryStatus::unknown, ts_ns);
  pending_.clear();
  rest_bytes_ = 0;
  lost_ = true;
  adrift_ = false;
  last_.clear();
}

void MySql::remember_end(std::string_view bytes, uint64_t ts_ns) {
  last_.append(bytes.substr(bytes.size() > kEnd ? bytes.size() - kEnd : 0));
  if (last_.size() > kEnd) last_.erase(0, last_.size() - kEnd);
  last_ns_ = ts_ns;
}

// A result ends in EOF (5 bytes behind its header) or in OK (7 when it says nothing more).
bool MySql::settle_adrift() {
  uint16_t status = 0;
  const std::string_view end = last_;
  if (end.size() >= kEnd && packet_length(end) == 7 && byte(end, 4) == kEof && two(end, 5) == 0)
    status = two(end, 7);
  else if (end.size() >= 9 && packet_length(end.substr(end.size() - 9)) == 5 && byte(end, end.size() - 5) == kEof)
    status = two(end, end.size() - 2);
  else
    return false;
  if (status & kMoreResults) return false;
  note_status(status);
  adrift_ = false;
  framed_[1] = true;
  end_command(QueryStatus::ok, last_ns_);
  return true;
}

void MySql::advance(uint64_t now_ns) {
  if (adrift_ && now_ns >= last_ns_ + kSettleNs) settle_adrift();
}

// The client speaks again: what was followed no longer may be found again.
void MySql::begin_client_run(std::string_view bytes) {
  if (adrift_ && !settle_adrift()) lose(last_ns_);
  const bool prepared = !pending_.empty() && pending_.front().kind == Command::Kind::prepare;
  if (prepared && answer_ == Answer::after_definitions) next_definitions(last_ns_);
  if (!framed_[0] && begins_command(bytes) && answer_ != Answer::local_file) {
    framed_[0] = true;
    reader(true).reset();
  }
  if (lost_ && framed_[0] && !overlaps_ && reader(true).at_start()) {
    lost_ = false;
    framed_[1] = true;
    reader(false).reset();
    answer_ = Answer::first;
  }
  if (!pending_.empty() && answer_ != Answer::local_file && phase_ == Phase::commands &&
      pending_.front().kind != Command::Kind::log_in)
    overlaps_ = true;
}

void MySql::close(uint64_t ts_ns) {
  if (std::exchange(closed_, true)) return;
  if (adrift_ && !settle_adrift()) lose(ts_ns);
  for (const Command& command : pending_) report(command, QueryStatus::aborted, ts_ns);
  pending_.clear();
  rest_bytes_ = 0;
}

SessionState MySql::session() const {
  if (phase_ == Phase::encrypted || phase_ == Phase::compressed) return SessionState::unreadable;
  if (phase_ != Phase::commands) return SessionState::none;
  if (!pending_.empty() || !readers_[0].at_start()) return SessionState::active;
  if (!ready_once_) return SessionState::none;
  return in_transaction_ ? SessionState::in_transaction : SessionState::idle;
}

size_t MySql::memory() const {
  return readers_[0].memory() + readers_[1].memory() + pending_.size() * sizeof(Command) + rest_bytes_ + statements_.size() * 64;
}

}  // namespace sockwatch
