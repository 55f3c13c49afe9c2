// Who answers whom: the exchanges of Http1, first in, first out.
//
// As long as every byte is seen there is nothing to decide. Unseen bytes may have held heads:
// - Of responses: with one request waiting the next response is its own. Where several wait, a client that
// does not pipeline
//   asked again after answers that were not seen: the newest waits for what comes, the others are unknown.
// - Of requests: the next request that is seen is taken to be answered by the next response, if none was
// waiting. Where nothing but habit speaks for a pairing, it is tentative: the transaction is held back until
// the client asks again, the connection ends or kSettleNs have passed; one more response contradicts it.
// Clients that are known to pipeline have no such habit: their requests are unknown until kQuietNs have
// passed in silence.
#include <algorithm>
#include <utility>

#include "protocols/http1.h"

namespace sockwatch {
namespace {

constexpr size_t kCutTarget = 256;    // kept of a target when those that wait hold too much memory
constexpr size_t kIdleTarget = 1024;  // memory that a target may keep for the next one

size_t heap_bytes(const std::string& text) {
  static const size_t kInline = std::string().capacity();
  return text.capacity() > kInline ? text.capacity() : 0;
}

}  // namespace

void Http1::push(const Http1Head& head) {
  if (!unanswered()) trust_last_answer();  // the client asks again: it has its answer
  if (uncertain_ && quiet()) uncertain_ = false;

  const bool waits = unanswered();
  const bool in_body = in_response_ && !response_.detached && response_.phase == Phase::body;
  const bool pipelined = in_body || (waits && request_.run == newest().run);

  if (outstanding() == exchanges_.size()) {
    std::vector<Exchange> larger(std::max<size_t>(1, exchanges_.size() * 2));
    for (size_t i = head_; i < tail_; ++i) larger[i & (larger.size() - 1)] = std::move(at(i));
    exchanges_ = std::move(larger);
  }
  Exchange& exchange = at(tail_++);
  std::string_view target = head.target;
  const bool crowded = target_bytes_ + target.size() > kMaxTargetBytes && target.size() > kCutTarget;
  if (crowded) target = target.substr(0, kCutTarget);
  if (crowded || head.target_cut) sink_.on_parse_error(ParseError::target_cut);
  target_bytes_ -= heap_bytes(exchange.target);
  exchange.target = target;
  target_bytes_ += heap_bytes(exchange.target);
  exchange.method = head.method;
  exchange.start_ns = request_.start_ns;
  exchange.first_byte_ns = exchange.end_ns = 0;
  exchange.request_bytes = exchange.response_bytes = 0;
  exchange.tgid = request_.tgid;
  exchange.run = request_.run;
  exchange.status = 0;
  exchange.expect_continue = head.expect_continue;
  exchange.pipelined = pipelined;
  exchange.unsure = uncertain_ && (pipelines_ || waits || in_body);
  exchange.tentative = uncertain_ && !exchange.unsure;
  exchange.aborted = exchange.request_done = exchange.response_done = false;

  if (!exchange.unsure) return;
  if (waits && at(tail_ - 2).tentative) {
    at(tail_ - 2).tentative = false;
    at(tail_ - 2).unsure = true;
  }
  give_up_unsure();
}

// The next exchange will get no response, or none that can be seen.
void Http1::give_up_unanswered(uint64_t ts_ns, bool aborted) {
  if (answering_ + 1 == tail_) request_.detached = true;  // what follows of its body belongs to nothing
  Exchange& exchange = at(answering_++);
  exchange.end_ns = ts_ns;
  exchange.aborted = aborted;
  exchange.tentative = false;
  exchange.request_done = exchange.response_done = true;
}

// Nobody waits for an answer that could not be told to be his.
void Http1::give_up_unsure() {
  if (in_response_ && !response_.detached) return;
  while (unanswered() && at(answering_).unsure) give_up_unanswered(at(answering_).start_ns, false);
}

// A response begins, and others may have passed unseen.
void Http1::resolve_hidden_responses() {
  response_hidden_ = false;
  if (!pipelines_)
    while (unanswered() && at(answering_).run + 1 < response_.run)
      give_up_unanswered(response_.start_ns, false);
  const size_t waiting = tail_ - answering_;
  if (waiting > 1) {
    uncertain_ = true;
    if (!pipelines_) newest().tentative = !newest().unsure;
    const size_t kept = pipelines_ ? 0 : 1;
    while (tail_ - answering_ > kept) give_up_unanswered(response_.start_ns, false);
  }
  drain();
}

// One more response than requests were seen: the last answer may have been another request's.
void Http1::doubt_last_answer() {
  if (head_ == answering_ || !at(head_).tentative) return;
  at(head_).tentative = false;
  at(head_).unsure = true;
  pipelines_ = true;
  drain();
}

void Http1::trust_last_answer() {
  if (head_ == answering_ || !at(head_).tentative) return;
  at(head_).tentative = false;
  uncertain_ = false;
  drain();
}

bool Http1::quiet() const {
  return !unanswered() && !in_response_ && request_.start_ns >= response_.last_ns + kQuietNs;
}

void Http1::drain() {
  while (head_ < answering_ && at(head_).response_done && at(head_).request_done && !at(head_).tentative) {
    emit(at(head_));
    pop();
  }
}

void Http1::pop() {
  Exchange& exchange = at(head_++);
  if (exchange.target.capacity() > kIdleTarget) {
    target_bytes_ -= heap_bytes(exchange.target);
    exchange.target = std::string();
  }
  if (head_ == tail_ && exchanges_.size() > 16) {  // a deep pipeline has drained
    exchanges_.clear();
    exchanges_.shrink_to_fit();
    target_bytes_ = 0;
  }
}

void Http1::emit(const Exchange& exchange) {
  Transaction t;
  t.protocol = kName;
  t.role = request_direction_ == Direction::recv ? Role::server : Role::client;
  t.method = exchange.method;
  t.target = exchange.target;
  t.status = exchange.aborted                          ? Status::aborted()
             : exchange.status == 0 || exchange.unsure ? Status::unknown()
                                                       : Status::code(exchange.status);
  t.tgid = exchange.tgid;
  t.start_ns = exchange.start_ns;
  t.request_bytes = exchange.request_bytes;
  t.duration_ns = exchange.end_ns > exchange.start_ns ? exchange.end_ns - exchange.start_ns : 0;
  if (!exchange.unsure) {
    t.ttfb_ns = exchange.first_byte_ns > exchange.start_ns ? exchange.first_byte_ns - exchange.start_ns : 0;
    t.response_bytes = exchange.response_bytes;
  }
  sink_.on_transaction(t);
}

}  // namespace sockwatch
