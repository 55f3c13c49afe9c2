#include "protocols/http1/http1.h"

#include <algorithm>
#include <utility>

namespace sockwatch {
namespace {

constexpr size_t kMaxBlankLead = 16;

}  // namespace

Verdict Http1::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (left_) return Verdict::finished;
  return role_known_ ? dispatch(direction, arrival, bytes) : decide(direction, arrival, bytes);
}

Verdict Http1::decide(Direction direction, const Arrival& arrival, std::string_view bytes) {
  early_flight_[static_cast<size_t>(direction)] = arrival.flight;
  std::string& lead = lead_[static_cast<size_t>(direction)];
  Arrival& lead_arrival = lead_arrival_[static_cast<size_t>(direction)];
  const bool seeking = request_.phase == Phase::lost;  // what comes may be anything
  size_t blank = 0;  // of empty lines, with which a header of the PROXY protocol begins as well
  if (lead.find_first_not_of("\r\n") == std::string::npos) {
    lead_arrival = arrival;
    blank = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    if (blank == bytes.size()) {
      append_up_to(lead, kMaxBlankLead, bytes);
      return Verdict::undecided;
    }
  }
  std::string start = lead;
  start.append(bytes.substr(0, seeking ? HeadReader::kMaxLine : blank + 8));
  const Likeness response = looks_like_response(start);
  const Likeness request = !seeking ? Likeness::yes : looks_like_request(start);
  if (response == Likeness::maybe || (response == Likeness::no && request == Likeness::maybe)) {
    if (start.size() < HeadReader::kMaxLine) lead.append(bytes);
    return Verdict::undecided;
  }
  if (response == Likeness::no && request == Likeness::no) {
    const bool again = !lead.empty();
    lead.clear();
    return again ? decide(direction, arrival, bytes) : Verdict::undecided;
  }
  role_known_ = true;
  request_direction_ = response == Likeness::yes ? opposite(direction) : direction;
  request_.last_flight = early_flight_[static_cast<size_t>(request_direction_)];
  response_.last_flight = early_flight_[static_cast<size_t>(opposite(request_direction_))];

  const std::string own_lead = std::exchange(lead, {});
  const Direction other = opposite(direction);
  const std::string other_lead = std::exchange(lead_[static_cast<size_t>(other)], {});
  Verdict verdict = Verdict::undecided;
  if (!own_lead.empty()) verdict = dispatch(direction, lead_arrival, own_lead);
  if (verdict <= Verdict::mine && !other_lead.empty())
    verdict = dispatch(other, lead_arrival_[static_cast<size_t>(other)], other_lead);
  if (verdict <= Verdict::mine) verdict = dispatch(direction, arrival, bytes);
  return verdict;
}

Verdict Http1::dispatch(Direction direction, const Arrival& arrival, std::string_view bytes) {
  return direction == request_direction_ ? request_data(arrival, bytes) : response_data(arrival, bytes);
}

Verdict Http1::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  if (left_) return Verdict::finished;
  if (bytes.length == 0) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (!role_known_) {
    // Nothing has told yet which direction is which; both sides are sought anew.
    lead_[0].clear();
    lead_[1].clear();
    request_.phase = response_.phase = Phase::lost;
    uncertain_ = true;
    early_flight_[static_cast<size_t>(direction)] = arrival.flight;
    request_.last_ns = arrival.ts_ns;
    if (arrival.exact_flight) request_.gap_flight = arrival.flight;
    return Verdict::undecided;
  }
  if (answer_tells_ && (direction != request_direction_ || !is_deaf(arrival))) return not_http();  // nothing will tell any longer
  return direction == request_direction_ ? request_unseen(arrival, bytes) : response_unseen(arrival, bytes);
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
  if (left_) return;
  if (role_known_) {
    request_eof();
    response_eof(ts_ns);
    drain();
  }
  left_ = true;
}

bool Http1::waiting() const {
  return (in_response_ && response_.phase == Phase::unframed && response_.may_have_ended) || head_ < answering_;
}

void Http1::advance(uint64_t now_ns) {
  if (left_) return;
  if (in_response_ && response_.phase == Phase::unframed && response_.may_have_ended &&
      now_ns >= response_.last_ns + kSettleNs) {
    release_held_response();
    if (response_.may_have_ended) response_complete(response_.last_ns);
  }
  if (head_ == answering_) return;
  if (now_ns >= at(head_).end_ns + kSettleNs) trust_last_answer();
  if (head_ < answering_ && now_ns >= at(head_).end_ns + kEarlyResponseNs) {
    request_.detached = true;  // it is the newest: later requests come after its body
    at(head_).request_done = true;
    drain();
  }
}

size_t Http1::memory() const {
  return exchanges_.capacity() * sizeof(Exchange) + target_bytes_ + request_.reader.memory() + response_.reader.memory() +
         request_.held.capacity() + response_.held.capacity() + lead_[0].capacity() + lead_[1].capacity();
}

// An upgrade or a tunnel.
Verdict Http1::leave() {
  // What looked like requests behind it was the tunnel's content.
  for (size_t i = head_; i < answering_; ++i) {
    at(i).request_done = true;
    at(i).tentative = false;
  }
  drain();
  left_ = true;
  return Verdict::finished;
}

}  // namespace sockwatch
