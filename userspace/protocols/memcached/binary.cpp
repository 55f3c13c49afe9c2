#include "protocols/memcached/binary.h"

#include <algorithm>
#include <utility>

namespace sockwatch {
namespace {

constexpr uint8_t kRequest = 0x80;
constexpr uint8_t kResponse = 0x81;
constexpr uint16_t kMaxKey = 250;
constexpr uint32_t kMaxBody = 1u << 30;
constexpr uint16_t kOk = 0, kNotFound = 1, kExists = 2, kNotStored = 5, kContinue = 0x21;
constexpr uint8_t kStat = 0x10;

struct Code {
  std::string_view operation;
  bool gets = false;   ///< a value: a hit or a miss
  bool quiet = false;  ///< no response when there is nothing to be said
  bool silent = false; ///< has no response that matters: the connection ends
};

// By number. What has no name here is unknown to the server too.
constexpr Code kCodes[] = {
    {"GET", true},       {"SET"},         {"ADD"},           {"REPLACE"},       {"DELETE"},        {"INCR"},          {"DECR"},
    {"QUIT", false, false, true}, {"FLUSH_ALL"},   {"GET", true, true}, {"NOOP"},        {"VERSION"},       {"GET", true},     {"GET", true, true},
    {"APPEND"},          {"PREPEND"},     {"STATS"},         {"SET", false, true}, {"ADD", false, true}, {"REPLACE", false, true},
    {"DELETE", false, true}, {"INCR", false, true}, {"DECR", false, true}, {"QUIT", false, false, true}, {"FLUSH_ALL", false, true},
    {"APPEND", false, true}, {"PREPEND", false, true}, {"VERBOSITY"}, {"TOUCH"}, {"GAT", true},     {"GAT", true, true}, {"_OTHER"},
    {"AUTH"},            {"AUTH"},        {"AUTH"},          {"GAT", true},     {"GAT", true, true},
};
constexpr size_t kKnown = std::size(kCodes);
static_assert(kKnown == 0x25);

const Code& code_of(uint8_t number) {
  static constexpr Code kOther = {"_OTHER"};
  return number < kKnown ? kCodes[number] : kOther;
}

uint16_t two(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}
uint32_t four(std::string_view bytes, size_t at) { return static_cast<uint32_t>(two(bytes, at)) << 16 | two(bytes, at + 2); }

}  // namespace

Verdict MemcachedBinary::looks_like(std::string_view bytes) {
  if (bytes.empty()) return Verdict::undecided;
  if (static_cast<uint8_t>(bytes[0]) != kRequest) return Verdict::not_mine;
  if (bytes.size() > 1 && static_cast<uint8_t>(bytes[1]) >= kKnown) return Verdict::not_mine;
  if (bytes.size() > 5 && bytes[5] != 0) return Verdict::not_mine;
  if (bytes.size() < kHeader) return Verdict::undecided;
  const uint32_t extras = static_cast<uint8_t>(bytes[4]);
  const Header header = parse(bytes);
  const bool fits = header.key <= kMaxKey && extras <= 20 && header.body <= kMaxBody && header.key + extras <= header.body;
  return fits ? Verdict::mine : Verdict::not_mine;
}

MemcachedBinary::Header MemcachedBinary::parse(std::string_view bytes) {
  return {.magic = static_cast<uint8_t>(bytes[0]),
          .code = static_cast<uint8_t>(bytes[1]),
          .key = two(bytes, 2),
          .status = two(bytes, 6),
          .body = four(bytes, 8),
          .opaque = four(bytes, 12)};
}

void MemcachedBinary::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  const bool from_client = direction == client_;
  if (from_client && arrival.flight != client_flight_) begin_flight(arrival, bytes);
  Reader& r = reader(from_client);
  while (!bytes.empty() && r.framed && (from_client || !lost_)) {
    if (r.left > 0) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(r.left, bytes.size()));
      bytes.remove_prefix(n);
      r.left -= n;
      if (r.left == 0) message(from_client, arrival);
      continue;
    }
    if (r.header.empty()) {
      r.start_ns = arrival.ts_ns;
      r.tgid = arrival.tgid;
    }
    if (!r.header.read(bytes)) return;
    const Header header = parse(r.header.view());
    if (header.magic != (from_client ? kRequest : kResponse) || header.body > kMaxBody) {
      sink_.on_parse_error(ParseError::bad_message);
      r.header.clear();
      r.framed = !from_client;
      lose(arrival.ts_ns);
      return;
    }
    r.left = header.body;
    if (r.left == 0) message(from_client, arrival);
  }
  if (from_client) sink_.on_passed_over(bytes.size());
}

// What was followed no longer is found again where the client speaks.
void MemcachedBinary::begin_flight(const Arrival& arrival, std::string_view bytes) {
  client_flight_ = arrival.flight;
  Reader& client = reader(true);
  if (!client.framed && looks_like(bytes) == Verdict::mine) {
    client = Reader();
  }
  if (!lost_ || !client.framed || !client.header.empty() || client.left > 0) return;
  lost_ = false;
  reader(false) = Reader();
}

void MemcachedBinary::message(bool from_client, const Arrival& arrival) {
  Reader& r = reader(from_client);
  const Header header = parse(r.header.view());
  r.header.clear();
  if (from_client) {
    request(header, arrival);
  } else if (!response(header, arrival.ts_ns)) {
    sink_.on_parse_error(ParseError::orphan_response);
    lose(arrival.ts_ns);
  }
}

void MemcachedBinary::request(const Header& header, const Arrival& arrival) {
  const Reader& r = reader(true);
  const Request made{.code = header.code, .opaque = header.opaque, .tgid = r.tgid, .start_ns = r.start_ns};
  if (code_of(header.code).silent) return;
  if (lost_) {
    report(made, QueryStatus::unknown, false, arrival.ts_ns);
  } else if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(arrival.ts_ns);
  } else {
    pending_.push_back(made);
  }
}

// False: nothing that waits is answered by it.
bool MemcachedBinary::response(const Header& header, uint64_t ts_ns) {
  if (code_of(header.code).silent) return true;
  const auto matches = [&](const Request& request) { return request.code == header.code && request.opaque == header.opaque; };
  while (!pending_.empty() && !matches(pending_.front()) && code_of(pending_.front().code).quiet) end(QueryStatus::ok, false, ts_ns);
  if (pending_.empty() || !matches(pending_.front())) return false;
  const bool more = header.code == kStat && header.status == kOk && header.key > 0;
  if (more) return true;
  const bool good = header.status == kOk || header.status == kNotFound || header.status == kExists || header.status == kNotStored ||
                    header.status == kContinue;
  end(good ? QueryStatus::ok : QueryStatus::error, header.status == kOk, ts_ns);
  return true;
}

void MemcachedBinary::end(QueryStatus status, bool hit, uint64_t ts_ns) {
  report(pending_.front(), status, hit, ts_ns);
  pending_.pop_front();
}

void MemcachedBinary::report(const Request& request, QueryStatus status, bool hit, uint64_t end_ns) {
  const Code& code = code_of(request.code);
  const bool counts = code.gets && status == QueryStatus::ok;
  sink_.on_query({.role = client_ == Direction::send ? Role::client : Role::server,
                  .operation = code.operation,
                  .status = status,
                  .tgid = request.tgid,
                  .start_ns = request.start_ns,
                  .duration_ns = end_ns > request.start_ns ? end_ns - request.start_ns : 0,
                  .hits = counts && hit ? 1u : 0u,
                  .misses = counts && !hit ? 1u : 0u});
}

void MemcachedBinary::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  const bool from_client = direction == client_;
  Reader& r = reader(from_client);
  const uint64_t passed_over = from_client && !bytes.detected_late ? bytes.length : 0;
  if (!r.framed || (lost_ && !from_client)) {
    sink_.on_passed_over(passed_over);
    return;
  }
  // The middle of a body tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.before_tail();
  if (middle <= r.left) {
    r.left -= middle;
    if (middle > 0 && r.left == 0) message(from_client, arrival);
    data(direction, arrival, bytes.tail);
    return;
  }
  sink_.on_passed_over(passed_over);
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  r.framed = !from_client;
  lose(arrival.ts_ns);
}

// Which response belongs to which request is not known from here on.
void MemcachedBinary::lose(uint64_t ts_ns) {
  for (const Request& request : pending_) report(request, QueryStatus::unknown, false, ts_ns);
  pending_.clear();
  lost_ = true;
}

void MemcachedBinary::close(uint64_t ts_ns) {
  for (const Request& request : pending_) report(request, QueryStatus::aborted, false, ts_ns);
  pending_.clear();
}

}  // namespace sockwatch
