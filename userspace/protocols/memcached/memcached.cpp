#include "protocols/memcached/memcached.h"

#include <algorithm>
#include <utility>

namespace sockwatch {
namespace {

constexpr std::string_view kStored = "STORED NOT_STORED EXISTS NOT_FOUND";
constexpr std::string_view kValues = "VALUE+ END";
constexpr std::string_view kMeta = "HD* VA+ EN NF* NS* EX* ME+ MN";

bool is_error(std::string_view word) { return word == "ERROR" || word == "CLIENT_ERROR" || word == "SERVER_ERROR"; }

// The last of several lines: of stats, of a dump of keys.
bool ends_lines(std::string_view word) {
  constexpr std::string_view last[] = {"END", "RESET", "OK", "EN", "BUSY", "BADCLASS", "NOTFULL"};
  return std::find(std::begin(last), std::end(last), word) != std::end(last);
}

}  // namespace

// In alphabetical order. Of the answers: "X" is the line, "X+" begins it and "X*" does either; "#" is a number.
const Memcached::Name Memcached::kNames[] = {
    {"add", "ADD", Kind::line, kStored, 4},
    {"append", "APPEND", Kind::line, kStored, 4},
    {"cache_memlimit", "_OTHER", Kind::line, "OK"},
    {"cas", "CAS", Kind::line, kStored, 4},
    {"decr", "DECR", Kind::line, "# NOT_FOUND"},
    {"delete", "DELETE", Kind::line, "DELETED NOT_FOUND"},
    {"flush_all", "FLUSH_ALL", Kind::line, "OK"},
    {"gat", "GAT", Kind::values, kValues},
    {"gats", "GATS", Kind::values, kValues},
    {"get", "GET", Kind::values, kValues},
    {"gets", "GETS", Kind::values, kValues},
    {"incr", "INCR", Kind::line, "# NOT_FOUND"},
    {"lru", "_OTHER", Kind::line, "OK"},
    {"lru_crawler", "_OTHER", Kind::lines, "OK END EN BUSY* BADCLASS* key=*"},
    {"ma", "MA", Kind::meta, kMeta},
    {"md", "MD", Kind::meta, kMeta},
    {"me", "ME", Kind::meta, kMeta},
    {"mg", "MG", Kind::meta_get, kMeta},
    {"mn", "MN", Kind::last_meta, kMeta},
    {"ms", "MS", Kind::meta, kMeta, 2},
    {"prepend", "PREPEND", Kind::line, kStored, 4},
    {"quit", "QUIT", Kind::goodbye, ""},
    {"replace", "REPLACE", Kind::line, kStored, 4},
    {"set", "SET", Kind::line, kStored, 4},
    {"slabs", "_OTHER", Kind::line, "OK BUSY* BADCLASS* NOSPARE* NOTFULL* UNSAFE* SAME*"},
    {"stats", "STATS", Kind::lines, "STAT+ ITEM+ PREFIX+ END RESET OK"},
    {"touch", "TOUCH", Kind::line, "TOUCHED NOT_FOUND"},
    {"verbosity", "VERBOSITY", Kind::line, "OK"},
    {"version", "VERSION", Kind::line, "VERSION+"},
    {"watch", "WATCH", Kind::leaves, "OK"},
};

std::span<const Memcached::Name> Memcached::names() { return kNames; }

const Memcached::Name* Memcached::find(std::string_view name) {
  const auto* it = std::lower_bound(std::begin(kNames), std::end(kNames), name,
                                    [](const Name& known, std::string_view sought) { return known.name < sought; });
  return it != std::end(kNames) && it->name == name ? it : nullptr;
}

Verdict Memcached::data(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (bytes.empty()) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (!recognised_) return recognise(direction, arrival, bytes);
  if (binary_) {
    binary_->data(direction, arrival, bytes);
    return Verdict::mine;
  }
  if (last_ns_ + kQuietNs < arrival.ts_ns) overlap_.forget();
  const Verdict verdict = direction == client_ ? commands(arrival, bytes) : answers(arrival, bytes);
  last_ns_ = arrival.ts_ns;
  return verdict;
}

Verdict Memcached::commands(const Arrival& arrival, std::string_view bytes) {
  if (arrival.flight != client_flight_) {
    client_flight_ = arrival.flight;
    if (!framed_ && find(bytes.substr(0, std::min(bytes.find_first_of(" \r"), MemcachedLine::kMaxWord))) != nullptr) {
      framed_ = true;
      has_next_ = false;
      request_.reset();
    }
    if (lost_ && framed_ && !overlap_.proven()) {
      lost_ = false;
      answer_.reset();
    }
    if (!pending_.empty()) overlap_.suspect();
  }
  if (!framed_) sink_.on_passed_over(bytes.size());
  while (framed_ && (!bytes.empty() || request_.data_ended())) {
    if (request_.at_start() && !has_next_) {
      start_ns_ = arrival.ts_ns;
      tgid_ = arrival.tgid;
    }
    Verdict verdict = Verdict::mine;
    switch (request_.read(bytes)) {
      case MemcachedLine::Outcome::need_more:
        return Verdict::mine;
      case MemcachedLine::Outcome::bad:
        sink_.on_parse_error(ParseError::bad_message);
        framed_ = false;
        lose(arrival.ts_ns);
        return Verdict::mine;
      case MemcachedLine::Outcome::line:
        verdict = command(arrival);
        break;
      case MemcachedLine::Outcome::data:
        verdict = push(arrival);
        break;
    }
    if (verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

// A command's line has ended.
Verdict Memcached::command(const Arrival& arrival) {
  static constexpr Name kUnknown = {"", "_OTHER", Kind::line, ""};
  const Name* name = find(request_.word(0));
  next_ = {.name = name != nullptr ? name : &kUnknown, .quiet = false, .tgid = tgid_, .start_ns = start_ns_};
  const Kind kind = next_.name->kind;
  const size_t before_keys = next_.name->name.starts_with("gat") ? 2 : 1;  // the command, and a time
  if (kind == Kind::values && request_.words() > before_keys) next_.keys = static_cast<uint32_t>(request_.words() - before_keys);
  if (kind == Kind::meta_get) next_.keys = 1;
  if (kind == Kind::meta_get || kind == Kind::meta) next_.quiet = request_.has_flag('q');
  next_.wants_value = request_.has_flag('v');
  no_reply_ = kind == Kind::line && request_.words() > 1 && request_.last_word() == "noreply";
  if (next_.name->data_word == 0) return push(arrival);
  uint64_t length = 0;
  if (!request_.number(next_.name->data_word, length) || length > kMaxData) return push(arrival);  // the server refuses it
  request_.expect_data(length);
  has_next_ = true;
  return Verdict::mine;
}

Verdict Memcached::push(const Arrival& arrival) {
  has_next_ = false;
  if (next_.name->kind == Kind::goodbye) return Verdict::mine;
  if (no_reply_ || lost_) {
    report(next_, QueryStatus::unknown, arrival.ts_ns);
  } else if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(arrival.ts_ns);
  } else {
    pending_.push_back(next_);
  }
  return Verdict::mine;
}

Verdict Memcached::answers(const Arrival& arrival, std::string_view bytes) {
  overlap_.server_speaks(false);
  while (!lost_ && (!bytes.empty() || answer_.data_ended())) {
    bool good = true;
    switch (answer_.read(bytes)) {
      case MemcachedLine::Outcome::need_more:
        return Verdict::mine;
      case MemcachedLine::Outcome::bad:
        good = false;
        break;
      case MemcachedLine::Outcome::line:
        good = answer(arrival.ts_ns);
        break;
      case MemcachedLine::Outcome::data:
        if (!pending_.empty() && pending_.front().name->kind == Kind::meta_get) end(QueryStatus::ok, arrival.ts_ns);
        break;
    }
    if (closed_) return Verdict::finished;
    if (good) continue;
    sink_.on_parse_error(ParseError::bad_message);
    lose(arrival.ts_ns);
  }
  return Verdict::mine;
}

// A line of the server's has ended. False: it makes no sense.
bool Memcached::answer(uint64_t ts_ns) {
  const std::string_view word = answer_.word(0);
  if (pending_.empty()) {
    sink_.on_parse_error(ParseError::orphan_response);
    return true;
  }
  Command& front = pending_.front();
  const Kind kind = front.name->kind;
  uint64_t length = 0;
  if (kind == Kind::meta_get || kind == Kind::meta || kind == Kind::last_meta) return meta_answer(word, ts_ns);
  if (is_error(word)) {
    front.keys = front.hits;  // what was not answered was no miss
    end(QueryStatus::error, ts_ns);
  } else if (kind == Kind::leaves) {
    end(QueryStatus::ok, ts_ns);
    lose(ts_ns);  // what comes now is a log
    closed_ = true;
  } else if (kind == Kind::values && word == "VALUE") {
    if (!answer_.number(3, length) || length > kMaxData) return false;
    if (front.hits < front.keys) ++front.hits;
    answer_.expect_data(length);
  } else if (kind == Kind::values) {
    if (word != "END") return false;
    end(QueryStatus::ok, ts_ns);
  } else if (kind != Kind::lines || ends_lines(word)) {
    end(QueryStatus::ok, ts_ns);
  }
  return true;
}

// Whether a quiet command has this answer. If not, it has none: of a getting one that is a miss.
bool Memcached::may_answer(const Command& command, std::string_view word) const {
  if (is_error(word)) return true;
  if (command.name->kind == Kind::meta_get) return word == (command.wants_value ? "VA" : "HD");
  return word == "NS" || word == "EX" || (word == "NF" && command.name->name == "ms");
}

bool Memcached::meta_answer(std::string_view word, uint64_t ts_ns) {
  constexpr std::string_view words[] = {"EN", "EX", "HD", "ME", "MN", "NF", "NS", "VA"};
  if (!is_error(word) && std::find(std::begin(words), std::end(words), word) == std::end(words)) return false;
  while (!pending_.empty() && pending_.front().quiet && !may_answer(pending_.front(), word)) end(QueryStatus::ok, ts_ns);
  if (pending_.empty()) return false;
  Command& front = pending_.front();
  uint64_t length = 0;
  if (front.name->kind == Kind::meta_get && (word == "VA" || word == "HD")) front.hits = 1;
  if (is_error(word)) front.keys = front.hits;
  if (word == "VA") {
    if (!answer_.number(1, length) || length > kMaxData) return false;
    answer_.expect_data(length);
    if (front.name->kind == Kind::meta_get) return true;  // it ends with its data
  }
  end(is_error(word) ? QueryStatus::error : QueryStatus::ok, ts_ns);
  return true;
}

void Memcached::end(QueryStatus status, uint64_t ts_ns) {
  report(pending_.front(), status, ts_ns);
  pending_.pop_front();
}

void Memcached::report(const Command& command, QueryStatus status, uint64_t end_ns) {
  const bool counts = status == QueryStatus::ok || status == QueryStatus::error;
  sink_.on_query({.role = role(),
                  .operation = command.name->operation,
                  .status = status,
                  .tgid = command.tgid,
                  .start_ns = command.start_ns,
                  .duration_ns = end_ns > command.start_ns ? end_ns - command.start_ns : 0,
                  .hits = counts ? command.hits : 0,
                  .misses = counts ? command.keys - command.hits : 0});
}

Verdict Memcached::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  if (closed_) return Verdict::finished;
  // The middle of a value tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.before_tail();
  if (!recognised_ && !(line_waits_ && direction == client_ && carries_data())) {
    begin_anew();
    unseen_before_ = true;
    return Verdict::undecided;
  }
  if (!recognised_) take_line();
  if (binary_) {
    binary_->on_gap(direction, arrival, bytes);
    return Verdict::mine;
  }
  const bool from_client = direction == client_;
  if (!from_client) overlap_.server_speaks(bytes.detected_late);
  last_ns_ = arrival.ts_ns;
  const uint64_t passed_over = from_client && !bytes.detected_late ? bytes.length : 0;
  if (from_client ? !framed_ : lost_) {
    sink_.on_passed_over(passed_over);
    return Verdict::mine;
  }
  if (from_client ? request_.skip(middle) : answer_.skip(middle))
    return from_client ? commands(arrival, bytes.tail) : answers(arrival, bytes.tail);
  framed_ = framed_ && !from_client;
  sink_.on_passed_over(passed_over);
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  lose(arrival.ts_ns);
  return Verdict::mine;
}

// Which answer belongs to which command is not known from here on.
void Memcached::lose(uint64_t ts_ns) {
  if (std::exchange(has_next_, false)) report(next_, QueryStatus::unknown, ts_ns);
  for (const Command& command : pending_) report(command, QueryStatus::unknown, ts_ns);
  pending_.clear();
  lost_ = true;
}

void Memcached::close(uint64_t ts_ns) {
  if (std::exchange(closed_, true)) return;
  if (binary_) binary_->close(ts_ns);
  for (const Command& command : pending_) report(command, QueryStatus::aborted, ts_ns);
  pending_.clear();
}

bool Memcached::consistent() const {
  const bool bounded = pending_.size() <= kMaxPending && lead_.size() <= MemcachedBinary::kHeader && early_.size() <= kMaxEarly &&
                       early_answer_.size() <= kMaxFirstAnswer;
  return bounded && (!lost_ || pending_.empty()) && (recognised_ || pending_.empty()) && (!binary_ || binary_->consistent());
}

SessionState Memcached::session() const {
  if (!recognised_) return SessionState::none;
  if (binary_) return binary_->session();
  return pending_.empty() && request_.at_start() ? SessionState::idle : SessionState::active;
}

}  // namespace sockwatch
