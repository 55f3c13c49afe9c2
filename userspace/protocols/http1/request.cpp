// The request direction of Http1.
#include <algorithm>
#include <utility>

#include "protocols/http1/http1.h"

namespace sockwatch {

Verdict Http1::request_data(const Arrival& arrival, std::string_view bytes) {
  if (answer_tells_ && (unread_bytes_ += bytes.size()) > kMaxUnread) return not_http();  // whoever refuses does so before
  const uint64_t last_ns = std::max(std::exchange(request_.last_ns, arrival.ts_ns), response_.last_ns);
  if (!request_.reader.started()) after_silence_ = last_ns != 0 && arrival.ts_ns >= last_ns + kQuietNs;
  request_.last_flight = arrival.flight;
  ++request_.pieces;
  if (request_.resyncing && request_.phase == Phase::head && !request_.reader.has_start_line() &&
      (arrival.flight > request_.flight || (bytes.find_first_of("\r\n") != 0 && looks_like_request(bytes) == Likeness::yes)))
    request_.phase = Phase::lost;  // what looked like the beginning of a head was none
  while (!bytes.empty()) {
    switch (request_.phase) {
      case Phase::head: {
        const Verdict verdict = read_request_head(arrival, bytes);
        if (verdict > Verdict::mine) return verdict;
        break;
      }
      case Phase::body:
        read_request_body(arrival, bytes);
        break;
      case Phase::refused:
        return read_after_refusal(arrival, bytes);
      case Phase::unframed:
        if (next_request_begins(arrival, bytes)) {
          request_complete();
          request_.phase = Phase::lost;
          break;
        }
        if (request_.cut_head) sink_.on_passed_over(bytes.size());
        count_request(bytes.size());
        if (!request_.detached) newest().flight = arrival.flight;
        return Verdict::mine;
      case Phase::lost:
        if (answer_tells_ || is_deaf(arrival) || looks_like_request(bytes) == Likeness::no) {
          if (recognised_) sink_.on_passed_over(bytes.size());
          return recognised_ ? Verdict::mine : Verdict::undecided;
        }
        request_.phase = Phase::head;
        request_.resyncing = true;
        drop_request_head();
        break;
      default:
        return Verdict::mine;
    }
  }
  return recognised_ ? Verdict::mine : Verdict::undecided;
}

Verdict Http1::read_request_head(const Arrival& arrival, std::string_view& bytes) {
  HeadReader& reader = request_.reader;
  const bool was_started = reader.started();
  const HeadReader::Step step = reader.feed(bytes);
  bytes.remove_prefix(step.consumed);
  if (!was_started && reader.started()) {
    request_.start_ns = arrival.ts_ns;
    request_.flight = arrival.flight;
    request_.exact_flight = arrival.exact_flight;
    request_.piece = request_.pieces;
    request_.tgid = arrival.tgid;
  }
  const bool plausible = recognised_ || request_.resyncing || reader.is_plausible();
  if (plausible && step.outcome == HeadOutcome::need_more) {
    recognised_ = recognised_ || request_line_is_credible();  // no other protocol has such a line
    return Verdict::undecided;
  }
  if (plausible && step.outcome == HeadOutcome::complete && request_line_is_credible()) return on_request_head(arrival, true);
  if (request_.resyncing && recognised_) sink_.on_passed_over(reader.taken() + bytes.size());
  bytes = {};
  return on_bad_request_line(arrival);
}

// What is found behind unseen bytes may be the end of a line.
bool Http1::request_line_is_credible() const {
  return request_.reader.has_start_line() && (!request_.resyncing || is_registered_method(request_.reader.head().method));
}

Verdict Http1::on_request_head(const Arrival& arrival, bool whole) {
  const Http1Head& head = request_.reader.head();
  recognised_ = true;
  settle_response_before_request();
  if (outstanding() >= kMaxOutstanding) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    response_hidden_ = true;  // what is still outstanding ends as unknown
    response_.last_flight = arrival.flight;
    close(arrival.ts_ns);
    return Verdict::finished;
  }
  push(head);
  if (whole) {
    adopt_early_answer();
  } else {
    drop_early_answer();  // it may have ended long before that answer
  }
  request_.detached = false;
  request_.resyncing = false;
  request_.unseen_body = request_.cut_head = !whole;

  if (!whole) {
    request_.phase = Phase::unframed;
  } else if (head.method == "CONNECT") {
    if (newest().unsure) {  // whether it is accepted will not be known
      while (unanswered()) give_up_unanswered(arrival.ts_ns, false);
      return leave();
    }
    request_complete();
  } else if (head.chunked) {
    request_.body.start_chunked();
    request_.phase = Phase::body;
  } else if (head.other_coding || head.bad_length) {
    request_.phase = Phase::unframed;
  } else if (head.has_length && head.content_length > 0) {
    request_.body.start_length(head.content_length);
    request_.phase = Phase::body;
  } else {
    request_complete();
  }
  give_up_unsure();
  request_.reader.reset();
  return Verdict::mine;
}

// Behind a request whose end was not seen: bytes have passed the other way since.
bool Http1::next_request_begins(const Arrival& arrival, std::string_view bytes) const {
  if (!request_.unseen_body || !arrival.exact_flight) return false;
  const uint32_t flight = request_.detached ? request_.flight : at(tail_ - 1).flight;
  return arrival.flight > flight && looks_like_request(bytes) == Likeness::yes;
}

// Its request will not be known.
void Http1::drop_request_head() {
  if (recognised_) sink_.on_passed_over(request_.reader.taken());
  request_.reader.reset();
}

void Http1::read_request_body(const Arrival& arrival, std::string_view& bytes) {
  if (may_have_been_refused(arrival)) {
    request_.phase = Phase::refused;
    return;
  }
  const size_t taken = request_.body.feed(bytes);
  bytes.remove_prefix(taken);
  count_request(taken);
  if (!request_.detached) newest().flight = arrival.flight;
  if (request_.body.state() == BodyReader::State::done) {
    request_complete();
  } else if (request_.body.state() == BodyReader::State::broken) {
    sink_.on_parse_error(ParseError::bad_chunk);
    request_.phase = request_.detached ? Phase::lost : Phase::unframed;
    request_.unseen_body = false;
    leave_answered_body();
  }
}

// Where the body ends is not known (any longer), and no answer will tell: it has had it.
void Http1::leave_answered_body() {
  if (request_.phase != Phase::unframed || request_.detached || unanswered()) return;
  request_complete();
  request_.phase = Phase::lost;
}

// The client waited for leave to send its body, and was answered already, or what it was told was not seen.
bool Http1::may_have_been_refused(const Arrival& arrival) {
  if (request_.detached || !newest().expect_continue || newest().request_bytes > 0) return false;
  const bool answered = in_response_ && !response_.detached && answering_ + 1 == tail_;
  if (answered || newest().leave_given) return answered;
  return arrival.flight > newest().flight && (response_hidden_ || response_.last_flight < newest().flight);
}

// The answer came before any byte of the body: the body follows, or the next request in its place.
Verdict Http1::read_after_refusal(const Arrival& arrival, std::string_view bytes) {
  if (request_.held.empty()) request_.held_arrival = arrival;
  request_.held.append(bytes);
  const Likeness likeness =
      request_.held.size() > HeadReader::kMaxLine ? Likeness::no : looks_like_request(request_.held);
  return likeness == Likeness::maybe ? Verdict::mine : release_held_request(likeness == Likeness::yes);
}

Verdict Http1::release_held_request(bool is_request) {
  if (is_request) {
    request_complete();
  } else {
    request_.phase = Phase::body;
    if (!request_.detached) newest().expect_continue = false;  // it has sent what it was asked to wait with
  }
  const std::string held = std::exchange(request_.held, {});
  return request_data(request_.held_arrival, held);
}

// The head has ended: it is its first answer that came early, if one did.
void Http1::adopt_early_answer() {
  if (!std::exchange(early_.waits, false)) return;
  Exchange& exchange = newest();
  exchange.status = early_.status;
  exchange.cache = early_.cache;
  exchange.first_byte_ns = early_.first_byte_ns;
  exchange.response_bytes = early_.bytes;
  if (early_.done) {
    exchange.end_ns = early_.end_ns;
    exchange.response_done = true;
    ++answering_;
  } else {
    response_.detached = false;
  }
}

// The head will not end, or where it did is not known.
void Http1::drop_early_answer() {
  if (std::exchange(early_.waits, false)) sink_.on_parse_error(ParseError::orphan_response);
}

void Http1::count_request(uint64_t bytes) {
  if (!request_.detached) newest().request_bytes += bytes;
}

// The request's last byte has passed, or its body has been given up.
void Http1::request_complete() {
  if (!request_.detached) newest().request_done = true;
  request_.phase = Phase::head;
  drain();
}

// "Let the next head on the other direction settle it": a client that does not pipeline asks again when it has its answer.
void Http1::settle_response_before_request() {
  if (!in_response_ || request_.flight <= response_.flight) return;
  release_held_response();
  if (!response_.detached && answering_ + 1 != tail_) return;
  const bool ended = response_.phase == Phase::opaque ||
                     (response_.phase == Phase::unframed && (response_.may_have_ended || !response_.tail_known));
  if (ended) response_complete(response_.last_ns);
}

Verdict Http1::request_unseen(const Arrival& arrival, const Gap& bytes) {
  uint64_t rest = bytes.length;
  const uint32_t flights = arrival.flight - std::exchange(request_.last_flight, arrival.flight);
  request_.last_ns = arrival.ts_ns;
  if (request_.phase == Phase::refused) {  // a body or a request: nobody can tell
    request_.held.clear();
    request_complete();
    request_.phase = Phase::lost;
  }
  if (request_.phase == Phase::body) {
    const uint64_t taken = request_.body.skip(rest);
    rest -= taken;
    count_request(taken);  // in which flight they passed is not known
    if (request_.body.state() == BodyReader::State::done) {
      request_complete();
    } else if (request_.body.state() == BodyReader::State::broken) {
      request_.phase = request_.detached ? Phase::lost : Phase::unframed;
      request_.unseen_body = true;
    }
  }
  if (rest == 0 || request_.phase == Phase::ended) return Verdict::mine;
  if (recognised_ && !bytes.detected_late && request_.phase != Phase::unframed) sink_.on_passed_over(rest);
  if (is_deaf(arrival)) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (arrival.exact_flight && (request_.phase == Phase::head || request_.phase == Phase::lost)) {
    // With no flight between that was not seen, a request was lost in the flight of what comes now, or behind one in its flight.
    const bool started = request_.reader.started();
    if (flights <= (started ? 0 : 2)) request_.gap_flight = arrival.flight;
    const uint32_t lost_flight = started ? request_.flight : bytes.detected_late && flights > 0 ? 0 : arrival.flight;
    if (unanswered() && lost_flight == newest().flight) pipelines_ = true;
  }

  Verdict verdict = Verdict::mine;
  if (request_.phase == Phase::head && request_.reader.end_in_request_line() && request_line_is_credible()) {
    // The rest of the head was lost, and who knows what else. Its answer may have passed before that showed.
    const bool late = !unanswered() && response_.flight > request_.flight;
    verdict = on_request_head(arrival, false);
    if (late && verdict <= Verdict::mine && unanswered()) {
      newest().tentative = false;
      newest().unsure = true;
      give_up_unsure();
    }
  } else if (request_.phase == Phase::head) {
    sink_.on_parse_error(ParseError::unseen_request);
    drop_early_answer();
    drop_request_head();
    request_.phase = Phase::lost;
  } else if (request_.phase == Phase::unframed) {
    count_request(rest);
    leave_answered_body();
  }
  uncertain_again_ = uncertain_;
  uncertain_ = true;
  return verdict;
}

void Http1::request_eof() {
  // What was held begins like a request: more likely one that was cut off than a body that nobody asked for.
  if (request_.phase == Phase::refused && release_held_request(true) > Verdict::mine) return;
  // A head that never ended is no transaction.
  drop_early_answer();
  if ((request_.phase == Phase::body || request_.phase == Phase::unframed) && !request_.detached) request_complete();
  request_.reader.reset();
  request_.phase = Phase::ended;
}

}  // namespace sockwatch
