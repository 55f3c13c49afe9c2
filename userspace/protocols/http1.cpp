#include "protocols/http1.h"

#include <algorithm>

namespace sockwatch {

Verdict Http1::data(Direction direction, const Passage& passage, std::string_view bytes) {
  if (left_) return Verdict::finished;
  return role_known_ ? dispatch(direction, passage, bytes) : decide(direction, passage, bytes);
}

Verdict Http1::decide(Direction direction, const Passage& passage, std::string_view bytes) {
  std::string& lead = lead_[static_cast<size_t>(direction)];
  Passage& lead_passage = lead_passage_[static_cast<size_t>(direction)];
  if (lead.empty()) {
    const size_t start = bytes.find_first_not_of("\r\n \t");
    if (start == std::string_view::npos) return Verdict::undecided;
    bytes.remove_prefix(start);
    lead_passage = passage;
  }
  std::string start = lead;
  start.append(bytes.substr(0, 8));
  const Likeness response = looks_like_response(start);
  if (response == Likeness::no && request_.phase == Phase::lost && looks_like_request(bytes) == Likeness::no) {
    lead.clear();
    return Verdict::undecided;
  }
  if (response == Likeness::maybe) {
    lead.append(bytes);
    return Verdict::undecided;
  }
  role_known_ = true;
  request_direction_ = response == Likeness::yes ? opposite(direction) : direction;

  const Direction other = opposite(direction);
  const std::string other_lead = std::move(lead_[static_cast<size_t>(other)]);
  const std::string own_lead = std::move(lead);
  Verdict verdict = Verdict::undecided;
  if (!own_lead.empty()) verdict = dispatch(direction, lead_passage, own_lead);
  if (verdict <= Verdict::mine) verdict = dispatch(direction, passage, bytes);
  if (verdict <= Verdict::mine && !other_lead.empty())
    verdict = dispatch(other, lead_passage_[static_cast<size_t>(other)], other_lead);
  return verdict;
}

Verdict Http1::dispatch(Direction direction, const Passage& passage, std::string_view bytes) {
  return direction == request_direction_ ? request_data(passage, bytes) : response_data(passage, bytes);
}

Verdict Http1::unseen(Direction direction, const Passage& passage, const Unseen& bytes) {
  if (left_) return Verdict::finished;
  if (bytes.length == 0) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (!role_known_) {
    // Nothing has told yet which direction is which; both sides are sought anew.
    lead_[0].clear();
    lead_[1].clear();
    request_.phase = response_.phase = Phase::lost;
    return Verdict::undecided;
  }
  if (direction == request_direction_) {
    request_unseen(passage, bytes);
  } else {
    response_unseen(passage, bytes);
  }
  return Verdict::mine;
}

void Http1::eof(Direction direction, uint64_t ts_ns) {
  if (left_ || !role_known_) return;
  if (direction == request_direction_) {
    request_eof();
  } else {
    response_eof(ts_ns);
  }
  drain();
}

void Http1::close(uint64_t ts_ns) {
  if (left_ || !role_known_) return;
  request_eof();
  response_eof(ts_ns);
  drain();
  left_ = true;
}

bool Http1::waiting() const {
  return (in_response_ && response_.phase == Phase::unframed && response_.may_have_ended) || head_ < answering_;
}

void Http1::advance(uint64_t now_ns) {
  if (left_) return;
  if (in_response_ && response_.phase == Phase::unframed && response_.may_have_ended &&
      now_ns >= response_.last_ns + kSettleNs)
    response_complete(response_.last_ns);
  if (head_ < answering_ && now_ns >= at(head_).end_ns + kEarlyResponseNs) {
    request_.detached = true;  // it is the newest: later requests come after its body
    at(head_).request_done = true;
    drain();
  }
}

size_t Http1::memory() const {
  return exchanges_.capacity() * sizeof(Exchange) + target_bytes_ + request_.reader.memory() + response_.reader.memory();
}

Verdict Http1::leave() {
  // What looked like requests behind an accepted upgrade or CONNECT was the tunnel's content.
  for (size_t i = head_; i < answering_; ++i) at(i).request_done = true;
  drain();
  left_ = true;
  return Verdict::finished;
}

void Http1::push(const Http1Head& head) {
  if (outstanding() == exchanges_.size()) {
    std::vector<Exchange> larger(std::max<size_t>(1, exchanges_.size() * 2));
    for (size_t i = head_; i < tail_; ++i) larger[i & (larger.size() - 1)] = std::move(at(i));
    exchanges_ = std::move(larger);
  }
  Exchange& exchange = at(tail_++);
  std::string_view target = head.target;
  if (target_bytes_ + target.size() > kMaxTargetBytes) target = target.substr(0, 256);
  target_bytes_ += target.size();
  exchange.method = head.method;
  exchange.target = target;
  exchange.start_ns = request_.start_ns;
  exchange.first_byte_ns = exchange.end_ns = 0;
  exchange.request_bytes = exchange.response_bytes = 0;
  exchange.tgid = request_.tgid;
  exchange.run = request_.run;
  exchange.status = 0;
  exchange.expect_continue = head.expect_continue;
  exchange.aborted = exchange.request_done = exchange.response_done = false;
}

// The next exchange will get no response, or none that can be seen.
void Http1::give_up_unanswered(uint64_t ts_ns, bool aborted) {
  if (answering_ + 1 == tail_) request_.detached = true;  // what follows of its body belongs to nothing
  Exchange& exchange = at(answering_++);
  exchange.end_ns = ts_ns;
  exchange.aborted = aborted;
  exchange.request_done = exchange.response_done = true;
}

void Http1::drain() {
  while (head_ < answering_ && at(head_).response_done && at(head_).request_done) {
    emit(at(head_));
    pop();
  }
}

void Http1::pop() {
  Exchange& exchange = at(head_++);
  target_bytes_ -= exchange.target.size();
  if (exchange.target.capacity() > 1024) {
    exchange.target.clear();
    exchange.target.shrink_to_fit();
  }
  if (head_ == tail_ && exchanges_.size() > 16) {  // a deep pipeline has drained
    exchanges_.clear();
    exchanges_.shrink_to_fit();
  }
}

void Http1::emit(const Exchange& exchange) {
  Transaction t;
  t.protocol = kName;
  t.role = request_direction_ == Direction::recv ? Role::server : Role::client;
  t.method = exchange.method;
  t.target = exchange.target;
  t.status = exchange.aborted       ? Status::aborted()
             : exchange.status == 0 ? Status::unknown()
                                    : Status::code(exchange.status);
  t.tgid = exchange.tgid;
  t.start_ns = exchange.start_ns;
  t.ttfb_ns = exchange.first_byte_ns > exchange.start_ns ? exchange.first_byte_ns - exchange.start_ns : 0;
  t.duration_ns = exchange.end_ns > exchange.start_ns ? exchange.end_ns - exchange.start_ns : 0;
  t.request_bytes = exchange.request_bytes;
  t.response_bytes = exchange.response_bytes;
  sink_.on_transaction(t);
}

}  // namespace sockwatch
