// The request direction of Http1.
#include "protocols/http1.h"

namespace sockwatch {

Verdict Http1::request_data(const Passage& passage, std::string_view bytes) {
  request_.last_ns = passage.ts_ns;
  while (!bytes.empty()) {
    switch (request_.phase) {
      case Phase::head: {
        const Verdict verdict = read_request_head(passage, bytes);
        if (verdict > Verdict::mine) return verdict;
        break;
      }
      case Phase::body:
        read_request_body(passage, bytes);
        break;
      case Phase::unframed:
        if (!request_.detached) {
          newest().request_bytes += bytes.size();
          newest().run = passage.run;
        }
        return Verdict::mine;
      case Phase::lost:
        if (looks_like_request(bytes) == Likeness::no) return Verdict::mine;
        request_.phase = Phase::head;
        request_.resyncing = true;
        request_.reader.reset();
        break;
      default:
        return Verdict::mine;
    }
  }
  return recognised_ ? Verdict::mine : Verdict::undecided;
}

Verdict Http1::read_request_head(const Passage& passage, std::string_view& bytes) {
  HeadReader& reader = request_.reader;
  const bool was_started = reader.started();
  const HeadReader::Step step = reader.feed(bytes);
  bytes.remove_prefix(step.consumed);
  if (!was_started && reader.started()) {
    request_.start_ns = passage.ts_ns;
    request_.run = passage.run;
    request_.tgid = passage.tgid;
  }
  if (step.outcome == HeadOutcome::need_more) return Verdict::undecided;
  if (step.outcome == HeadOutcome::complete) return on_request_head(passage, true);

  reader.reset();
  if (!recognised_ && !request_.resyncing) return Verdict::not_mine;
  sink_.on_parse_error(ParseError::bad_request_line);
  if (request_.resyncing) {
    request_.phase = Phase::lost;
    bytes = {};
  }
  return Verdict::mine;
}

Verdict Http1::on_request_head(const Passage& passage, bool whole) {
  const Http1Head& head = request_.reader.head();
  recognised_ = true;
  settle_response_before_request();
  if (outstanding() >= kMaxOutstanding) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    response_hidden_ = true;  // what is still outstanding ends as unknown
    close(passage.ts_ns);
    return Verdict::finished;
  }
  push(head);
  newest().run = passage.run;
  request_.detached = false;
  request_.resyncing = false;
  request_.unseen_body = !whole;

  if (!whole || head.http09) {
    request_.phase = Phase::unframed;
  } else if (head.method == "CONNECT") {
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
  request_.reader.reset();
  return Verdict::mine;
}

void Http1::read_request_body(const Passage& passage, std::string_view& bytes) {
  if (body_was_withheld(bytes)) {
    request_complete();
    return;
  }
  const size_t taken = request_.body.feed(bytes);
  bytes.remove_prefix(taken);
  if (!request_.detached) {
    newest().request_bytes += taken;
    newest().run = passage.run;
  }
  if (request_.body.state() == BodyReader::State::done) {
    request_complete();
  } else if (request_.body.state() == BodyReader::State::broken) {
    sink_.on_parse_error(ParseError::bad_chunk);
    request_.phase = Phase::unframed;
    request_.unseen_body = false;
    if (request_.detached) request_.phase = Phase::lost;
  }
}

// A client that asked first and was refused sends its next request where the body would be.
bool Http1::body_was_withheld(std::string_view bytes) {
  if (request_.detached || !newest().expect_continue || newest().request_bytes > 0 || !newest().response_done)
    return false;
  return looks_like_request(bytes) != Likeness::no;
}

// The request's last byte has passed, or its body has been given up.
void Http1::request_complete() {
  if (!request_.detached) newest().request_done = true;
  request_.phase = Phase::head;
  drain();
}

// "Let the next head on the other direction settle it": a client that does not pipeline asks again when it has its answer.
void Http1::settle_response_before_request() {
  if (!in_response_ || request_.run <= response_.run) return;
  if (!response_.detached && answering_ + 1 != tail_) return;
  const bool ended = response_.phase == Phase::opaque ||
                     (response_.phase == Phase::unframed && (response_.may_have_ended || !response_.tail_known));
  if (ended) response_complete(response_.last_ns);
}

void Http1::request_unseen(const Passage& passage, const Unseen& bytes) {
  uint64_t rest = bytes.length;
  request_.last_ns = passage.ts_ns;
  if (request_.phase == Phase::body) {
    const uint64_t taken = request_.body.skip(rest);
    rest -= taken;
    if (!request_.detached) {
      newest().request_bytes += taken;
      newest().run = passage.run;
    }
    if (request_.body.state() == BodyReader::State::done) {
      request_complete();
    } else if (request_.body.state() == BodyReader::State::broken) {
      request_.phase = request_.detached ? Phase::lost : Phase::unframed;
      request_.unseen_body = true;
    }
  }
  if (rest == 0) return;
  if (request_.phase == Phase::head && request_.reader.has_start_line()) {
    on_request_head(passage, false);  // the rest of the head, and who knows what else
  } else if (request_.phase == Phase::head) {
    sink_.on_parse_error(ParseError::unseen_request);
    request_.reader.reset();
    request_.phase = Phase::lost;
  } else if (request_.phase == Phase::unframed && !request_.detached) {
    newest().request_bytes += rest;
    newest().run = passage.run;
  }
}

void Http1::request_eof() {
  // A head that never ended is no transaction.
  if ((request_.phase == Phase::body || request_.phase == Phase::unframed) && !request_.detached) request_complete();
  request_.reader.reset();
  request_.phase = Phase::ended;
}

}  // namespace sockwatch
