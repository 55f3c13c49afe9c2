// What the server answers, and the queries that this completes.
#include "protocols/mysql/mysql.h"

#include <algorithm>
#include <utility>

#include "protocols/mysql/payload.h"
#include "protocols/common/sql_operation.h"

namespace sockwatch {

using namespace mysql;

namespace {

constexpr uint16_t kDeadlock = 1213;

}  // namespace

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
  if (command.operation.empty()) return;
  sink_.on_query({.role = role(),
                  .operation = command.operation,
                  .status = status,
                  .tgid = command.tgid,
                  .start_ns = command.start_ns,
                  .duration_ns = end_ns > command.start_ns ? end_ns - command.start_ns : 0});
}

}  // namespace sockwatch
