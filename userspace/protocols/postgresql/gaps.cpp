// What to make of bytes that were not seen or made no sense, and finding footing again.
#include "protocols/postgresql/postgresql.h"

#include <algorithm>

#include "protocols/postgresql/message.h"

namespace sockwatch {

using namespace postgresql;

// Which answer belongs to which question is not known from here on.
void PostgreSql::lose(uint64_t ts_ns) {
  settle_all(QueryStatus::unknown, ts_ns);
  lost_ = true;
  adrift_ = failed_ = copying_ = false;
  last_.clear();
}

void PostgreSql::bad_message(Direction direction, uint64_t ts_ns) {
  sink_.on_parse_error(ParseError::bad_message);
  lose_frame(direction, ts_ns);
}

// A direction's messages can be followed no longer. Where the server is answering a single question, the end of its answer will
// tell what became of it; where the client is handing over a COPY's rows, the server's answer will.
void PostgreSql::lose_frame(Direction direction, uint64_t ts_ns) {
  reader(direction).begin_message();
  framed_[static_cast<size_t>(direction)] = false;
  if (direction != client_ && phase_ == Phase::messages && !lost_ && single_question()) {
    adrift_ = true;
    last_.clear();
  } else if (direction != client_ || !copying_) {
    lose(ts_ns);
  }
  enter(Phase::messages);
}

bool PostgreSql::single_question() const {
  const auto questions = std::count_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.kind == Pending::Kind::query || p.kind == Pending::Kind::execute;
  });
  return cycles_ == 1 && questions == 1 && !statements_done_ &&
         std::all_of(pending_.begin(), pending_.end(), [](const Pending& p) { return p.text.empty(); });
}

// The client speaks again: what was followed no longer may be found again.
void PostgreSql::begin_client_flight(std::string_view bytes) {
  if (adrift_ && !settle_adrift()) {
    const std::string end = last_;
    lose(last_ns_);
    last_ = end;
  }
  bool& framed = framed_[static_cast<size_t>(client_)];
  if (!framed && !copying_) framed = begins_message(bytes);
  const Reader& r = reader(client_);
  // Once the server has said that it is ready no question is open; unless the client does not wait for answers.
  if (!lost_ || !framed || r.in_body || !r.header.empty() || overlap_.proven() || !is_ready(last_)) return;
  follow_server();
  lost_ = false;
  unproven_ = true;
}

// From where it has said that it is ready.
void PostgreSql::follow_server() {
  reader(opposite(client_)).begin_message();
  framed_[static_cast<size_t>(opposite(client_))] = true;
  transaction_ = last_.back();
  ready_once_ = true;
}

// A completed statement ends in its tag and one NUL, an error in two.
bool PostgreSql::settle_adrift() {
  if (!is_ready(last_) || last_.size() < kEnd || last_[1] != 0) return false;
  const auto question = std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.kind == Pending::Kind::query || p.kind == Pending::Kind::execute;
  });
  report(*question, question->operation, last_[0] != 0 ? QueryStatus::ok : QueryStatus::error, last_ns_);
  pending_.clear();
  text_bytes_ = 0;
  cycles_ = 0;
  adrift_ = false;
  follow_server();
  return true;
}

void PostgreSql::advance(uint64_t now_ns) {
  if (adrift_ && now_ns >= last_ns_ + kSettleNs) settle_adrift();
}

void PostgreSql::settle_all(QueryStatus status, uint64_t ts_ns) {
  for (const Pending& pending : pending_) {
    const bool answered = pending.kind == Pending::Kind::query && &pending == &pending_.front() && statements_done_;
    const bool asks = pending.kind == Pending::Kind::query || pending.kind == Pending::Kind::execute;
    if (answered || !asks) continue;
    report(pending, pending.operation, status, ts_ns);
  }
  pending_.clear();
  text_bytes_ = 0;
  cycles_ = 0;
  statements_done_ = false;
  unit_start_ns_ = 0;
  unsynced_ = false;
}

Verdict PostgreSql::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  if (closed_) return Verdict::finished;
  if (phase_ == Phase::start) {
    unseen_before_ = true;
    lead_[0].clear();
    lead_[1].clear();
    return Verdict::undecided;
  }
  if (phase_ == Phase::encrypted) {
    sink_.on_parse_error(ParseError::encrypted);
    return Verdict::mine;
  }
  note_passage(direction, arrival, bytes.detected_late);
  Reader& r = reader(direction);
  r.flight = arrival.flight;
  const uint64_t passed_over = direction == client_ && !bytes.detected_late && !copying_ ? bytes.length : 0;
  if (!framed_[static_cast<size_t>(direction)] || (lost_ && direction != client_)) {
    sink_.on_passed_over(passed_over);
    if (direction != client_) {
      if (bytes.length > bytes.tail.size()) last_.clear();
      remember_end(bytes.tail, arrival.ts_ns);
    }
    return Verdict::mine;
  }
  // The middle of a message that tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.before_tail();
  if (phase_ == Phase::messages && (middle == 0 || (r.in_body && middle <= r.left))) {
    Verdict verdict = Verdict::mine;
    if (middle > 0) {
      r.left -= middle;
      r.cut = true;
      if (r.left == 0) verdict = message(direction == client_, r, arrival.ts_ns);
    }
    return verdict == Verdict::mine && !bytes.tail.empty() ? consume(direction, arrival, bytes.tail) : verdict;
  }
  // A long parameter's end, which most clients send with what executes the statement.
  const bool executes = phase_ == Phase::messages && direction == client_ && r.header.empty() && r.type == 'B' &&
                        middle == r.left + kBeforeExecute && ends_in_execute(bytes.tail);
  if (executes) {
    r.left = 0;
    if (r.in_body) message(true, r, arrival.ts_ns);
    return consume(direction, arrival, bytes.tail.substr(1));
  }
  sink_.on_passed_over(passed_over);
  sink_.on_parse_error(direction == client_ ? ParseError::unseen_request : ParseError::unseen_response);
  lose_frame(direction, arrival.ts_ns);
  if (direction != client_) remember_end(bytes.tail, arrival.ts_ns);
  return Verdict::mine;
}

void PostgreSql::remember_end(std::string_view bytes, uint64_t ts_ns) {
  last_.append(bytes.substr(bytes.size() > kEnd ? bytes.size() - kEnd : 0));
  if (last_.size() > kEnd) last_.erase(0, last_.size() - kEnd);
  last_ns_ = ts_ns;
}

}  // namespace sockwatch
