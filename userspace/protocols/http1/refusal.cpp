// Lines that are no request, and the responses that servers of HTTP give them all the same: 400, 405, 505.
//
// Such a line counts once a response has answered it, by its status, as a request that could not be read. Before that it counts for
// nothing: a connection that begins with one may be of any protocol, and a server may pass over it in silence.
#include "protocols/http1/http1.h"

namespace sockwatch {

// The server reads no further than such a line: what else is in its flight is not asked.
Verdict Http1::on_bad_request_line(const Arrival& arrival) {
  const bool first = !recognised_ && !request_.resyncing;
  if (first && start_guessed_) return Verdict::not_mine;
  if (recognised_ || request_.resyncing) sink_.on_parse_error(ParseError::bad_request_line);
  if (request_.resyncing) {
    drop_early_answer();
  } else {
    if (!request_.reader.started()) {
      request_.start_ns = arrival.ts_ns;
      request_.tgid = arrival.tgid;
      request_.flight = arrival.flight;
    }
    wait_for_refusal(arrival);
  }
  request_.reader.reset();
  request_.phase = Phase::lost;
  answer_tells_ = first;
  return first ? Verdict::undecided : Verdict::mine;
}

void Http1::wait_for_refusal(const Arrival& arrival) {
  request_.deaf_flight = arrival.flight;
  // Where unseen bytes may have held requests, which answer is its own cannot be told.
  if (uncertain_ || outstanding() >= kMaxOutstanding) {
    drop_early_answer();
    return;
  }
  request_.detached = false;
  add_exchange(kUnreadMethod, kUnreadTarget).unread = true;
  adopt_early_answer();
  request_complete();
}

// What was passed over in silence has no answer: the next request has, unless this is a refusal.
void Http1::pass_over_unread(uint16_t status) {
  if (status >= 400) return;
  while (unanswered() && at(answering_).unread && answering_ + 1 < tail_) give_up_unanswered(response_.start_ns, false);
  drain();
}

}  // namespace sockwatch
