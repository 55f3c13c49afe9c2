// The response direction of Http1.
#include "protocols/http1.h"

namespace sockwatch {
namespace {

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";

// Keeps the last bytes that were seen and tells whether they are those of a chunked body's end.
bool ends_like_chunked(std::string& recent, std::string_view bytes) {
  recent.append(bytes.substr(bytes.size() > kLastChunk.size() ? bytes.size() - kLastChunk.size() : 0));
  if (recent.size() > kLastChunk.size()) recent.erase(0, recent.size() - kLastChunk.size());
  return recent == kLastChunk || recent == kLastChunk.substr(2);
}

bool has_no_body(std::string_view method, uint16_t status) {
  return method == "HEAD" || status == 204 || status == 304;
}

}  // namespace

Verdict Http1::response_data(const Passage& passage, std::string_view bytes) {
  const bool later_run = passage.run > response_.run;
  if (response_.phase == Phase::unframed && (response_.may_have_ended || later_run) &&
      looks_like_response(bytes) == Likeness::yes)
    response_complete(response_.last_ns);  // the next response settles it
  response_.last_ns = passage.ts_ns;

  while (!bytes.empty()) {
    switch (response_.phase) {
      case Phase::head: {
        const Verdict verdict = read_response_head(passage, bytes);
        if (verdict > Verdict::mine) return verdict;
        break;
      }
      case Phase::body: {
        const size_t taken = response_.body.feed(bytes);
        count_response(taken);
        bytes.remove_prefix(taken);
        if (response_.body.state() == BodyReader::State::done) {
          response_complete(passage.ts_ns);
        } else if (response_.body.state() == BodyReader::State::broken) {
          sink_.on_parse_error(ParseError::bad_chunk);
          response_.phase = Phase::until_close;
        }
        break;
      }
      case Phase::unframed:
        count_response(bytes.size());
        response_.may_have_ended = ends_like_chunked(response_.recent, bytes);
        response_.tail_known = true;
        return Verdict::mine;
      case Phase::until_close:
      case Phase::opaque:
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
        if (looks_like_response(bytes) == Likeness::no) return Verdict::mine;
        response_.phase = Phase::head;
        response_.resyncing = true;
        response_.reader.reset();
        break;
      case Phase::ended:
        return Verdict::mine;
    }
  }
  return recognised_ ? Verdict::mine : Verdict::undecided;
}

Verdict Http1::read_response_head(const Passage& passage, std::string_view& bytes) {
  HeadReader& reader = response_.reader;
  const bool was_started = reader.started();
  const HeadReader::Step step = reader.feed(bytes);
  bytes.remove_prefix(step.consumed);
  if (!was_started && reader.started()) {
    response_.start_ns = passage.ts_ns;
    response_.run = passage.run;
  }
  if (step.outcome == HeadOutcome::need_more) return Verdict::undecided;
  if (step.outcome == HeadOutcome::complete) return on_response_head(passage, true);

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

Verdict Http1::on_response_head(const Passage& passage, bool whole) {
  const Http1Head& head = response_.reader.head();
  const uint16_t status = head.status;
  recognised_ = true;
  response_.resyncing = false;
  if (whole && status < 200 && status != 101) {  // interim: the response is yet to come
    response_.reader.reset();
    response_.phase = Phase::head;
    return Verdict::mine;
  }
  if (response_hidden_) {
    // Responses may have passed unseen: this one answers what was asked in the run before it.
    while (unanswered() && at(answering_).run + 1 < response_.run) give_up_unanswered(response_.start_ns, false);
    response_hidden_ = false;
    drain();
  }

  in_response_ = true;
  response_.detached = !unanswered();
  std::string_view method;
  if (response_.detached) {
    sink_.on_parse_error(ParseError::orphan_response);
  } else {
    Exchange& exchange = at(answering_);
    exchange.status = status;
    exchange.first_byte_ns = response_.start_ns;
    method = exchange.method;
  }

  if (!whole) {
    response_.phase = Phase::unframed;
    response_.may_have_ended = response_.tail_known = false;
    response_.recent.clear();
  } else if (status == 101 || (method == "CONNECT" && status < 300)) {
    response_complete(passage.ts_ns);
    return leave();
  } else if (has_no_body(method, status)) {
    response_complete(passage.ts_ns);
  } else if (head.chunked) {
    response_.body.start_chunked();
    response_.phase = Phase::body;
  } else if (head.has_length && !head.other_coding) {
    response_.body.start_length(head.content_length);
    response_.phase = Phase::body;
    if (head.content_length == 0) response_complete(passage.ts_ns);
  } else {
    response_.phase = Phase::until_close;
  }
  response_.reader.reset();
  return Verdict::mine;
}

void Http1::on_answer_that_is_not_http() {
  Exchange& exchange = at(answering_);
  exchange.first_byte_ns = response_.start_ns;
  exchange.response_bytes = response_.reader.bytes();
  in_response_ = true;
  response_.detached = false;
  response_.phase = Phase::opaque;
  response_.reader.reset();
}

void Http1::response_unseen(const Passage& passage, const Unseen& bytes) {
  uint64_t rest = bytes.length;
  response_.last_ns = passage.ts_ns;
  if (response_.phase == Phase::body) {
    const uint64_t taken = response_.body.skip(rest);
    rest -= taken;
    count_response(taken);
    if (response_.body.state() == BodyReader::State::done) {
      response_complete(passage.ts_ns);
    } else if (response_.body.state() == BodyReader::State::broken) {
      response_.phase = Phase::unframed;
      response_.recent.clear();
    }
  }
  if (rest == 0) return;
  if (response_.phase == Phase::head && response_.reader.has_start_line()) {
    on_response_head(passage, false);  // the rest of the head, and who knows what else
    rest = 0;
  }
  switch (response_.phase) {
    case Phase::head:
      sink_.on_parse_error(ParseError::unseen_response);
      response_.reader.reset();
      response_.phase = Phase::lost;
      response_hidden_ = true;
      break;
    case Phase::lost:
      response_hidden_ = true;
      break;
    case Phase::unframed:
      count_response(rest);
      response_.recent.clear();
      response_.tail_known = !bytes.tail.empty();
      response_.may_have_ended = response_.tail_known && ends_like_chunked(response_.recent, bytes.tail);
      break;
    case Phase::until_close:
    case Phase::opaque:
      count_response(rest);
      break;
    default:
      break;
  }
}

void Http1::count_response(uint64_t bytes) {
  if (!response_.detached) at(answering_).response_bytes += bytes;
}

void Http1::response_complete(uint64_t ts_ns) {
  const bool opaque = response_.phase == Phase::opaque;
  in_response_ = false;
  response_.reader.reset();
  response_.phase = opaque ? Phase::lost : Phase::head;
  if (response_.detached) return;

  Exchange& exchange = at(answering_++);
  exchange.end_ns = ts_ns;
  exchange.response_done = true;
  if (!unanswered() && request_.phase == Phase::unframed && !request_.detached) {
    // Its body's end is not known, but the answer has ended; the next request is sought.
    const bool unseen = request_.unseen_body;
    request_complete();
    if (unseen) request_.phase = Phase::lost;
  }
  drain();
}

void Http1::response_eof(uint64_t ts_ns) {
  if (response_.phase == Phase::head && response_.reader.started() && unanswered()) {
    // Cut off in its head: the status line tells, or nothing does.
    if (response_.reader.has_start_line()) {
      on_response_head({.ts_ns = ts_ns, .tgid = 0, .run = response_.run}, false);
    } else {
      on_answer_that_is_not_http();
    }
  }
  if (in_response_) response_complete(response_.last_ns);
  while (unanswered()) give_up_unanswered(ts_ns, !response_hidden_);
  response_.phase = Phase::ended;
}

}  // namespace sockwatch
