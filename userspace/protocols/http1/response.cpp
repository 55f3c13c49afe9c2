// The response direction of Http1.
#include <utility>

#include "protocols/http1/http1.h"

namespace sockwatch {
namespace {

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";
constexpr std::string_view kResponseStart = "HTTP/1.";

// Keeps the last bytes that were seen and tells whether they are those of a chunked body's end.
bool ends_like_chunked(std::string& recent, std::string_view bytes) {
  recent.append(bytes.substr(bytes.size() > kLastChunk.size() ? bytes.size() - kLastChunk.size() : 0));
  if (recent.size() > kLastChunk.size()) recent.erase(0, recent.size() - kLastChunk.size());
  return recent == kLastChunk || recent == kLastChunk.substr(2);
}

bool has_no_body(std::string_view method, uint16_t status) {
  return method == "HEAD" || status == 204 || status == 304;
}

bool is_interim(uint16_t status) { return status < 200 && status != 101; }

}  // namespace

Verdict Http1::response_data(const Arrival& arrival, std::string_view bytes) {
  // Whatever was sent behind a response, the next one begins where the server speaks again.
  if (response_.phase == Phase::junk && arrival.flight > response_.last_flight) response_.phase = Phase::head;
  if (response_.resyncing && response_.phase == Phase::head && !response_.reader.has_start_line() &&
      (arrival.flight > response_.flight || looks_like_response(bytes) == Likeness::yes))
    response_.phase = Phase::lost;  // what looked like the beginning of a head was none
  if (!response_.held.empty() && arrival.flight > response_.held_arrival.flight)
    if (const Verdict verdict = release_held_response(); verdict > Verdict::mine) return verdict;
  if (next_response_may_begin(arrival)) {
    // The next response's head settles where the one under way ended; it may come in pieces.
    if (response_.held.empty()) response_.held_arrival = arrival;
    bytes.remove_prefix(append_up_to(response_.held, kResponseStart.size(), bytes));
    const bool begins = kResponseStart.starts_with(response_.held);
    if (begins && response_.held.size() < kResponseStart.size()) return Verdict::mine;
    if (begins && in_response_) response_complete(response_.last_ns);
    if (const Verdict verdict = release_held_response(); verdict > Verdict::mine) return verdict;
  }
  return read_response(arrival, bytes);
}

// Whether what a send or receive begins with now may be another response than the one under way.
bool Http1::next_response_may_begin(const Arrival& arrival) const {
  if (!response_.held.empty()) return true;
  const bool later_flight = arrival.flight > response_.flight;
  if (response_.phase == Phase::unframed) return response_.may_have_ended || later_flight;
  if (early_.waits) return false;
  // How a response ends depends on its request; where that was not seen, what the head says may be wrong.
  return in_response_ && response_.detached && later_flight &&
         (response_.phase == Phase::body || response_.phase == Phase::until_close);
}

Verdict Http1::release_held_response() {
  if (response_.held.empty()) return Verdict::mine;
  const std::string held = std::exchange(response_.held, {});
  return read_response(response_.held_arrival, held);
}

Verdict Http1::read_response(const Arrival& arrival, std::string_view bytes) {
  response_.last_ns = arrival.ts_ns;
  response_.last_flight = arrival.flight;
  while (!bytes.empty()) {
    switch (response_.phase) {
      case Phase::head: {
        const Verdict verdict = read_response_head(arrival, bytes);
        if (verdict > Verdict::mine) return verdict;
        break;
      }
      case Phase::body: {
        const size_t taken = response_.body.feed(bytes);
        count_response(taken);
        bytes.remove_prefix(taken);
        if (response_.body.state() == BodyReader::State::done) {
          response_complete(arrival.ts_ns);
        } else if (response_.body.state() == BodyReader::State::broken) {
          sink_.on_parse_error(ParseError::bad_chunk);
          response_.phase = Phase::until_close;
          response_.gap_flight = arrival.flight;
          hide_responses();
        }
        break;
      }
      case Phase::unframed:
        count_response(bytes.size());
        response_.may_have_ended = ends_like_chunked(response_.recent, bytes);
        response_.tail_known = true;
        return Verdict::mine;
      case Phase::until_close:
        count_response(bytes.size());
        return Verdict::mine;
      case Phase::junk: {
        const size_t newline = bytes.find('\n');
        if (newline == std::string_view::npos) return Verdict::mine;
        bytes.remove_prefix(newline + 1);
        response_.phase = Phase::head;
        break;
      }
      case Phase::lost:
        if (looks_like_response(bytes) == Likeness::no) {
          response_.blind_flight = arrival.flight;
          return Verdict::mine;
        }
        response_.phase = Phase::head;
        response_.resyncing = true;
        response_.reader.reset();
        break;
      case Phase::opaque:
      case Phase::refused:
      case Phase::ended:
        return Verdict::mine;
    }
  }
  return recognised_ ? Verdict::mine : Verdict::undecided;
}

Verdict Http1::read_response_head(const Arrival& arrival, std::string_view& bytes) {
  HeadReader& reader = response_.reader;
  const bool was_started = reader.started();
  const HeadReader::Step step = reader.feed(bytes);
  bytes.remove_prefix(step.consumed);
  if (!was_started && reader.started()) {
    response_.start_ns = arrival.ts_ns;
    response_.flight = arrival.flight;
    response_.exact_flight = arrival.exact_flight;
  }
  if (step.outcome == HeadOutcome::need_more) return Verdict::undecided;
  if (step.outcome == HeadOutcome::complete) return on_response_head(arrival, true);

  if (answer_tells_) return not_http();
  sink_.on_parse_error(ParseError::bad_response);
  if (response_.resyncing) {
    response_.phase = Phase::lost;
    bytes = {};
  } else if (unanswered()) {
    on_answer_that_is_not_http();
    return Verdict::mine;
  } else {
    response_.phase = Phase::junk;
  }
  reader.reset();
  return Verdict::mine;
}

Verdict Http1::on_response_head(const Arrival& arrival, bool whole) {
  const Http1Head& head = response_.reader.head();
  const uint16_t status = head.status;
  recognised_ = true;
  if (std::exchange(answer_tells_, false)) sink_.on_parse_error(ParseError::bad_request_line);
  response_.resyncing = false;
  if (is_interim(status)) {  // the response is yet to come
    if (status == 100 && unanswered() && answering_ + 1 == tail_) newest().leave_given = true;
    if (whole) {
      response_.reader.reset();
      response_.phase = Phase::head;
    } else {
      lose_response();
    }
    return Verdict::mine;
  }
  const uint32_t answered_flight = std::exchange(answered_flight_, response_.flight);
  if (response_.exact_flight && response_.flight == answered_flight) pipelines_ = true;
  if (response_hidden_) resolve_hidden_responses();

  pass_over_unread(status);
  in_response_ = true;
  response_.detached = !unanswered() || at(answering_).first_flight > response_.flight;  // it began before anybody asked
  std::string_view method;
  if (response_.detached && answers_head_under_way(status)) {
    early_ = {.waits = true, .status = status, .cache = head.cache.answer(whole), .first_byte_ns = response_.start_ns};
    method = request_.reader.head().method;
  } else if (response_.detached) {
    doubt_last_answer(answered_flight);
    sink_.on_parse_error(ParseError::orphan_response);
  } else {
    Exchange& exchange = at(answering_);
    exchange.status = status;
    exchange.cache = head.cache.answer(whole);
    exchange.first_byte_ns = response_.start_ns;
    method = exchange.method;
  }

  if (status == 101 || (method == "CONNECT" && status < 300)) {
    response_complete(arrival.ts_ns);
    return leave();
  }
  if (!whole) {
    begin_unframed_response();
  } else if (has_no_body(method, status)) {
    response_complete(arrival.ts_ns);
  } else if (head.chunked) {
    response_.body.start_chunked();
    response_.phase = Phase::body;
  } else if (head.has_length && head.bad_length && !head.other_coding) {
    sink_.on_parse_error(ParseError::bad_response);
    begin_unframed_response();  // whether its reader believes one of its lengths shows when it asks again
  } else if (head.has_length && !head.other_coding) {
    response_.body.start_length(head.content_length);
    response_.phase = Phase::body;
    if (head.content_length == 0) response_complete(arrival.ts_ns);
  } else {
    response_.phase = Phase::until_close;
  }
  response_.reader.reset();
  return Verdict::mine;
}

void Http1::begin_unframed_response() {
  response_.phase = Phase::unframed;
  response_.may_have_ended = response_.tail_known = false;
  response_.recent.clear();
}

// A server need not read all of a head to refuse it; what it does not read yet may come all the same.
bool Http1::answers_head_under_way(uint16_t status) const {
  const bool begun = !unanswered() && request_.phase == Phase::head && request_.reader.started() && request_.flight < response_.flight;
  const bool is_head = !request_.resyncing || request_line_is_credible();
  return begun && status >= 400 && is_head && !response_hidden_ && !early_.waits;
}

void Http1::on_answer_that_is_not_http() {
  response_.gap_flight = response_.last_flight;
  hide_responses();  // it may answer more than one request
  begin_answer_that_is_not_http();
}

void Http1::begin_answer_that_is_not_http() {
  at(answering_).first_byte_ns = response_.start_ns;
  in_response_ = true;
  response_.detached = false;
  response_.phase = Phase::opaque;
  response_.reader.reset();
}

// A response's head may have been in bytes that were not seen.
void Http1::lose_response() {
  sink_.on_parse_error(ParseError::unseen_response);
  response_.reader.reset();
  response_.phase = Phase::lost;
  hide_responses();
}

Verdict Http1::response_unseen(const Arrival& arrival, const Gap& bytes) {
  if (const Verdict verdict = release_held_response(); verdict > Verdict::mine) return verdict;
  uint64_t rest = bytes.length;
  response_.gap_flight = bytes.detected_late ? lost_up_to(arrival.flight) : arrival.flight;
  response_.last_ns = arrival.ts_ns;
  response_.last_flight = arrival.flight;
  if (in_response_ && response_.detached) hide_responses();  // its end is not certain
  if (response_.phase == Phase::body) {
    const uint64_t taken = response_.body.skip(rest);
    rest -= taken;
    count_response(taken);
    if (response_.body.state() == BodyReader::State::done) {
      response_complete(arrival.ts_ns);
    } else if (response_.body.state() == BodyReader::State::broken) {
      response_.phase = Phase::unframed;
      response_.recent.clear();
    }
  }
  if (rest == 0) return Verdict::mine;
  switch (response_.phase) {
    case Phase::head:
      if (!response_.reader.has_start_line()) {
        lose_response();
        break;
      }
      // The rest of the head, and who knows what else.
      if (const Verdict verdict = on_response_head(arrival, false); verdict > Verdict::mine) return verdict;
      hide_responses();
      break;
    case Phase::lost:
      hide_responses();
      break;
    case Phase::unframed:
      count_response(rest);
      response_.recent.clear();
      response_.tail_known = !bytes.tail.empty();
      response_.may_have_ended = response_.tail_known && ends_like_chunked(response_.recent, bytes.tail);
      hide_responses();
      break;
    case Phase::until_close:
      count_response(rest);
      break;
    default:
      break;
  }
  return Verdict::mine;
}

// In which flight what was noticed to be lost in `flight` may have passed at the latest. Where a whole flight of responses was not seen
// before the newest request was asked, and every request, that explains it.
uint32_t Http1::lost_up_to(uint32_t flight) const {
  if (!unanswered() || uncertain_) return flight;
  const Exchange& newest = exchanges_[(tail_ - 1) & (exchanges_.size() - 1)];
  const bool explained = newest.first_flight >= response_.last_flight + 3 && newest.flight == newest.first_flight;
  return explained ? newest.first_flight - 1 : flight;
}

void Http1::count_response(uint64_t bytes) {
  if (!response_.detached) {
    at(answering_).response_bytes += bytes;
  } else if (early_.waits && !early_.done) {
    early_.bytes += bytes;
  }
}

void Http1::response_complete(uint64_t ts_ns) {
  const bool opaque = response_.phase == Phase::opaque;
  in_response_ = false;
  response_.reader.reset();
  response_.phase = opaque ? Phase::lost : Phase::head;
  if (response_.detached) {
    if (!std::exchange(early_.done, true)) early_.end_ns = ts_ns;
    return;
  }

  Exchange& exchange = at(answering_++);
  exchange.end_ns = ts_ns;
  exchange.response_done = true;
  const bool certain = !exchange.tentative && !exchange.unsure && !response_hidden_;
  if (certain && unanswered() && at(answering_).pipelined) pipelines_ = true;
  if (!unanswered() && !request_.detached) {
    if (request_.phase == Phase::unframed) {
      // Its body's end is not known, but the answer has ended; the next request is sought.
      const bool unseen = request_.unseen_body;
      request_complete();
      if (unseen) request_.phase = Phase::lost;
    } else if (request_.phase == Phase::body && exchange.expect_continue && exchange.request_bytes == 0) {
      request_.phase = Phase::refused;
    }
  }
  give_up_unsure();
  drain();
}

void Http1::response_eof(uint64_t ts_ns) {
  release_held_response();
  if (response_.phase == Phase::head && response_.reader.started() && unanswered()) {
    // Cut off in its head: the status line tells, or nothing does. Who else waits gets no answer.
    if (!response_.reader.end_in_status_line()) {
      begin_answer_that_is_not_http();
    } else if (!is_interim(response_.reader.head().status)) {
      if (on_response_head({.ts_ns = response_.last_ns, .tgid = 0, .flight = response_.flight}, false) > Verdict::mine) return;
    }
  }
  if (in_response_) response_complete(response_.last_ns);
  // Where a body ends that has no length shows by its answer alone: what else comes is more of it.
  const bool endless = request_.phase == Phase::unframed && !request_.unseen_body;
  while (unanswered()) {
    const bool silent = !response_hidden_ || at(answering_).first_flight > response_.last_flight;
    give_up_unanswered(ts_ns, silent);
  }
  if (endless && request_.phase == Phase::lost) request_.phase = Phase::ended;
  trust_last_answer();
  response_.phase = Phase::ended;
}

}  // namespace sockwatch
