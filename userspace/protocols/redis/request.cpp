#include "protocols/redis/request.h"

#include <algorithm>
#include <cstring>

namespace sockwatch {
namespace {

constexpr uint64_t kMaxWords = 1024 * 1024;    // the server's own limits
constexpr uint64_t kMaxLength = 512ull << 20;
constexpr uint8_t kMaxDigits = 10;
constexpr uint64_t kMaxLine = 64 * 1024;

bool is_get(std::string_view word) {
  return word.size() == 3 && (word[0] | 0x20) == 'g' && (word[1] | 0x20) == 'e' && (word[2] | 0x20) == 't';
}

}  // namespace

void RedisRequestReader::Word::add(std::string_view more) {
  if (size < kMaxWord) std::memcpy(bytes.data() + size, more.data(), std::min<size_t>(more.size(), kMaxWord - size));
  size += more.size();
}

void RedisRequestReader::begin_word() { word_.size = 0; }

void RedisRequestReader::end_word() {
  if (words_read_ < words_.size()) words_[words_read_] = word_;
  if (words_read_ > 2 && is_get(word_.view())) has_get_ = true;
  last_ = word_;
  ++words_read_;
}

bool RedisRequestReader::skip(uint64_t length) {
  if (length == 0) return true;
  if (state_ != State::word || length > left_) return false;
  left_ -= length;
  word_.size += length;
  if (left_ == 0) state_ = State::word_end;
  return true;
}

RedisRequestReader::Outcome RedisRequestReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    switch (state_) {
      case State::start:
        reset();
        is_array_ = c == '*';
        state_ = is_array_ ? State::count : State::line;
        if (is_array_) bytes.remove_prefix(1);
        begin_word();
        break;
      case State::count:
      case State::length:
        bytes.remove_prefix(1);
        if (const Outcome outcome = take_line_end(c); outcome != Outcome::need_more) return outcome;
        break;
      case State::word: {
        const auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
        word_.add(bytes.substr(0, n));
        left_ -= n;
        bytes.remove_prefix(n);
        if (left_ == 0) state_ = State::word_end;
        break;
      }
      case State::word_end:
        bytes.remove_prefix(1);
        if (c == '\r' && !cr_) {
          cr_ = true;
          break;
        }
        if (c != '\n' || !cr_) return Outcome::bad;
        cr_ = false;
        end_word();
        if (--words_left_ == 0) {
          state_ = State::start;
          return Outcome::done;
        }
        digits_ = 0;
        state_ = State::length;
        break;
      case State::line:
        bytes.remove_prefix(1);
        if (++left_ > kMaxLine || c == 0) return Outcome::bad;
        if (c == '\n' || c == ' ' || c == '\t') {
          if (word_.size > 0) end_word();
          begin_word();
          if (c != '\n') break;
          state_ = State::start;
          return Outcome::done;
        }
        if (c != '\r') word_.add({&c, 1});
        break;
    }
  }
  return Outcome::need_more;
}

// A number's line: "*3" or "$5", without its first byte where it tells an array's size.
RedisRequestReader::Outcome RedisRequestReader::take_line_end(char c) {
  if (state_ == State::length && digits_ == 0 && !cr_) {
    if (c != '$') return Outcome::bad;
    digits_ = 1;  // the sign stands for one
    number_ = 0;
    return Outcome::need_more;
  }
  if (c == '\r' && !cr_) {
    cr_ = true;
    return Outcome::need_more;
  }
  if (c != '\n' || !cr_) {
    if (cr_ || c < '0' || c > '9' || ++digits_ > kMaxDigits + 1) return Outcome::bad;
    number_ = number_ * 10 + static_cast<uint64_t>(c - '0');
    return Outcome::need_more;
  }
  cr_ = false;
  if (state_ == State::count) {
    if (digits_ == 0 || number_ > kMaxWords) return Outcome::bad;
    words_left_ = number_;
    digits_ = 0;
    state_ = number_ == 0 ? State::start : State::length;
    return number_ == 0 ? Outcome::done : Outcome::need_more;
  }
  if (digits_ < 2 || number_ > kMaxLength) return Outcome::bad;
  left_ = number_;
  begin_word();
  state_ = left_ == 0 ? State::word_end : State::word;
  return Outcome::need_more;
}

}  // namespace sockwatch
