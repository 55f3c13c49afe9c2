// Recognising the protocol: the binary one by its first header, text by a first line that is a command's and is answered like one.
//
// Other protocols have the same words ("stats" of beanstalkd, "version" of gearmand, "get" of many), so that nothing is told before
// the answer has come, or data that only memcached's commands carry.
#include <utility>

#include "protocols/common/bounded_bytes.h"
#include "protocols/memcached/memcached.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxTries = 32;
constexpr size_t kMinCommands = 4;  ///< lines in a row that make their text a batch of commands

bool is_number(std::string_view word) { return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos; }

// Whether the line is begun by one of the answers, which memcached.cpp describes.
bool is_among(const MemcachedLine& line, std::string_view answers) {
  const std::string_view word = line.word(0);
  while (!answers.empty()) {
    std::string_view known = answers.substr(0, answers.find(' '));
    answers.remove_prefix(std::min(known.size() + 1, answers.size()));
    const char how = known.back();
    if (how == '+' || how == '*') known.remove_suffix(1);
    const bool fits = known == "#" ? is_number(word) : known.back() == '=' ? word.starts_with(known) : word == known;
    if (fits && (how == '*' || (how == '+') == (line.words() > 1))) return true;
  }
  return false;
}

}  // namespace

Verdict Memcached::recognise_binary(Direction direction, const Arrival& arrival, std::string_view bytes) {
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
    if (!lead_.empty()) binary_->data(direction, arrival, lead_);
    binary_->data(direction, arrival, bytes);
  }
  return verdict;
}

Verdict Memcached::recognise(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (line_waits_) return direction == client_ ? more_before_answer(bytes) : recognise_answer(arrival, bytes);
  const bool between = request_.at_start();
  if (between && (!lead_.empty() || static_cast<uint8_t>(bytes[0]) == 0x80)) {
    const Verdict verdict = recognise_binary(direction, arrival, bytes);
    return verdict == Verdict::not_mine ? not_this() : verdict;
  }
  if (!between && direction != client_) return unseen_before_ ? Verdict::undecided : Verdict::not_mine;
  if (between && (bytes[0] < 'a' || bytes[0] > 'z')) return not_this();
  if (between) {
    client_ = direction;
    line_arrival_ = arrival;
  }
  std::string_view rest = bytes;
  const MemcachedLine::Outcome outcome = request_.read(rest);
  if (outcome == MemcachedLine::Outcome::bad) return not_this();
  const Name* name = find(request_.word(0));
  if (outcome == MemcachedLine::Outcome::need_more)
    return request_.words() == 0 || name != nullptr ? Verdict::undecided : not_this();
  const bool http = request_.last_word().starts_with("HTTP/");  // a method in small letters
  if (name == nullptr || name->kind == Kind::goodbye || http) return not_this();
  line_waits_ = true;
  if (has_no_answer() && carries_data()) {
    take_line();
    return commands(arrival, rest);
  }
  return more_before_answer(rest);
}

Verdict Memcached::recognise_answer(const Arrival& arrival, std::string_view bytes) {
  const size_t end = bytes.find('\n');
  std::string_view first = bytes.substr(0, end == std::string_view::npos ? bytes.size() : end + 1);
  first.remove_prefix(append_up_to(early_answer_, kMaxFirstAnswer, first));
  if (!first.empty()) return not_this();
  if (end == std::string_view::npos) return Verdict::undecided;
  MemcachedLine line;
  std::string_view text = early_answer_;
  if (line.read(text) != MemcachedLine::Outcome::line || !may_be_answer(line)) return not_this();
  const std::string begun = std::exchange(early_answer_, {});
  if (const Verdict verdict = take_line(); verdict != Verdict::mine) return verdict;
  if (const Verdict verdict = answers(arrival, begun); verdict != Verdict::mine) return verdict;
  return answers(arrival, bytes.substr(end + 1));
}

// What is said behind the first line waits for the answer. When it gets long, it is commands if they all are.
Verdict Memcached::more_before_answer(std::string_view bytes) {
  bytes.remove_prefix(append_up_to(early_, kMaxEarly, bytes));
  if (bytes.empty()) return Verdict::undecided;
  if (!carries_data() && !are_commands(early_)) return not_this();
  if (const Verdict verdict = take_line(); verdict != Verdict::mine) return verdict;
  return commands(line_arrival_, bytes);
}

// Whether the text is commands and their data, the last one of which may be cut off.
bool Memcached::are_commands(std::string_view text) {
  MemcachedLine line;
  for (size_t commands = 0;;) {
    switch (line.read(text)) {
      case MemcachedLine::Outcome::bad: return false;
      case MemcachedLine::Outcome::need_more: return commands >= kMinCommands;
      case MemcachedLine::Outcome::data: break;
      case MemcachedLine::Outcome::line: {
        const Name* name = find(line.word(0));
        if (name == nullptr) return false;
        ++commands;
        uint64_t length = 0;
        if (name->data_word != 0 && line.number(name->data_word, length) && length <= kMaxData) line.expect_data(length);
      }
    }
  }
}

// The first line, which has been read, and what waits behind it.
Verdict Memcached::take_line() {
  recognised_ = true;
  line_waits_ = false;
  client_flight_ = line_arrival_.flight;
  last_ns_ = start_ns_ = line_arrival_.ts_ns;
  tgid_ = line_arrival_.tgid;
  if (const Verdict verdict = command(line_arrival_); verdict != Verdict::mine) return verdict;
  const std::string early = std::exchange(early_, {});
  return commands(line_arrival_, early);
}

Verdict Memcached::not_this() {
  if (!unseen_before_ || ++tries_ >= kMaxTries) return Verdict::not_mine;
  begin_anew();
  return Verdict::undecided;
}

void Memcached::begin_anew() {
  request_.reset();
  lead_.clear();
  early_.clear();
  early_answer_.clear();
  line_waits_ = false;
}

bool Memcached::carries_data() const {
  const Name* name = find(request_.word(0));
  uint64_t length = 0;
  return name != nullptr && name->data_word != 0 && request_.number(name->data_word, length);
}

bool Memcached::has_no_answer() const {
  const Kind kind = find(request_.word(0))->kind;
  return kind == Kind::line ? request_.last_word() == "noreply" : (kind == Kind::meta || kind == Kind::meta_get) && request_.has_flag('q');
}

// Where the first line has no answer, or other commands may have been asked before it, the answer is one of any.
bool Memcached::may_be_answer(const MemcachedLine& line) const {
  if (is_among(line, "ERROR CLIENT_ERROR+ SERVER_ERROR+")) return true;
  if (!unseen_before_ && !has_no_answer()) return is_among(line, find(request_.word(0))->answers);
  for (const Name& name : names())
    if (is_among(line, name.answers)) return true;
  return false;
}

}  // namespace sockwatch
