// Who answers whom: the exchanges of Http1, first in, first out.
//
// As long as every byte is seen there is nothing to decide. The bytes of a gap may have held heads.
//
// Of responses: where one request waits, and nothing was lost since it was asked, the next response is its own.
// One that was asked two flights earlier has been answered, unless the client pipelines.
//
// Of requests: the next request that is seen is taken to be answered by the next response, if none was waiting
// and none was lost in its own flight.
//
// Where nothing but habit speaks for a pairing, it is tentative: the transaction is held back until the client
// asks again, the connection ends or kSettleNs have passed; one more response contradicts it. Clients that are
// known to pipeline have no such habit: their requests are unknown until kQuietNs have passed in silence.
#include <algorithm>
#include <utility>

#include "protocols/http1/http1.h"

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
  const bool asked_at_once =
      head_ < tail_ && (request_.exact_flight ? request_.flight == newest().flight : request_.piece == newest().piece);
  pipelines_ = pipelines_ || asked_at_once;
  if (!unanswered()) trust_last_answer();  // the client asks again: it has its answer
  if (after_silence_ && !unanswered() && !in_response_) uncertain_ = false;

  const bool waits = unanswered();
  const bool in_body = in_response_ && !response_.detached && response_.phase == Phase::body;
  const bool pipelined = waits && request_.flight == newest().flight;
  const bool behind_a_lost_one = uncertain_ && request_.flight == request_.gap_flight;
  pipelines_ = pipelines_ || in_body || behind_a_lost_one;

  std::string_view target = head.target;
  const bool crowded = target_bytes_ + target.size() > kMaxTargetBytes && target.size() > kCutTarget;
  if (crowded) target = target.substr(0, kCutTarget);
  if (crowded || head.target_cut) sink_.on_parse_error(ParseError::target_cut);
  Exchange& exchange = add_exchange(head.method, target);
  exchange.trace = head.trace.id();
  exchange.expect_continue = head.expect_continue;
  exchange.pipelined = pipelined;
  exchange.unsure = uncertain_ && (pipelines_ || waits || in_body);
  exchange.tentative = uncertain_ && !exchange.unsure;

  if (exchange.unsure && waits && at(tail_ - 2).tentative) {
    at(tail_ - 2).tentative = false;
    at(tail_ - 2).unsure = true;
  }
}

// One more, as the request side has it now, behind all others.
Http1::Exchange& Http1::add_exchange(std::string_view method, std::string_view target) {
  if (outstanding() == exchanges_.size()) {
    std::vector<Exchange> larger(std::max<size_t>(1, exchanges_.size() * 2));
    for (size_t i = head_; i < tail_; ++i) larger[i & (larger.size() - 1)] = std::move(at(i));
    exchanges_ = std::move(larger);
  }
  Exchange& exchange = at(tail_++);
  target_bytes_ -= heap_bytes(exchange.target);
  exchange.target = target;
  target_bytes_ += heap_bytes(exchange.target);
  exchange.method = method;
  exchange.start_ns = request_.start_ns;
  exchange.first_byte_ns = exchange.end_ns = 0;
  exchange.request_bytes = exchange.response_bytes = 0;
  exchange.tgid = request_.tgid;
  exchange.first_flight = exchange.flight = request_.flight;
  exchange.piece = request_.piece;
  exchange.status = 0;
  exchange.trace = TraceId();
  exchange.cache = CacheAnswer::none;
  exchange.expect_continue = exchange.leave_given = exchange.pipelined = exchange.unsure = exchange.tentative = false;
  exchange.aborted = exchange.unread = exchange.request_done = exchange.response_done = false;
  return exchange;
}

// The next exchange will get no response, or none that can be seen.
void Http1::give_up_unanswered(uint64_t ts_ns, bool aborted) {
  Exchange& exchange = at(answering_++);
  if (!exchange.request_done) {
    // It is the newest. What follows of its body belongs to nothing; a body that was refused before it began does not follow.
    request_.detached = true;
    const bool refusable = request_.phase == Phase::body && exchange.expect_continue && exchange.request_bytes == 0;
    if (refusable) request_.phase = Phase::refused;
    if (request_.phase == Phase::unframed) request_.phase = Phase::lost;
  }
  exchange.end_ns = ts_ns;
  exchange.aborted = aborted;
  exchange.tentative = false;
  exchange.request_done = exchange.response_done = true;
}

// Nobody waits for an answer that could not be told to be his.
void Http1::give_up_unsure() {
  if (in_response_ && !response_.detached) return;
  while (unanswered() && at(answering_).unsure) give_up_unanswered(at(answering_).start_ns, false);
  drain();
}

// Whole responses may have passed unseen, that one too that would have contradicted.
void Http1::hide_responses() {
  response_hidden_ = true;
  if (head_ == tail_ || !at(head_).tentative) return;
  at(head_).tentative = false;
  at(head_).unsure = true;
  drain();
}

// A response begins, and others may have passed unseen.
void Http1::resolve_hidden_responses() {
  response_hidden_ = false;
  if (!pipelines_)
    while (unanswered() && at(answering_).flight + 1 < response_.flight)
      give_up_unanswered(response_.start_ns, false);
  if (unanswered()) {
    // Unless all that was not seen passed before the newest asked, it may be its answer that was not.
    const bool since = response_.gap_flight > newest().first_flight;
    const bool surely_since = response_.blind_flight > newest().first_flight;
    if (pipelines_ || surely_since || (since && answering_ + 1 == tail_)) {
      for (size_t i = answering_; i < tail_; ++i) at(i).unsure = true;
      uncertain_ = true;
    } else if (answering_ + 1 < tail_) {
      while (answering_ + 1 < tail_) give_up_unanswered(response_.start_ns, false);
      newest().tentative = uncertain_ = true;
    }
  }
  // What is taken for the request's body may be the next request, asked after the unseen answer.
  if (unanswered() && request_.phase == Phase::unframed) at(answering_).unsure = true;
  give_up_unsure();
}

// One more response than requests were seen: the last answer, in `answered_run`, may have been another request's. Where the client has
// spoken since, in a flight of which nothing was seen, it need not be one that pipelines.
void Http1::doubt_last_answer(uint32_t answered_flight) {
  if (head_ == answering_ || !at(head_).tentative) return;
  at(head_).tentative = false;
  at(head_).unsure = true;
  const bool has_asked_since = response_.exact_flight && response_.flight >= answered_flight + 2;
  if (!has_asked_since) pipelines_ = true;
  drain();
}

void Http1::trust_last_answer() {
  if (head_ == answering_ || !at(head_).tentative) return;
  at(head_).tentative = false;
  at(head_).unsure = pipelines_;
  if (!pipelines_) uncertain_ = std::exchange(uncertain_again_, false);
  drain();
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
    std::string().swap(exchange.target);  // an assignment would keep the memory
  }
  if (head_ == tail_ && exchanges_.size() > 16) {  // a deep pipeline has drained
    exchanges_.clear();
    exchanges_.shrink_to_fit();
    target_bytes_ = 0;
  }
}

bool Http1::consistent() const {
  const bool ring = head_ <= answering_ && answering_ <= tail_ && outstanding() <= exchanges_.size() && outstanding() <= kMaxOutstanding &&
                    (exchanges_.size() & (exchanges_.size() - 1)) == 0;
  if (!ring) return false;
  size_t bytes = 0;
  for (const Exchange& exchange : exchanges_) bytes += heap_bytes(exchange.target);
  const bool in_body = request_.phase == Phase::body || request_.phase == Phase::refused || request_.phase == Phase::unframed;
  const bool has_owner = request_.detached || !in_body || (head_ < tail_ && !at(tail_ - 1).request_done);
  const bool all_reported = head_ == answering_ || at(head_).tentative || !at(head_).request_done;
  const bool has_asker = !in_response_ || response_.detached || unanswered();
  const bool bounded = lead_[0].size() <= HeadReader::kMaxLine && lead_[1].size() <= HeadReader::kMaxLine && request_.held.size() <= HeadReader::kMaxLine &&
                       response_.held.size() <= HeadReader::kMaxLine && response_.recent.size() <= 7;
  return bytes == target_bytes_ && (left_ || (has_owner && has_asker && all_reported)) && bounded && request_.reader.consistent() && response_.reader.consistent();
}

void Http1::emit(const Exchange& exchange) {
  if (exchange.unread && (exchange.status == 0 || exchange.unsure)) return;  // nobody took it for a request
  Transaction t;
  t.protocol = kName;
  t.role = request_direction_ == Direction::recv ? Role::server : Role::client;
  t.method = exchange.method;
  t.target = exchange.target;
  t.status = exchange.aborted                          ? Status::aborted()
             : exchange.status == 0 || exchange.unsure ? Status::unknown()
                                                       : Status::code(exchange.status);
  t.tgid = exchange.tgid;
  t.trace_id = exchange.trace.view();
  t.start_ns = exchange.start_ns;
  t.request_bytes = exchange.request_bytes;
  t.duration_ns = exchange.end_ns > exchange.start_ns ? exchange.end_ns - exchange.start_ns : 0;
  if (!exchange.unsure) {
    t.ttfb_ns = exchange.first_byte_ns > exchange.start_ns ? exchange.first_byte_ns - exchange.start_ns : 0;
    t.response_bytes = exchange.response_bytes;
    t.cache = exchange.cache;
  }
  sink_.on_transaction(t);
}

}  // namespace sockwatch
