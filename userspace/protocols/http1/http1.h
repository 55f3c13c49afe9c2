// HTTP/1.x on one connection: frames requests and responses, and pairs them first in, first out.
//
// What was not seen is never guessed over. A message whose head may have been in unseen bytes is sought again where a send
// or receive begins (a request only if its method is registered). Who answers whom is then uncertain, and stays so until an
// answer shows it; what cannot be told has the status unknown. http1_pairing.cpp has the rules. A line that is no request is one
// where a response answers it, as servers of HTTP refuse what they cannot read (http1_refusal.cpp). Limits: kMaxOutstanding
// requests wait for their response at once; beyond it the connection is given up.
#pragma once

#include <string>
#include <vector>

#include "protocols/common/bounded_bytes.h"
#include "protocols/http1/body.h"
#include "protocols/http1/head.h"
#include "protocols/parser.h"

namespace sockwatch {

class Http1 final : public Parser {
 public:
  static constexpr std::string_view kName = "http";
  static constexpr size_t kMaxOutstanding = 4096;
  static constexpr size_t kMaxTargetBytes = 1 << 20;        ///< of all outstanding requests; more are cut
  static constexpr size_t kMaxUnread = 65536;               ///< behind a first line that is no request, until its answer tells
  static constexpr uint64_t kSettleNs = 500'000'000;        ///< a body that seems to have ended has, after this silence
  static constexpr uint64_t kEarlyResponseNs = 10'000'000'000;  ///< a request's body may follow its response this long
  static constexpr uint64_t kQuietNs = 10'000'000'000;  ///< after this silence no response is under way any longer

  /// Method and target of a request that could not be read and was answered all the same.
  static constexpr std::string_view kUnreadMethod = "_OTHER";
  static constexpr std::string_view kUnreadTarget = "_other";

  explicit Http1(TransactionSink& sink) : sink_(sink) {}
  static std::unique_ptr<Parser> make(TransactionSink& sink) { return std::make_unique<Http1>(sink); }

  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) override;
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) override;
  void eof(Direction direction, uint64_t ts_ns) override;
  void close(uint64_t ts_ns) override;
  void advance(uint64_t now_ns) override;
  bool waiting() const override;
  size_t memory() const override;
  bool consistent() const override;
  void start_is_a_guess() override { start_guessed_ = true; }
  Role role() const override { return request_direction_ == Direction::send ? Role::client : Role::server; }

 private:
  /// One request and, as it comes, its response.
  struct Exchange {
    std::string method;
    std::string target;
    uint64_t start_ns = 0;
    uint64_t first_byte_ns = 0;
    uint64_t end_ns = 0;
    uint64_t request_bytes = 0;
    uint64_t response_bytes = 0;
    uint32_t tgid = 0;
    uint32_t first_flight = 0;  ///< in which its first byte passed
    uint32_t flight = 0;        ///< in which its last byte passed
    uint32_t piece = 0;      ///< Side::piece, of its first byte
    uint16_t status = 0;
    TraceId trace;
    CacheAnswer cache = CacheAnswer::none;
    bool expect_continue = false;
    bool leave_given = false;    ///< to send its body
    bool pipelined = false;      ///< began in the flight of an earlier one that had no answer
    bool tentative = false;      ///< its answer is believed to be its own when nothing contradicts
    bool unsure = false;         ///< which answer is its own cannot be told
    bool aborted = false;        ///< the connection closed with no response
    bool unread = false;         ///< a line that is no request: it is one if a response answers it
    bool request_done = false;
    bool response_done = false;
  };

  /// A response that began before the head of its request had ended, a refusal of what it says: kept until it has.
  struct EarlyAnswer {
    bool waits = false;
    bool done = false;
    uint16_t status = 0;
    CacheAnswer cache = CacheAnswer::none;
    uint64_t first_byte_ns = 0;
    uint64_t end_ns = 0;
    uint64_t bytes = 0;
  };

  enum class Phase : uint8_t {
    head,         ///< before or in a message's head
    body,         ///< in a body whose end is known
    refused,      ///< before a body that was answered before it began, or the next request in its place
    until_close,  ///< in a body that ends with the connection
    unframed,     ///< in a body whose framing was lost
    opaque,       ///< in an answer that is not HTTP, of which no byte counts
    junk,         ///< in a line that is not HTTP, between responses
    lost,         ///< bytes were not seen: a message is sought where a send or receive begins
    ended,        ///< nothing more comes, or nothing more is looked at
  };

  struct Side {
    explicit Side(HeadReader::Kind kind) : reader(kind) {}
    HeadReader reader;
    BodyReader body;
    Phase phase = Phase::head;
    bool resyncing = false;       ///< the head being read was found after unseen bytes
    bool unseen_body = false;     ///< unframed: because bytes were not seen, not because they made no sense
    bool cut_head = false;        ///< unframed: in its head already, so that others may have followed
    bool detached = false;        ///< the message under way belongs to no exchange (any longer)
    bool may_have_ended = false;  ///< unframed: the last bytes were those of a chunked body's end
    bool tail_known = false;      ///< unframed: the last bytes were seen
    uint32_t flight = 0;             ///< in which the message began
    bool exact_flight = true;        ///< Arrival::exact_run, then
    uint32_t pieces = 0;          ///< requests: times that bytes have come
    uint32_t piece = 0;           ///< requests: of those, when the message began
    uint32_t last_flight = 0;        ///< in which the last byte passed
    uint32_t gap_flight = 0;         ///< requests: whose first message was lost; responses: up to which some may have been
    uint32_t blind_flight = 0;       ///< in which bytes were seen that were not understood (responses)
    uint32_t deaf_flight = 0;        ///< nothing of this flight is looked at (requests)
    uint64_t start_ns = 0;        ///< the message's first byte
    uint32_t tgid = 0;
    uint64_t last_ns = 0;         ///< the last byte that passed
    std::string recent;           ///< unframed: the last bytes that were seen, 7 at most
    std::string held;             ///< bytes that do not tell yet whether they begin a head, HeadReader::kMaxLine or a segment
    Arrival held_arrival;
  };

  // Which direction carries requests is told by the first start line.
  Verdict decide(Direction direction, const Arrival& arrival, std::string_view bytes);
  Verdict dispatch(Direction direction, const Arrival& arrival, std::string_view bytes);

  Verdict request_data(const Arrival& arrival, std::string_view bytes);
  Verdict read_request_head(const Arrival& arrival, std::string_view& bytes);
  void read_request_body(const Arrival& arrival, std::string_view& bytes);
  void leave_answered_body();
  bool may_have_been_refused(const Arrival& arrival);
  Verdict read_after_refusal(const Arrival& arrival, std::string_view bytes);
  Verdict release_held_request(bool is_request);
  bool request_line_is_credible() const;
  Verdict on_bad_request_line(const Arrival& arrival);
  void wait_for_refusal(const Arrival& arrival);
  /// The first line is no request, and will not be shown to be one.
  Verdict not_http() {
    left_ = true;
    return Verdict::not_mine;
  }
  bool is_deaf(const Arrival& arrival) const {
    return request_.phase == Phase::lost && request_.deaf_flight != 0 && arrival.flight <= request_.deaf_flight;
  }
  void pass_over_unread(uint16_t status);
  Verdict on_request_head(const Arrival& arrival, bool whole);
  Verdict request_unseen(const Arrival& arrival, const Gap& bytes);
  void adopt_early_answer();
  void drop_early_answer();
  void count_request(uint64_t bytes);
  void drop_request_head();
  bool next_request_begins(const Arrival& arrival, std::string_view bytes) const;
  void request_complete();
  void request_eof();
  void settle_response_before_request();

  Verdict response_data(const Arrival& arrival, std::string_view bytes);
  bool next_response_may_begin(const Arrival& arrival) const;
  Verdict release_held_response();
  Verdict read_response(const Arrival& arrival, std::string_view bytes);
  Verdict read_response_head(const Arrival& arrival, std::string_view& bytes);
  Verdict on_response_head(const Arrival& arrival, bool whole);
  void on_answer_that_is_not_http();
  void begin_answer_that_is_not_http();
  void begin_unframed_response();
  void lose_response();
  Verdict response_unseen(const Arrival& arrival, const Gap& bytes);
  bool answers_head_under_way(uint16_t status) const;
  uint32_t lost_up_to(uint32_t flight) const;
  void count_response(uint64_t bytes);
  void response_complete(uint64_t ts_ns);
  void response_eof(uint64_t ts_ns);
  Verdict leave();

  void push(const Http1Head& head);
  Exchange& add_exchange(std::string_view method, std::string_view target);
  void give_up_unanswered(uint64_t ts_ns, bool aborted);
  void give_up_unsure();
  void hide_responses();
  void resolve_hidden_responses();
  void doubt_last_answer(uint32_t answered_flight);
  void trust_last_answer();
  void drain();
  void emit(const Exchange& exchange);
  void pop();
  size_t outstanding() const { return tail_ - head_; }
  Exchange& at(size_t i) { return exchanges_[i & (exchanges_.size() - 1)]; }
  const Exchange& at(size_t i) const { return exchanges_[i & (exchanges_.size() - 1)]; }
  Exchange& newest() { return at(tail_ - 1); }
  bool unanswered() const { return answering_ < tail_; }

  TransactionSink& sink_;
  bool role_known_ = false;
  Direction request_direction_ = Direction::recv;
  bool recognised_ = false;       ///< a start line of HTTP has been seen
  bool start_guessed_ = false;    ///< the first bytes may be the middle of a message
  bool answer_tells_ = false;     ///< the first line is no request: whether this is HTTP shows by its answer
  size_t unread_bytes_ = 0;       ///< behind that line
  bool left_ = false;             ///< upgraded or tunnelled
  uint32_t answered_flight_ = 0;     ///< in which the last response began
  bool response_hidden_ = false;  ///< unseen bytes may have held whole responses
  bool uncertain_ = false;        ///< unseen bytes may have held whole requests, or which answers they held is not known
  bool uncertain_again_ = false;  ///< so they may have since an exchange that is tentative
  bool after_silence_ = false;    ///< the request at hand began after kQuietNs without any bytes
  bool pipelines_ = false;        ///< the client is known to ask before it has its answer
  std::string lead_[2];           ///< first bytes of a direction that do not tell yet, HeadReader::kMaxLine at most
  Arrival lead_arrival_[2];
  uint32_t early_flight_[2] = {};    ///< Side::last_flight, as long as the role is not known

  Side request_{HeadReader::Kind::request};
  Side response_{HeadReader::Kind::response};
  EarlyAnswer early_;

  // A ring of exchanges that keeps its elements' memory; its size is a power of two. Answered ones come first.
  std::vector<Exchange> exchanges_;
  size_t head_ = 0;            ///< the oldest
  size_t answering_ = 0;       ///< the one whose response is under way or comes next
  size_t tail_ = 0;            ///< one past the newest
  bool in_response_ = false;   ///< a response is under way; it belongs to no exchange when response_.detached
  size_t target_bytes_ = 0;    ///< held by the ring's targets
};

}  // namespace sockwatch
