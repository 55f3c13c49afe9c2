// What to make of bytes that were not seen or made no sense, and finding footing again.
#include "protocols/mysql/mysql.h"

#include "protocols/mysql/payload.h"

namespace sockwatch {

using namespace mysql;

Verdict MySql::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
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
  if (!from_client) overlap_.server_speaks(bytes.detected_late);
  last_ns_ = arrival.ts_ns;
  const uint64_t passed_over = from_client && !bytes.detected_late && answer_ != Answer::local_file ? bytes.length : 0;
  if (!framed_[from_client ? 0 : 1] || (lost_ && !from_client)) {
    sink_.on_passed_over(passed_over);
    if (!from_client) {
      if (bytes.length > bytes.tail.size()) last_.clear();
      remember_end(bytes.tail, arrival.ts_ns);
    }
    return Verdict::mine;
  }
  // The middle of a payload tells nothing; its end, and what follows, may have been seen.
  bool ended = false;
  if (reader(from_client).skip(bytes.before_tail(), ended)) {
    const Verdict verdict = ended ? packet(from_client, arrival) : Verdict::mine;
    return verdict == Verdict::mine && !bytes.tail.empty() ? consume(direction, arrival, bytes.tail) : verdict;
  }
  sink_.on_passed_over(passed_over);
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  lose_frame(direction, arrival.ts_ns, bytes.detected_late);
  if (!from_client) remember_end(bytes.tail, arrival.ts_ns);
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

// Whether the rest of the flight is one command's, which the server answers.
bool MySql::is_long_command() const {
  const MySqlPacketReader& r = readers_[0];
  return r.goes_on() && pending_.empty() && !overlap_.possible() && byte(r.payload(), 0) != kLongData;
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
void MySql::begin_client_flight(std::string_view bytes) {
  if (adrift_ && !settle_adrift()) lose(last_ns_);
  const bool prepared = !pending_.empty() && pending_.front().kind == Command::Kind::prepare;
  if (prepared && answer_ == Answer::after_definitions) next_definitions(last_ns_);
  if (!framed_[0] && begins_command(bytes) && answer_ != Answer::local_file) {
    framed_[0] = true;
    reader(true).reset();
  }
  if (lost_ && framed_[0] && !overlap_.proven() && reader(true).at_start()) {
    lost_ = false;
    framed_[1] = true;
    reader(false).reset();
    answer_ = Answer::first;
  }
  if (!pending_.empty() && answer_ != Answer::local_file && phase_ == Phase::commands &&
      pending_.front().kind != Command::Kind::log_in)
    overlap_.suspect();
}

}  // namespace sockwatch
