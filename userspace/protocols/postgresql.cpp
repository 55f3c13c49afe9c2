#include "protocols/postgresql.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocols/sql_operation.h"

namespace sockwatch {
namespace {

constexpr uint32_t kMaxLength = 1u << 30;      // the server's own limit
constexpr uint32_t kMaxStartupLength = 10000;  // the same
constexpr uint32_t kSslRequest = 80877103;
constexpr uint32_t kGssRequest = 80877104;
constexpr uint32_t kCancelRequest = 80877102;
constexpr size_t kHeader = 5;
constexpr size_t kReady = 6;        // of ReadyForQuery
constexpr size_t kEnd = kReady + 2;  // of an answer, that tell what became of the question
constexpr size_t kMaxTries = 32;

constexpr std::string_view kClientTypes = "QPBECDSHXdcfpF";
constexpr std::string_view kServerTypes = "RKSZTDCIEN123tnsAGHWdcVv";

uint32_t big(const char* bytes) {
  const auto* b = reinterpret_cast<const unsigned char*>(bytes);
  return static_cast<uint32_t>(b[0]) << 24 | static_cast<uint32_t>(b[1]) << 16 | static_cast<uint32_t>(b[2]) << 8 | b[3];
}

bool is_ready(std::string_view end) {
  return end.size() >= kReady && end.substr(end.size() - kReady, 5) == std::string_view("Z\0\0\0\5", 5) &&
         std::string_view("ITE").find(end.back()) != std::string_view::npos;
}

// Up to the next NUL, which is taken too.
std::string_view take_name(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  const std::string_view name = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return name;
}

// Whether a message of the client seems to begin the bytes, and another behind it.
bool begins_message(std::string_view bytes) {
  if (bytes.size() < kHeader || kClientTypes.find(bytes[0]) == std::string_view::npos) return false;
  const uint32_t length = big(bytes.data() + 1);
  if (length < 4 || length > kMaxLength) return false;
  return length + 1 >= bytes.size() || kClientTypes.find(bytes[length + 1]) != std::string_view::npos;
}

bool is_startup(std::string_view bytes) {
  const uint32_t length = big(bytes.data());
  const uint32_t code = big(bytes.data() + 4);
  if (code == kSslRequest || code == kGssRequest) return length == 8;
  if (code == kCancelRequest) return length >= 12 && length <= 300;
  return code >> 16 == 3 && (code & 0xffff) < 100 && length > 8 && length <= kMaxStartupLength;
}

// Whether the bytes are messages of these types from their beginning to their end.
bool is_chain(std::string_view bytes, std::string_view types, char& last) {
  while (!bytes.empty()) {
    if (bytes.size() < kHeader || types.find(bytes[0]) == std::string_view::npos) return false;
    const uint32_t length = big(bytes.data() + 1);
    if (length < 4 || length > bytes.size() - 1) return false;
    last = bytes[0];
    bytes.remove_prefix(1 + length);
  }
  return true;
}

// The two that are compared to notice an answer that cannot be that question's.
bool is_plain(std::string_view operation) {
  return operation == "SELECT" || operation == "INSERT" || operation == "UPDATE" || operation == "DELETE";
}

}  // namespace

Verdict PostgreSql::data(Direction direction, const Passage& passage, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  return phase_ == Phase::start ? recognise(direction, passage, bytes) : consume(direction, passage, bytes);
}

Verdict PostgreSql::recognise(Direction direction, const Passage& passage, std::string_view bytes) {
  if (unseen_before_ && bytes.size() >= 8 && is_startup(bytes)) unseen_before_ = false;
  if (!unseen_before_) {
    if (!lead_[static_cast<size_t>(opposite(direction))].empty()) return Verdict::not_mine;
    std::string& lead = lead_[static_cast<size_t>(direction)];
    if (lead.empty()) lead_passage_[static_cast<size_t>(direction)] = passage;
    const size_t before = lead.size();
    const size_t more = std::min<size_t>(8 - before, bytes.size());
    lead.append(bytes.substr(0, more));
    if (lead[0] != 0 || (lead.size() > 1 && lead[1] != 0)) return Verdict::not_mine;
    if (lead.size() < 8) return Verdict::undecided;
    if (!is_startup(lead)) return Verdict::not_mine;
    client_ = direction;
    phase_ = Phase::startup;
    const std::string first = std::move(lead);
    Passage earlier = lead_passage_[static_cast<size_t>(direction)];
    if (Verdict verdict = consume(direction, earlier, first); verdict != Verdict::mine) return verdict;
    return bytes.size() > more ? consume(direction, passage, bytes.substr(more)) : Verdict::mine;
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
  phase_ = Phase::messages;
  unproven_ = true;
  return consume(direction, passage, bytes);
}

Verdict PostgreSql::consume(Direction direction, const Passage& passage, std::string_view bytes) {
  if (phase_ == Phase::encrypted) {
    sink_.on_parse_error(ParseError::encrypted);
    return Verdict::mine;
  }
  const bool from_client = direction == client_;
  Reader& r = reader(direction);
  if (from_client && passage.run != r.run) begin_client_run(bytes);
  r.run = passage.run;
  while (!bytes.empty()) {
    if (!framed_[static_cast<size_t>(direction)] || (lost_ && !from_client)) {
      if (!from_client) remember_end(bytes, passage.ts_ns);
      return Verdict::mine;
    }
    Verdict verdict = Verdict::mine;
    if (phase_ == Phase::startup && from_client) {
      verdict = read_startup(r, passage, bytes);
    } else if (phase_ == Phase::ssl_asked && !from_client) {
      if (bytes[0] != 'S' && bytes[0] != 'G' && bytes[0] != 'N') {
        phase_ = Phase::messages;  // an old server's error
        continue;
      }
      phase_ = bytes[0] == 'N' ? Phase::startup : Phase::encrypted;
      bytes.remove_prefix(1);
      if (phase_ == Phase::encrypted) return Verdict::mine;
    } else {
      verdict = read_message(direction, r, passage, bytes);
    }
    if (verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

// The client's first messages have a length and no type.
Verdict PostgreSql::read_startup(Reader& r, const Passage& passage, std::string_view& bytes) {
  if (!r.in_body) {
    const size_t n = std::min<size_t>(8 - r.have, bytes.size());
    std::memcpy(r.header.data() + r.have, bytes.data(), n);
    r.have = static_cast<uint8_t>(r.have + n);
    bytes.remove_prefix(n);
    if (r.have < 8) return Verdict::mine;
    r.have = 0;
    if (!is_startup({r.header.data(), 8})) {
      bad_message(client_, passage.ts_ns);
      return Verdict::mine;
    }
    const uint32_t code = big(r.header.data() + 4);
    if (code == kCancelRequest) return Verdict::finished;
    if (code == kSslRequest || code == kGssRequest) {
      phase_ = Phase::ssl_asked;
      return Verdict::mine;
    }
    r.in_body = true;
    r.left = big(r.header.data()) - 8;
  }
  const size_t n = static_cast<size_t>(std::min<uint64_t>(r.left, bytes.size()));
  bytes.remove_prefix(n);
  r.left -= n;
  if (r.left == 0) {
    r.in_body = false;
    phase_ = Phase::messages;
  }
  return Verdict::mine;
}

Verdict PostgreSql::read_message(Direction direction, Reader& r, const Passage& passage, std::string_view& bytes) {
  const bool from_client = direction == client_;
  if (!r.in_body) {
    if (r.have == 0) {
      r.start_ns = passage.ts_ns;
      r.tgid = passage.tgid;
    }
    const size_t n = std::min(kHeader - r.have, bytes.size());
    std::memcpy(r.header.data() + r.have, bytes.data(), n);
    r.have = static_cast<uint8_t>(r.have + n);
    bytes.remove_prefix(n);
    const char type = r.header[0];
    const bool known = (from_client ? kClientTypes : kServerTypes).find(type) != std::string_view::npos;
    if (!known) {
      bad_message(direction, passage.ts_ns);
      return Verdict::mine;
    }
    if (r.have < kHeader) return Verdict::mine;
    const uint32_t length = big(r.header.data() + 1);
    if (length < 4 || length > kMaxLength) {
      bad_message(direction, passage.ts_ns);
      return Verdict::mine;
    }
    r.have = 0;
    r.in_body = true;
    r.left = length - 4;
    r.wanted = (from_client ? std::string_view("QPBCE") : std::string_view("CZ")).find(type) != std::string_view::npos;
    r.cut = false;
    r.kept.clear();
  }
  const size_t n = static_cast<size_t>(std::min<uint64_t>(r.left, bytes.size()));
  if (r.wanted && !r.cut) r.kept.append(bytes.substr(0, std::min(n, kMaxKept - r.kept.size())));
  bytes.remove_prefix(n);
  r.left -= n;
  return r.left == 0 ? message(from_client, r, passage.ts_ns) : Verdict::mine;
}

Verdict PostgreSql::message(bool from_client, Reader& r, uint64_t ts_ns) {
  r.in_body = false;
  if (!from_client) return server_message(r.header[0], r, ts_ns);
  client_message(r.header[0], r);
  if (pending_.size() > kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(ts_ns);
  }
  return Verdict::mine;
}

void PostgreSql::client_message(char type, const Reader& r) {
  std::string_view body = r.kept;
  switch (type) {
    case 'Q':
      push(Pending::Kind::query, r, sql_operation(body));
      unsynced_ = false;
      break;
    case 'P': {
      const std::string_view name = take_name(body);
      unit_operation_ = sql_operation(body);
      if (unit_start_ns_ == 0) unit_start_ns_ = r.start_ns;
      unsynced_ = true;
      remember_statement(name);
      push(Pending::Kind::parse, r, unit_operation_);
      break;
    }
    case 'B':
      bind(body, r);
      break;
    case 'E':
      execute(body, r);
      break;
    case 'c':
    case 'f':
      end_copy(r);
      break;
    case 'C':
      if (!body.empty()) {
        const char what = body[0];
        body.remove_prefix(1);
        const std::string_view name = take_name(body);
        if (const auto known = statements_.find(name); what == 'S' && known != statements_.end()) statements_.erase(known);
        if (const auto known = portals_.find(name); what == 'P' && known != portals_.end()) portals_.erase(known);
      }
      break;
    case 'F':
      push(Pending::Kind::query, r, kOtherOperation);
      break;
    case 'X':
      terminated_ = true;
      break;
    case 'S':
      push(Pending::Kind::sync, r, {});
      unit_start_ns_ = 0;
      unsynced_ = false;
      break;
    default:
      break;
  }
}

void PostgreSql::remember_statement(std::string_view name) {
  if (name.size() > kMaxStatementName) {
    sink_.on_parse_error(ParseError::target_cut);
    return;
  }
  if (const auto known = statements_.find(name); known != statements_.end()) {
    known->second = unit_operation_;
  } else if (statements_.size() < kMaxStatements) {
    statements_.emplace(std::string(name), unit_operation_);
  } else {
    sink_.on_parse_error(ParseError::pipeline_limit);
  }
}

void PostgreSql::bind(std::string_view body, const Reader& r) {
  const std::string_view portal = take_name(body);
  const auto statement = statements_.find(take_name(body));
  unit_operation_ = statement != statements_.end() ? statement->second : kOtherOperation;
  if (unit_start_ns_ == 0) unit_start_ns_ = r.start_ns;
  unsynced_ = true;
  if (const auto known = portals_.find(portal); known != portals_.end()) {
    known->second = {unit_operation_};
  } else if (portal.size() > kMaxStatementName) {
    sink_.on_parse_error(ParseError::target_cut);
  } else if (portals_.size() < kMaxStatements) {
    portals_.emplace(std::string(portal), Portal{unit_operation_});
  } else {
    sink_.on_parse_error(ParseError::pipeline_limit);
  }
}

void PostgreSql::execute(std::string_view body, const Reader& r) {
  const auto portal = portals_.find(take_name(body));
  const bool continues = portal != portals_.end() && std::exchange(portal->second.executed, true);
  const size_t before = pending_.size();
  push(Pending::Kind::execute, r, portal != portals_.end() ? portal->second.operation : unit_operation_);
  if (pending_.size() > before) pending_.back().continues = continues;
  unit_start_ns_ = 0;
  unsynced_ = true;
}

// Where the client did not wait to be asked for the rows, what it asked before them is told apart from what it asks behind them.
void PostgreSql::end_copy(const Reader& r) {
  if (copying_ || pending_.empty() || pending_.back().kind == Pending::Kind::query) return;
  push(Pending::Kind::copy_end, r, {});
}

void PostgreSql::push(Pending::Kind kind, const Reader& r, std::string_view operation) {
  if (failed_ && kind != Pending::Kind::sync) return;  // the server passes over it
  const bool execute = kind == Pending::Kind::execute;
  Pending made{.kind = kind,
               .start_ns = execute && unit_start_ns_ != 0 ? unit_start_ns_ : r.start_ns,
               .tgid = r.tgid,
               .operation = operation,
               .text = {}};
  if (lost_) {
    if (kind == Pending::Kind::query || execute) report(made, operation, QueryStatus::unknown, r.start_ns);
    return;
  }
  const bool cycle_ends = kind == Pending::Kind::query || kind == Pending::Kind::sync;
  if (cycle_ends && cycles_ > 0) pipelines_ = true;
  cycles_ += cycle_ends ? 1 : 0;
  if (kind == Pending::Kind::query) {
    const std::string_view rest = next_statement(r.kept);
    if (sql_operation(rest) != kOtherOperation) made.text = rest;
  }
  text_bytes_ += made.text.size();
  pending_.push_back(std::move(made));
}

Verdict PostgreSql::server_message(char type, const Reader& r, uint64_t ts_ns) {
  switch (type) {
    case 'C':
      copying_ = false;
      complete(r.kept, ts_ns);
      break;
    case 'G':
      begin_copy();
      break;
    case 'E':
      copying_ = false;
      fail(ts_ns);
      break;
    case 'Z':
      ready(r.kept.empty() ? 'I' : r.kept[0], ts_ns);
      break;
    case '1':
      if (!pending_.empty() && pending_.front().kind == Pending::Kind::parse) pop();
      break;
    case 'I':  // an empty statement
      skip_parses();
      if (!pending_.empty() && pending_.front().kind == Pending::Kind::execute) pop();
      break;
    case 's':
      suspend(ts_ns);
      break;
    case 'V':
      if (!pending_.empty()) report(pending_.front(), kOtherOperation, QueryStatus::ok, ts_ns);
      statements_done_ = true;
      break;
    case 'W':  // replication
      if (!pending_.empty()) report(pending_.front(), pending_.front().operation, QueryStatus::ok, ts_ns);
      return Verdict::finished;
    default:
      break;
  }
  return Verdict::mine;
}

// While the client hands over rows, the server passes over each Sync.
void PostgreSql::begin_copy() {
  copying_ = true;
  skip_parses();
  if (pending_.empty() || pending_.front().kind != Pending::Kind::execute) return;
  const auto after = pending_.begin() + 1;
  auto end = after;
  while (end != pending_.end() && end->kind == Pending::Kind::sync) ++end;
  cycles_ -= static_cast<size_t>(end - after);
  pending_.erase(after, end);
}

// More rows are to be asked for, and perhaps never will be: the query is counted now.
void PostgreSql::suspend(uint64_t ts_ns) {
  skip_parses();
  if (pending_.empty() || pending_.front().kind != Pending::Kind::execute) return;
  report(pending_.front(), pending_.front().operation, QueryStatus::ok, ts_ns);
  pop();
}

// What has no answer of its own, or had it in what is behind.
void PostgreSql::skip_parses() {
  while (!pending_.empty() && (pending_.front().kind == Pending::Kind::parse || pending_.front().kind == Pending::Kind::copy_end)) pop();
}

void PostgreSql::pop() {
  const Pending& front = pending_.front();
  if (front.kind == Pending::Kind::query || front.kind == Pending::Kind::sync) --cycles_;
  text_bytes_ -= front.text.size();
  pending_.pop_front();
}

void PostgreSql::complete(std::string_view tag, uint64_t ts_ns) {
  skip_parses();
  if (pending_.empty() || pending_.front().kind == Pending::Kind::sync) {
    sink_.on_parse_error(ParseError::orphan_response);
    return;
  }
  Pending& front = pending_.front();
  const std::string_view operation = sql_operation(tag);
  if (unproven_ && is_plain(operation) && is_plain(front.operation) && operation != front.operation) {
    sink_.on_parse_error(ParseError::orphan_response);
    lose(ts_ns);
    return;
  }
  unproven_ = false;
  report(front, operation, QueryStatus::ok, ts_ns);
  if (front.kind == Pending::Kind::execute) {
    pop();
    return;
  }
  // A simple query's next statement begins where this one ended.
  statements_done_ = true;
  front.start_ns = ts_ns;
  front.operation = sql_operation(front.text);
  text_bytes_ -= front.text.size();
  front.text = std::string(next_statement(front.text));
  text_bytes_ += front.text.size();
}

void PostgreSql::fail(uint64_t ts_ns) {
  if (pending_.empty() || pending_.front().kind == Pending::Kind::sync) return;  // of the session, not of a query
  report(pending_.front(), pending_.front().operation, QueryStatus::error, ts_ns);
  statements_done_ = true;
  if (pending_.front().kind == Pending::Kind::query) return;
  // What follows up to the Sync is passed over.
  while (!pending_.empty() && pending_.front().kind != Pending::Kind::sync) pop();
  failed_ = pending_.empty();
}

void PostgreSql::ready(char status, uint64_t ts_ns) {
  ready_once_ = true;
  transaction_ = status;
  failed_ = false;
  while (!pending_.empty()) {
    const Pending::Kind kind = pending_.front().kind;
    if (kind == Pending::Kind::execute) report(pending_.front(), pending_.front().operation, QueryStatus::unknown, ts_ns);
    pop();
    if (kind == Pending::Kind::query || kind == Pending::Kind::sync) break;
  }
  statements_done_ = false;
}

void PostgreSql::report(const Pending& pending, std::string_view operation, QueryStatus status, uint64_t end_ns) {
  if (pending.continues && status != QueryStatus::error) return;
  sink_.on_query({.role = role(),
                  .operation = operation.empty() ? kOtherOperation : operation,
                  .status = status,
                  .tgid = pending.tgid,
                  .start_ns = pending.start_ns,
                  .duration_ns = end_ns > pending.start_ns ? end_ns - pending.start_ns : 0});
}

// Which answer belongs to which question is not known from here on.
void PostgreSql::lose(uint64_t ts_ns) {
  settle_all(QueryStatus::unknown, ts_ns);
  lost_ = true;
  adrift_ = failed_ = copying_ = false;
  last_.clear();
}

void PostgreSql::bad_message(Direction direction, uint64_t ts_ns) {
  sink_.on_parse_error(ParseError::bad_message);
  lose_frame(direction, ts_ns);
}

// A direction's messages can be followed no longer. Where the server is answering a single question, the end of its answer will
// tell what became of it; where the client is handing over a COPY's rows, the server's answer will.
void PostgreSql::lose_frame(Direction direction, uint64_t ts_ns) {
  Reader& r = reader(direction);
  r.in_body = false;
  r.have = 0;
  framed_[static_cast<size_t>(direction)] = false;
  if (direction != client_ && phase_ == Phase::messages && !lost_ && single_question()) {
    adrift_ = true;
    last_.clear();
  } else if (direction != client_ || !copying_) {
    lose(ts_ns);
  }
  phase_ = Phase::messages;
}

bool PostgreSql::single_question() const {
  const auto questions = std::count_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.kind == Pending::Kind::query || p.kind == Pending::Kind::execute;
  });
  return cycles_ == 1 && questions == 1 && !statements_done_ &&
         std::all_of(pending_.begin(), pending_.end(), [](const Pending& p) { return p.text.empty(); });
}

// The client speaks again: what was followed no longer may be found again.
void PostgreSql::begin_client_run(std::string_view bytes) {
  if (adrift_ && !settle_adrift()) lose(last_ns_);
  bool& framed = framed_[static_cast<size_t>(client_)];
  if (!framed && !copying_) framed = begins_message(bytes);
  const Reader& r = reader(client_);
  // Once the server has said that it is ready no question is open; unless the client does not wait for answers.
  if (!lost_ || !framed || r.in_body || r.have > 0 || pipelines_ || !is_ready(last_)) return;
  follow_server();
  lost_ = false;
  unproven_ = true;
}

// From where it has said that it is ready.
void PostgreSql::follow_server() {
  Reader& server = reader(opposite(client_));
  server.in_body = false;
  server.have = 0;
  framed_[static_cast<size_t>(opposite(client_))] = true;
  transaction_ = last_.back();
  ready_once_ = true;
}

// A completed statement ends in its tag and one NUL, an error in two.
bool PostgreSql::settle_adrift() {
  if (!is_ready(last_) || last_.size() < kEnd || last_[1] != 0) return false;
  const auto question = std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.kind == Pending::Kind::query || p.kind == Pending::Kind::execute;
  });
  report(*question, question->operation, last_[0] != 0 ? QueryStatus::ok : QueryStatus::error, last_ns_);
  pending_.clear();
  text_bytes_ = 0;
  cycles_ = 0;
  adrift_ = false;
  follow_server();
  return true;
}

void PostgreSql::advance(uint64_t now_ns) {
  if (adrift_ && now_ns >= last_ns_ + kSettleNs) settle_adrift();
}

void PostgreSql::settle_all(QueryStatus status, uint64_t ts_ns) {
  for (const Pending& pending : pending_) {
    const bool answered = pending.kind == Pending::Kind::query && &pending == &pending_.front() && statements_done_;
    const bool asks = pending.kind == Pending::Kind::query || pending.kind == Pending::Kind::execute;
    if (answered || !asks) continue;
    report(pending, pending.operation, status, ts_ns);
  }
  pending_.clear();
  text_bytes_ = 0;
  cycles_ = 0;
  statements_done_ = false;
  unit_start_ns_ = 0;
  unsynced_ = false;
}

Verdict PostgreSql::unseen(Direction direction, const Passage& passage, const Unseen& bytes) {
  if (closed_) return Verdict::finished;
  if (phase_ == Phase::start) {
    unseen_before_ = true;
    lead_[0].clear();
    lead_[1].clear();
    return Verdict::undecided;
  }
  if (phase_ == Phase::encrypted) {
    sink_.on_parse_error(ParseError::encrypted);
    return Verdict::mine;
  }
  Reader& r = reader(direction);
  r.run = passage.run;
  if (!framed_[static_cast<size_t>(direction)] || (lost_ && direction != client_)) {
    if (direction != client_) {
      last_.clear();
      remember_end(bytes.tail, passage.ts_ns);
    }
    return Verdict::mine;
  }
  // The middle of a message that tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.length - bytes.tail.size();
  if (phase_ == Phase::messages && (middle == 0 || (r.in_body && middle <= r.left))) {
    Verdict verdict = Verdict::mine;
    if (middle > 0) {
      r.left -= middle;
      r.cut = true;
      if (r.left == 0) verdict = message(direction == client_, r, passage.ts_ns);
    }
    return verdict == Verdict::mine && !bytes.tail.empty() ? consume(direction, passage, bytes.tail) : verdict;
  }
  sink_.on_parse_error(direction == client_ ? ParseError::unseen_request : ParseError::unseen_response);
  lose_frame(direction, passage.ts_ns);
  if (direction != client_) remember_end(bytes.tail, passage.ts_ns);
  return Verdict::mine;
}

void PostgreSql::remember_end(std::string_view bytes, uint64_t ts_ns) {
  last_.append(bytes.substr(bytes.size() > kEnd ? bytes.size() - kEnd : 0));
  if (last_.size() > kEnd) last_.erase(0, last_.size() - kEnd);
  last_ns_ = ts_ns;
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
  const bool asking = client.in_body || client.have > 0 || unsynced_;
  if (asking || (!pending_.empty() && !adrift_) || failed_ || ((lost_ || adrift_) && !is_ready(last_))) return SessionState::active;
  return (lost_ || adrift_ ? last_.back() : transaction_) == 'I' ? SessionState::idle : SessionState::in_transaction;
}

size_t PostgreSql::memory() const {
  return pending_.size() * sizeof(Pending) + text_bytes_ + (statements_.size() + portals_.size()) * (sizeof(std::string) + 64) +
         readers_[0].kept.capacity() + readers_[1].kept.capacity();
}

}  // namespace sockwatch
