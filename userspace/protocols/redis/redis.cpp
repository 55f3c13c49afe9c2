#include "protocols/redis/redis.h"

#include <algorithm>
#include <utility>

namespace sockwatch {
namespace {

bool is_word(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() &&
         std::equal(word.begin(), word.end(), lower.begin(), [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

Verdict Redis::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (bytes.empty()) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (!recognised_) return recognise(direction, arrival, bytes);
  if (last_ns_ + kQuietNs < arrival.ts_ns) overlap_.forget();
  const Verdict verdict = direction == client_ ? requests(arrival, bytes) : replies(arrival, bytes);
  last_ns_ = arrival.ts_ns;
  return verdict;
}

Verdict Redis::requests(const Arrival& arrival, std::string_view bytes) {
  if (arrival.flight != client_flight_) {
    client_flight_ = arrival.flight;
    settle_adrift();
    if (!framed_ && RedisRequestReader::may_begin(bytes)) {
      framed_ = true;
      request_.reset();
    }
    if (lost_ && framed_ && !overlap_.proven()) {
      lost_ = false;
      reply_.reset();
    }
    if (!pending_.empty()) overlap_.suspect();
  }
  if (!framed_) sink_.on_passed_over(bytes.size());
  while (framed_ && !bytes.empty()) {
    if (request_.at_start()) {
      request_start_ns_ = arrival.ts_ns;
      request_tgid_ = arrival.tgid;
    }
    switch (request_.read(bytes)) {
      case RedisRequestReader::Outcome::need_more:
        return Verdict::mine;
      case RedisRequestReader::Outcome::bad:
        sink_.on_parse_error(ParseError::bad_message);
        sink_.on_passed_over(bytes.size());
        framed_ = false;
        lose(arrival.ts_ns);
        return Verdict::mine;
      case RedisRequestReader::Outcome::done:
        if (const Verdict verdict = request(arrival); verdict != Verdict::mine) return verdict;
    }
  }
  return Verdict::mine;
}

Verdict Redis::request(const Arrival& arrival) {
  if (request_.is_blank()) return Verdict::mine;
  Command command{.known = &redis_command(request_.name()),
                  .arguments = request_.arguments(),
                  .has_get = request_.has_get(),
                  .tgid = request_tgid_,
                  .start_ns = request_start_ns_};
  const RedisEffect effect = command.known->effect;
  if (effect == RedisEffect::leaves) {
    lose(arrival.ts_ns);
    closed_ = true;
    report(command, QueryStatus::ok, arrival.ts_ns);
    return Verdict::finished;
  }
  bool has_reply = !std::exchange(skip_next_, false);
  if (effect == RedisEffect::client && is_word(request_.first_argument(), "reply")) {
    const std::string_view how = request_.second_argument();
    skip_next_ = is_word(how, "skip") && !silent_;
    has_reply = is_word(how, "on");
    silent_ = is_word(how, "off") || (silent_ && !has_reply);
  }
  if (silent_ || !has_reply || lost_) {
    report(command, QueryStatus::unknown, arrival.ts_ns);
    return Verdict::mine;
  }
  if (effect == RedisEffect::subscribe || effect == RedisEffect::unsubscribe) {
    subscribed_ = true;
    command.confirmations = std::max<uint32_t>(1, command.arguments);
  }
  if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(arrival.ts_ns);
    return Verdict::mine;
  }
  pending_.push_back(command);
  return Verdict::mine;
}

Verdict Redis::replies(const Arrival& arrival, std::string_view bytes) {
  overlap_.server_speaks(false);
  while (!lost_ && !adrift_ && !bytes.empty()) {
    const RedisReplyReader::Outcome outcome = reply_.read(bytes);
    const bool transaction = !pending_.empty() && pending_.front().known->effect == RedisEffect::exec;
    switch (outcome) {
      case RedisReplyReader::Outcome::need_more:
        return Verdict::mine;
      case RedisReplyReader::Outcome::element:
        if (transaction) answer_transaction(reply_.reply());
        break;
      case RedisReplyReader::Outcome::done:
        if (transaction && reply_.reply().type == '*' && reply_.reply().elements > 0) answer_transaction(reply_.last_element());
        reply(arrival.ts_ns);
        break;
      case RedisReplyReader::Outcome::bad:
        sink_.on_parse_error(ParseError::bad_message);
        lose(arrival.ts_ns);
        break;
    }
  }
  return Verdict::mine;
}

void Redis::answer_transaction(const RedisReply& element) {
  if (executed_.size() >= queued_.size()) return;
  const Command& command = queued_[executed_.size()];
  executed_.emplace_back(element.error ? QueryStatus::error : QueryStatus::ok,
                         count_keys(*command.known, command.arguments, command.has_get, element));
}

// Of pub/sub: pushed, or an array whose first element names its kind.
bool Redis::is_message(const RedisReply& reply) const {
  if (reply.type == '>') return true;
  if (!subscribed_ || reply.type != '*') return false;
  constexpr std::string_view kinds[] = {"message",     "pmessage",     "smessage",      "subscribe",   "psubscribe",
                                        "ssubscribe",  "unsubscribe",  "punsubscribe",  "sunsubscribe"};
  return std::find(std::begin(kinds), std::end(kinds), reply.beginning()) != std::end(kinds);
}

void Redis::confirm(uint64_t ts_ns) {
  const bool confirms = reply_.reply().beginning().ends_with("subscribe");
  if (!confirms || pending_.empty()) return;
  const RedisEffect effect = pending_.front().known->effect;
  if (effect != RedisEffect::subscribe && effect != RedisEffect::unsubscribe) return;
  if (--pending_.front().confirmations > 0) return;
  report(pending_.front(), QueryStatus::ok, ts_ns);
  pending_.pop_front();
}

void Redis::reply(uint64_t ts_ns) {
  const RedisReply& answer = reply_.reply();
  if (is_message(answer)) {
    confirm(ts_ns);
    return;
  }
  if (pending_.empty()) {
    sink_.on_parse_error(ParseError::orphan_response);
    return;
  }
  const Command command = pending_.front();
  pending_.pop_front();
  const QueryStatus status = answer.error ? QueryStatus::error : QueryStatus::ok;
  const RedisEffect effect = command.known->effect;
  if (answer.type == '+' && answer.beginning() == "QUEUED") {
    in_multi_ = true;  // if MULTI passed unseen
    if (queued_.size() < kMaxQueued) {
      queued_.push_back(command);
    } else {
      sink_.on_parse_error(ParseError::pipeline_limit);
      report(command, QueryStatus::unknown, ts_ns);
    }
    return;
  }
  if (effect == RedisEffect::multi && status == QueryStatus::ok) in_multi_ = true;
  if (effect == RedisEffect::exec || effect == RedisEffect::discard || effect == RedisEffect::reset) {
    for (size_t i = 0; i < executed_.size() && i < queued_.size(); ++i)
      report(queued_[i], executed_[i].first, ts_ns, executed_[i].second);
    queued_.clear();
    executed_.clear();
    in_multi_ = false;
  }
  report(command, status, ts_ns, count_keys(*command.known, command.arguments, command.has_get, answer));
}

void Redis::report(const Command& command, QueryStatus status, uint64_t end_ns, KeyCounts keys) {
  sink_.on_query({.role = role(),
                  .operation = command.known->name,
                  .status = status,
                  .tgid = command.tgid,
                  .start_ns = command.start_ns,
                  .duration_ns = end_ns > command.start_ns ? end_ns - command.start_ns : 0,
                  .hits = keys.hits,
                  .misses = keys.misses});
}

Verdict Redis::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  if (closed_) return Verdict::finished;
  // The middle of a string tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.before_tail();
  if (!recognised_) {
    if (direction == client_ && request_.skip(middle)) return recognise(direction, arrival, bytes.tail);
    unseen_before_ = true;
    line_waits_ = false;
    early_.clear();
    early_reply_.clear();
    request_.reset();
    return Verdict::undecided;
  }
  const bool from_client = direction == client_;
  if (!from_client) overlap_.server_speaks(bytes.detected_late);
  if (from_client && arrival.flight != client_flight_) settle_adrift();
  last_ns_ = arrival.ts_ns;
  const uint64_t passed_over = from_client && !bytes.detected_late ? bytes.length : 0;
  if (from_client ? !framed_ : lost_ || adrift_) {
    sink_.on_passed_over(passed_over);
    return Verdict::mine;
  }
  if (from_client ? request_.skip(middle) : reply_.skip(middle)) return data(direction, arrival, bytes.tail);
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  if (from_client) {
    framed_ = false;
    if (is_long_command()) {
      const Verdict verdict = request(arrival);
      request_.reset();
      return verdict;
    }
    sink_.on_passed_over(passed_over);
  }
  adrift_ = !from_client && single_question();
  if (!adrift_) lose(arrival.ts_ns);
  return Verdict::mine;
}

// Whether the command under way is the flight's first: what was not seen is taken for its words.
bool Redis::is_long_command() const {
  return !request_.at_start() && request_.is_array() && !request_.is_blank() && pending_.empty() && queued_.empty() && !overlap_.possible() && !lost_;
}

// Whether the reply under way is the only one that is waited for, and no message.
bool Redis::single_question() const {
  return pending_.size() == 1 && !overlap_.possible() && !subscribed_ && queued_.empty() && reply_.begun() != nullptr && reply_.begun()->type != '>';
}

// Its beginning tells what became of the command, and of how many elements; not what they are.
void Redis::settle_adrift() {
  if (!std::exchange(adrift_, false)) return;
  const Command command = pending_.front();
  pending_.pop_front();
  const KeyRule rule = command.known->rule;
  const bool told = rule != KeyRule::each && rule != KeyRule::any;
  report(command, QueryStatus::ok, last_ns_,
         told ? count_keys(*command.known, command.arguments, command.has_get, *reply_.begun()) : KeyCounts());
  reply_.reset();
}

// Which reply belongs to which command is not known from here on.
void Redis::lose(uint64_t ts_ns) {
  for (const Command& command : queued_) report(command, QueryStatus::unknown, ts_ns);
  for (const Command& command : pending_) report(command, QueryStatus::unknown, ts_ns);
  queued_.clear();
  executed_.clear();
  pending_.clear();
  in_multi_ = adrift_ = false;
  lost_ = true;
}

void Redis::close(uint64_t ts_ns) {
  if (std::exchange(closed_, true)) return;
  settle_adrift();
  for (const Command& command : pending_) report(command, QueryStatus::aborted, ts_ns);
  pending_.clear();
}

SessionState Redis::session() const {
  if (!recognised_) return SessionState::none;
  if (!pending_.empty() || !request_.at_start()) return SessionState::active;
  return in_multi_ ? SessionState::in_transaction : SessionState::idle;
}

bool Redis::consistent() const {
  const bool bounded = pending_.size() <= kMaxPending && queued_.size() <= kMaxQueued && executed_.size() <= queued_.size() && early_.size() <= kMaxEarly;
  const bool certain = (!lost_ || (pending_.empty() && queued_.empty())) && (!adrift_ || (pending_.size() == 1 && reply_.begun() != nullptr));
  return bounded && certain && (recognised_ || pending_.empty());
}

size_t Redis::memory() const {
  return (pending_.size() + queued_.capacity()) * sizeof(Command) + executed_.capacity() * sizeof(executed_[0]) +
         early_.capacity();
}

}  // namespace sockwatch
