// Recognising the protocol, and its messages from the bytes of either direction.
#include "protocols/postgresql/postgresql.h"

#include <algorithm>
#include <utility>

namespace sockwatch {

using namespace postgresql;

namespace {

constexpr size_t kMaxTries = 32;

}  // namespace

Verdict PostgreSql::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (phase_ == Phase::start) return recognise(direction, arrival, bytes);
  note_passage(direction, arrival, false);
  return consume(direction, arrival, bytes);
}

Verdict PostgreSql::recognise(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (unseen_before_ && bytes.size() >= 8 && is_startup(bytes)) unseen_before_ = false;
  if (!unseen_before_) {
    if (!lead_[static_cast<size_t>(opposite(direction))].empty()) return Verdict::not_mine;
    FixedHeader<8>& lead = lead_[static_cast<size_t>(direction)];
    if (lead.empty()) lead_arrival_[static_cast<size_t>(direction)] = arrival;
    const bool complete = lead.read(bytes);
    const std::string_view first = lead.view();
    if (first[0] != 0 || (first.size() > 1 && first[1] != 0)) return Verdict::not_mine;
    if (!complete) return Verdict::undecided;
    if (!is_startup(first)) return Verdict::not_mine;
    client_ = direction;
    enter(Phase::startup);
    const Arrival earlier = lead_arrival_[static_cast<size_t>(direction)];
    if (Verdict verdict = consume(direction, earlier, first); verdict != Verdict::mine) return verdict;
    return bytes.empty() ? Verdict::mine : consume(direction, arrival, bytes);
  }
  // Found in the middle: only what cannot be anything else counts.
  char last = 0;
  if (is_chain(bytes, kClientTypes, last) && (last == 'Q' || last == 'S') && (last != 'Q' || bytes.back() == 0)) {
    client_ = direction;
  } else if (is_chain(bytes, kServerTypes, last) && last == 'Z' && is_ready(bytes)) {
    client_ = opposite(direction);
  } else {
    return ++tries_ < kMaxTries ? Verdict::undecided : Verdict::not_mine;
  }
  enter(Phase::messages);
  unproven_ = true;
  return consume(direction, arrival, bytes);
}

Verdict PostgreSql::consume(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (phase_ == Phase::encrypted) {
    sink_.on_parse_error(ParseError::encrypted);
    return Verdict::mine;
  }
  const bool from_client = direction == client_;
  Reader& r = reader(direction);
  if (from_client && arrival.flight != r.flight) begin_client_flight(bytes);
  r.flight = arrival.flight;
  while (!bytes.empty()) {
    if (!framed_[static_cast<size_t>(direction)] || (lost_ && !from_client)) {
      if (!from_client) {
        remember_end(bytes, arrival.ts_ns);
      } else if (!copying_) {
        sink_.on_passed_over(bytes.size());
      }
      return Verdict::mine;
    }
    Verdict verdict = Verdict::mine;
    if (phase_ == Phase::startup && from_client) {
      verdict = read_startup(r, arrival, bytes);
    } else if (phase_ == Phase::ssl_asked && !from_client) {
      if (bytes[0] != 'S' && bytes[0] != 'G' && bytes[0] != 'N') {
        enter(Phase::messages);  // an old server's error
        continue;
      }
      enter(bytes[0] == 'N' ? Phase::startup : Phase::encrypted);
      bytes.remove_prefix(1);
      if (phase_ == Phase::encrypted) return Verdict::mine;
    } else {
      verdict = read_message(direction, r, arrival, bytes);
    }
    if (verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

// Which tells whether the client waits for its answers. `missed`: bytes before these were lost.
void PostgreSql::note_passage(Direction direction, const Arrival& arrival, bool missed) {
  if (heard_ns_ + kQuietNs < arrival.ts_ns) overlap_.forget();
  heard_ns_ = arrival.ts_ns;
  if (direction != client_) overlap_.server_speaks(missed);
}

// What was begun in one phase is never gone on with in another.
void PostgreSql::enter(Phase phase) {
  if (phase == phase_) return;
  phase_ = phase;
  startup_header_.clear();
  for (Reader& r : readers_) r.begin_message();
}

// The client's first messages have a length and no type.
Verdict PostgreSql::read_startup(Reader& r, const Arrival& arrival, std::string_view& bytes) {
  if (!r.in_body) {
    if (!startup_header_.read(bytes)) return Verdict::mine;
    const std::string_view header = startup_header_.view();
    const uint32_t length = big(header.data());
    const uint32_t code = big(header.data() + 4);
    startup_header_.clear();
    if (!is_startup(header)) {
      bad_message(client_, arrival.ts_ns);
      return Verdict::mine;
    }
    if (code == kCancelRequest) return Verdict::finished;
    if (code == kSslRequest || code == kGssRequest) {
      enter(Phase::ssl_asked);
      return Verdict::mine;
    }
    r.in_body = true;
    r.left = length - 8;
    r.kept.clear();
  }
  const size_t n = static_cast<size_t>(std::min<uint64_t>(r.left, bytes.size()));
  append_up_to(r.kept, kMaxKept, bytes.substr(0, n));
  bytes.remove_prefix(n);
  r.left -= n;
  if (r.left > 0) return Verdict::mine;
  enter(Phase::messages);
  const Replication replication = replication_of(r.kept);
  replicates_ = replication == Replication::logical;
  return replication == Replication::physical ? Verdict::finished : Verdict::mine;
}

Verdict PostgreSql::read_message(Direction direction, Reader& r, const Arrival& arrival, std::string_view& bytes) {
  const bool from_client = direction == client_;
  if (!r.in_body) {
    if (r.header.empty()) {
      r.start_ns = arrival.ts_ns;
      r.tgid = arrival.tgid;
    }
    const bool complete = r.header.read(bytes);
    r.type = r.header.view().front();
    const bool known = (from_client ? kClientTypes : kServerTypes).find(r.type) != std::string_view::npos;
    if (!known) {
      bad_message(direction, arrival.ts_ns);
      return Verdict::mine;
    }
    if (!complete) return Verdict::mine;
    const uint32_t length = big(r.header.view().data() + 1);
    if (length < 4 || length > kMaxLength) {
      bad_message(direction, arrival.ts_ns);
      return Verdict::mine;
    }
    r.header.clear();
    r.in_body = true;
    r.left = length - 4;
    r.wanted = (from_client ? std::string_view("QPBCE") : std::string_view("CZ")).find(r.type) != std::string_view::npos;
    r.cut = false;
    r.kept.clear();
  }
  const size_t n = static_cast<size_t>(std::min<uint64_t>(r.left, bytes.size()));
  if (r.wanted && !r.cut) append_up_to(r.kept, kMaxKept, bytes.substr(0, n));
  bytes.remove_prefix(n);
  r.left -= n;
  return r.left == 0 ? message(from_client, r, arrival.ts_ns) : Verdict::mine;
}

Verdict PostgreSql::message(bool from_client, Reader& r, uint64_t ts_ns) {
  r.in_body = false;
  if (!from_client) return server_message(r.type, r, ts_ns);
  client_message(r.type, r);
  if (pending_.size() > kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(ts_ns);
  }
  return Verdict::mine;
}

void PostgreSql::eof(Direction, uint64_t) {}

void PostgreSql::close(uint64_t ts_ns) {
  if (std::exchange(closed_, true)) return;
  if (adrift_ && !settle_adrift()) lose(ts_ns);
  if (phase_ == Phase::messages) settle_all(lost_ ? QueryStatus::unknown : QueryStatus::aborted, ts_ns);
}

SessionState PostgreSql::session() const {
  if (phase_ == Phase::encrypted) return SessionState::unreadable;
  if (terminated_ || phase_ != Phase::messages || (!ready_once_ && pending_.empty())) return SessionState::none;
  const Reader& client = readers_[static_cast<size_t>(client_)];
  const bool asking = client.in_body || !client.header.empty() || unsynced_;
  if (asking || (!pending_.empty() && !adrift_) || failed_ || ((lost_ || adrift_) && !is_ready(last_))) return SessionState::active;
  return (lost_ || adrift_ ? last_.back() : transaction_) == 'I' ? SessionState::idle : SessionState::in_transaction;
}

bool PostgreSql::consistent() const {
  size_t cycles = 0, text = 0;
  for (const Pending& pending : pending_) {
    cycles += pending.kind == Pending::Kind::query || pending.kind == Pending::Kind::sync ? 1 : 0;
    text += pending.text.size();
  }
  const bool bounded = pending_.size() <= kMaxPending && statements_.size() <= kMaxStatements && portals_.size() <= kMaxStatements &&
                       readers_[0].kept.size() <= kMaxKept && readers_[1].kept.size() <= kMaxKept && last_.size() <= kEnd;
  return bounded && cycles == cycles_ && text == text_bytes_ && (!lost_ || pending_.empty()) && (!adrift_ || !pending_.empty());
}

size_t PostgreSql::memory() const {
  return pending_.size() * sizeof(Pending) + text_bytes_ + (statements_.size() + portals_.size()) * (sizeof(std::string) + 64) +
         readers_[0].kept.capacity() + readers_[1].kept.capacity();
}

}  // namespace sockwatch
