// Recognising the protocol, its packets from the bytes of either direction, and logging in.
#include "protocols/mysql/mysql.h"

#include <algorithm>
#include <utility>

#include "protocols/common/bounded_bytes.h"
#include "protocols/mysql/payload.h"
#include "protocols/common/sql_operation.h"

namespace sockwatch {

using namespace mysql;

namespace {

constexpr size_t kMaxTries = 32;

}  // namespace

Verdict MySql::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (bytes.empty()) return phase_ == Phase::start ? Verdict::undecided : Verdict::mine;
  if (phase_ == Phase::start) return recognise(direction, arrival, bytes);
  if (last_ns_ + kQuietNs < arrival.ts_ns) overlap_.forget();
  if (direction != client_) overlap_.server_speaks(false);
  const Verdict verdict = consume(direction, arrival, bytes);
  last_ns_ = arrival.ts_ns;
  return verdict;
}

// By the server's greeting; in the middle, by a command that is a whole segment.
Verdict MySql::recognise(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (unseen_before_ && is_greeting(bytes)) unseen_before_ = false;
  if (unseen_before_) {
    if (!is_command(bytes, bytes.size())) return ++tries_ < kMaxTries ? Verdict::undecided : Verdict::not_mine;
    const uint8_t code = byte(bytes, 4);
    if (code == 0x03 && sql_operation(bytes.substr(5), SqlDialect::mysql) == kOtherOperation) return Verdict::undecided;
    client_ = direction;
    client_flight_ = arrival.flight;
    phase_ = Phase::commands;
    return consume(direction, arrival, bytes);
  }
  if (lead_.empty()) client_ = opposite(direction);
  if (direction == client_) return Verdict::not_mine;
  // At most the six bytes that tell are held.
  const std::string before = lead_;
  append_up_to(lead_, 6, bytes);
  if (lead_.size() < 6) return lead_.size() > 3 && lead_[3] != 0 ? Verdict::not_mine : Verdict::undecided;
  if (!is_greeting(lead_)) return Verdict::not_mine;
  phase_ = Phase::greeted;
  if (!before.empty())
    if (const Verdict verdict = consume(direction, arrival, before); verdict != Verdict::mine) return verdict;
  return consume(direction, arrival, bytes);
}

Verdict MySql::consume(Direction direction, const Arrival& arrival, std::string_view bytes) {
  const bool from_client = direction == client_;
  if (from_client && arrival.flight != client_flight_) {
    client_flight_ = arrival.flight;
    begin_client_flight(bytes);
  }
  while (!bytes.empty()) {
    if (phase_ == Phase::encrypted || phase_ == Phase::compressed) {
      sink_.on_parse_error(phase_ == Phase::encrypted ? ParseError::encrypted : ParseError::compressed);
      return Verdict::mine;
    }
    if (!framed_[from_client ? 0 : 1] || (lost_ && !from_client)) {
      if (!from_client) {
        remember_end(bytes, arrival.ts_ns);
      } else if (answer_ != Answer::local_file) {
        sink_.on_passed_over(bytes.size());
      }
      return Verdict::mine;
    }
    if (!reader(from_client).read(bytes, arrival.ts_ns, arrival.tgid)) return Verdict::mine;
    if (const Verdict verdict = packet(from_client, arrival); verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

Verdict MySql::packet(bool from_client, const Arrival& arrival) {
  const MySqlPacketReader& packet = reader(from_client);
  if (from_client) return client_packet(packet, arrival.ts_ns);
  server_packet(packet, arrival.ts_ns);
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

bool MySql::consistent() const {
  size_t rest = 0;
  for (const Command& command : pending_) rest += command.rest.size();
  const bool bounded = pending_.size() <= kMaxPending && statements_.size() <= kMaxStatements && lead_.size() <= 6 && last_.size() <= kEnd;
  const bool certain = (!lost_ || pending_.empty()) && (!adrift_ || pending_.size() == 1);
  return bounded && certain && rest == rest_bytes_ && readers_[0].consistent() && readers_[1].consistent();
}

size_t MySql::memory() const {
  return readers_[0].memory() + readers_[1].memory() + pending_.size() * sizeof(Command) + rest_bytes_ + statements_.size() * 64;
}

}  // namespace sockwatch
