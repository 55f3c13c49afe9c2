#include "protocols/memcached.h"

#include <algorithm>
#include <utility>

#include "protocols/bounded_bytes.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxTries = 32;
constexpr uint64_t kMaxData = 1ull << 30;

bool is_error(std::string_view word) { return word == "ERROR" || word == "CLIENT_ERROR" || word == "SERVER_ERROR"; }

// The last of several lines: of stats, of a dump of keys.
bool ends_lines(std::string_view word) {
  constexpr std::string_view last[] = {"END", "RESET", "OK", "EN", "BUSY", "BADCLASS", "NOTFULL"};
  return std::find(std::begin(last), std::end(last), word) != std::end(last);
}

}  // namespace

// In alphabetical order.
const Memcached::Name Memcached::kNames[] = {
    {"add", "ADD", Kind::line, 4},
    {"append", "APPEND", Kind::line, 4},
    {"cache_memlimit", "_OTHER", Kind::line},
    {"cas", "CAS", Kind::line, 4},
    {"decr", "DECR", Kind::line},
    {"delete", "DELETE", Kind::line},
    {"flush_all", "FLUSH_ALL", Kind::line},
    {"gat", "GAT", Kind::values},
    {"gats", "GATS", Kind::values},
    {"get", "GET", Kind::values},
    {"gets", "GETS", Kind::values},
    {"incr", "INCR", Kind::line},
    {"lru", "_OTHER", Kind::line},
    {"lru_crawler", "_OTHER", Kind::lines},
    {"ma", "MA", Kind::meta},
    {"md", "MD", Kind::meta},
    {"me", "ME", Kind::meta},
    {"mg", "MG", Kind::meta_get},
    {"mn", "MN", Kind::last_meta},
    {"ms", "MS", Kind::meta, 2},
    {"prepend", "PREPEND", Kind::line, 4},
    {"quit", "QUIT", Kind::goodbye},
    {"replace", "REPLACE", Kind::line, 4},
    {"set", "SET", Kind::line, 4},
    {"slabs", "_OTHER", Kind::line},
    {"stats", "STATS", Kind::lines},
    {"touch", "TOUCH", Kind::line},
    {"verbosity", "VERBOSITY", Kind::line},
    {"version", "VERSION", Kind::line},
    {"watch", "WATCH", Kind::leaves},
};

const Memcached::Name* Memcached::find(std::string_view name) {
  const auto* it = std::lower_bound(std::begin(kNames), std::end(kNames), name,
                                    [](const Name& known, std::string_view sought) { return known.name < sought; });
  return it != std::end(kNames) && it->name == name ? it : nullptr;
}

Verdict Memcached::data(Direction direction, const Passage& passage, std::string_view bytes) {
  if (closed_) return Verdict::finished;
  if (bytes.empty()) return recognised_ ? Verdict::mine : Verdict::undecided;
  if (!recognised_) return recognise(direction, passage, bytes);
  if (binary_) {
    binary_->data(direction, passage, bytes);
    return Verdict::mine;
  }
  if (last_ns_ + kQuietNs < passage.ts_ns) overlaps_ = false;
  Verdict verdict = Verdict::mine;
  if (direction == client_)
    verdict = commands(passage, bytes);
  else
    answers(passage, bytes);
  last_ns_ = passage.ts_ns;
  return verdict;
}

Verdict Memcached::recognise_binary(Direction direction, const Passage& passage, std::string_view bytes) {
  if (!lead_.empty() && direction != client_) return Verdict::not_mine;
  client_ = direction;
  std::string lead = lead_;
  append_up_to(lead, MemcachedBinary::kHeader, bytes);
  const Verdict verdict = MemcachedBinary::looks_like(lead);
  if (verdict == Verdict::undecided) {
    lead_ = std::move(lead);
  } else if (verdict == Verdict::mine) {
    recognised_ = true;
    binary_.emplace(sink_, client_);
    if (!lead_.empty()) binary_->data(direction, passage, lead_);
    binary_->data(direction, passage, bytes);
  }
  return verdict;
}

// By a first line that is one of its commands; of those that other protocols have too, by more words than they give them.
Verdict Memcached::recognise(Direction direction, const Passage& passage, std::string_view bytes) {
  const bool between = request_.at_start();
  if (between && (!lead_.empty() || static_cast<uint8_t>(bytes[0]) == 0x80)) {
    const Verdict verdict = recognise_binary(direction, passage, bytes);
    if (verdict == Verdict::not_mine && unseen_before_ && ++tries_ < kMaxTries) {
      lead_.clear();
      return Verdict::undecided;
    }
    return verdict;
  }
  if (!between && direction != client_) return unseen_before_ ? Verdict::undecided : Verdict::not_mine;
  if (between && !unseen_before_ && (bytes[0] < 'a' || bytes[0] > 'z')) return Verdict::not_mine;
  if (between) {
    client_ = direction;
    start_ns_ = passage.ts_ns;
    tgid_ = passage.tgid;
  }
  std::string_view rest = bytes;
  const MemcachedLine::Outcome outcome = request_.read(rest);
  if (outcome == MemcachedLine::Outcome::need_more && request_.words() <= 1) {
    const std::string_view word = request_.word(0);
    const bool plausible = bytes[0] >= 'a' && bytes[0] <= 'z' && (word.empty() || find(word) != nullptr);
    return plausible || !between ? Verdict::undecided : Verdict::not_mine;
  }
  const Name* name = find(request_.word(0));
  const size_t least = name == nullptr || name->kind == Kind::line ? 3 : name->kind == Kind::values || name->kind == Kind::meta_get ? 2 : 1;
  const bool alone = name != nullptr && (name->name == "version" || name->name == "flush_all" || name->name == "verbosity" || name->name == "slabs" ||
                                         name->name == "lru" || name->name == "cache_memlimit");
  uint64_t length = 0;
  const bool sized = name != nullptr && (name->data_word == 0 || request_.number(name->data_word, length));
  if (name == nullptr || outcome == MemcachedLine::Outcome::bad || name->kind == Kind::goodbye) {
    if (!unseen_before_ || ++tries_ >= kMaxTries) return Verdict::not_mine;
    request_.reset();
    return Verdict::undecided;
  }
  if (outcome == MemcachedLine::Outcome::need_more) return Verdict::undecided;
  if ((request_.words() < least && !(alone || name->name == "delete")) || !sized) return Verdict::not_mine;
  if (request_.last_word().starts_with("HTTP/")) return Verdict::not_mine;  // a method in small letters
  recognised_ = true;
  client_run_ = passage.run;
  last_ns_ = passage.ts_ns;
  if (const Verdict verdict = command(passage); verdict != Verdict::mine) return verdict;
  return commands(passage, rest);
}

Verdict Memcached::commands(const Passage& passage, std::string_view bytes) {
  if (passage.run != client_run_) {
    client_run_ = passage.run;
    if (!framed_ && find(bytes.substr(0, std::min(bytes.find_first_of(" \r"), MemcachedLine::kMaxWord))) != nullptr) {
      framed_ = true;
      has_next_ = false;
      request_.reset();
    }
    if (lost_ && framed_ && !overlaps_) {
      lost_ = false;
      answer_.reset();
    }
    if (!pending_.empty()) overlaps_ = true;
  }
  while (framed_ && !bytes.empty()) {
    if (request_.at_start() && !has_next_) {
      start_ns_ = passage.ts_ns;
      tgid_ = passage.tgid;
    }
    Verdict verdict = Verdict::mine;
    switch (request_.read(bytes)) {
      case MemcachedLine::Outcome::need_more:
        return Verdict::mine;
      case MemcachedLine::Outcome::bad:
        sink_.on_parse_error(ParseError::bad_message);
        framed_ = false;
        lose(passage.ts_ns);
        return Verdict::mine;
      case MemcachedLine::Outcome::line:
        verdict = command(passage);
        break;
      case MemcachedLine::Outcome::data:
        verdict = push(passage);
        break;
    }
    if (verdict != Verdict::mine) return verdict;
  }
  return Verdict::mine;
}

// A command's line has ended.
Verdict Memcached::command(const Passage& passage) {
  static constexpr Name kUnknown = {"", "_OTHER", Kind::line};
  const Name* name = find(request_.word(0));
  next_ = {.name = name != nullptr ? name : &kUnknown, .quiet = false, .tgid = tgid_, .start_ns = start_ns_};
  const Kind kind = next_.name->kind;
  const size_t before_keys = next_.name->name.starts_with("gat") ? 2 : 1;  // the command, and a time
  if (kind == Kind::values && request_.words() > before_keys) next_.keys = static_cast<uint32_t>(request_.words() - before_keys);
  if (kind == Kind::meta_get) next_.keys = 1;
  if (kind == Kind::meta_get || kind == Kind::meta) next_.quiet = request_.has_flag('q');
  next_.wants_value = request_.has_flag('v');
  no_reply_ = kind == Kind::line && request_.words() > 1 && request_.last_word() == "noreply";
  if (next_.name->data_word == 0) return push(passage);
  uint64_t length = 0;
  if (!request_.number(next_.name->data_word, length) || length > kMaxData) return push(passage);  // the server refuses it
  request_.expect_data(length);
  has_next_ = true;
  return Verdict::mine;
}

Verdict Memcached::push(const Passage& passage) {
  has_next_ = false;
  switch (next_.name->kind) {
    case Kind::leaves:
      return Verdict::finished;
    case Kind::goodbye:
      return Verdict::mine;
    default:
      break;
  }
  if (no_reply_ || lost_) {
    report(next_, QueryStatus::unknown, passage.ts_ns);
  } else if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(passage.ts_ns);
  } else {
    pending_.push_back(next_);
  }
  return Verdict::mine;
}

void Memcached::answers(const Passage& passage, std::string_view bytes) {
  while (!lost_ && !bytes.empty()) {
    bool good = true;
    switch (answer_.read(bytes)) {
      case MemcachedLine::Outcome::need_more:
        return;
      case MemcachedLine::Outcome::bad:
        good = false;
        break;
      case MemcachedLine::Outcome::line:
        good = answer(passage.ts_ns);
        break;
      case MemcachedLine::Outcome::data:
        if (!pending_.empty() && pending_.front().name->kind == Kind::meta_get) end(QueryStatus::ok, passage.ts_ns);
        break;
    }
    if (good) continue;
    sink_.on_parse_error(ParseError::bad_message);
    lose(passage.ts_ns);
  }
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

Verdict Memcached::unseen(Direction direction, const Passage& passage, const Unseen& bytes) {
  if (closed_) return Verdict::finished;
  // The middle of a value tells nothing; its end, and what follows, may have been seen.
  const uint64_t middle = bytes.before_tail();
  if (!recognised_) {
    unseen_before_ = true;
    lead_.clear();
    request_.reset();
    return Verdict::undecided;
  }
  if (binary_) {
    binary_->unseen(direction, passage, bytes);
    return Verdict::mine;
  }
  const bool from_client = direction == client_;
  last_ns_ = passage.ts_ns;
  if (from_client ? !framed_ : lost_) return Verdict::mine;
  if (from_client ? request_.skip(middle) : answer_.skip(middle)) return data(direction, passage, bytes.tail);
  framed_ = framed_ && !from_client;
  sink_.on_parse_error(from_client ? ParseError::unseen_request : ParseError::unseen_response);
  lose(passage.ts_ns);
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

SessionState Memcached::session() const {
  if (!recognised_) return SessionState::none;
  if (binary_) return binary_->session();
  return pending_.empty() && request_.at_start() ? SessionState::idle : SessionState::active;
}

}  // namespace sockwatch
