// memcached's binary protocol on one connection: requests and their responses, first in, first out, the quiet ones told by what is
// behind them. The text protocol's parser hands over to it (memcached.h), so that both are "memcached".
//
// Where bytes were not seen that may have held whole messages, what waits ends as unknown, and pairing begins anew with a request
// that begins a flight and asks for an answer. Limit: kMaxPending requests without a response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "protocols/common/bounded_bytes.h"
#include "protocols/parser.h"

namespace sockwatch {

class MemcachedBinary {
 public:
  static constexpr size_t kHeader = 24;
  static constexpr size_t kMaxPending = 65536;

  /// Whether the bytes may begin a request: not_mine, undecided (too few) or mine.
  static Verdict looks_like(std::string_view bytes);

  MemcachedBinary(TransactionSink& sink, Direction client) : sink_(sink), client_(client) {}

  // As in Parser.
  void data(Direction direction, const Arrival& arrival, std::string_view bytes);
  void on_gap(Direction direction, const Arrival& arrival, const Gap& bytes);
  void close(uint64_t ts_ns);
  SessionState session() const { return pending_.empty() && readers_[0].header.empty() && readers_[0].left == 0 ? SessionState::idle : SessionState::active; }
  size_t memory() const { return pending_.size() * sizeof(Request); }
  bool consistent() const { return pending_.size() <= kMaxPending && (!lost_ || pending_.empty()); }

 private:
  struct Header {
    uint8_t magic = 0;
    uint8_t code = 0;
    uint16_t key = 0;
    uint16_t status = 0;
    uint32_t body = 0;
    uint32_t opaque = 0;
  };
  /// One direction's message under way.
  struct Reader {
    FixedHeader<kHeader> header;
    uint64_t left = 0;  ///< of the body
    bool framed = true;
    uint64_t start_ns = 0;
    uint32_t tgid = 0;
  };
  struct Request {
    uint8_t code = 0;
    uint32_t opaque = 0;
    uint32_t tgid = 0;
    uint64_t start_ns = 0;
  };
  static Header parse(std::string_view bytes);

  Reader& reader(bool from_client) { return readers_[from_client ? 0 : 1]; }
  void begin_flight(const Arrival& arrival, std::string_view bytes);
  void message(bool from_client, const Arrival& arrival);
  void request(const Header& header, const Arrival& arrival);
  bool response(const Header& header, uint64_t ts_ns);
  void end(QueryStatus status, bool hit, uint64_t ts_ns);
  void report(const Request& request, QueryStatus status, bool hit, uint64_t end_ns);
  void lose(uint64_t ts_ns);

  TransactionSink& sink_;
  const Direction client_;
  Reader readers_[2];  ///< the client's; the server's
  std::deque<Request> pending_;
  uint32_t client_flight_ = 0;
  bool lost_ = false;
};

}  // namespace sockwatch
