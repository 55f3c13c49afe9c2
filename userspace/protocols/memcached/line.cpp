#include "protocols/memcached/line.h"

#include <algorithm>
#include <charconv>

namespace sockwatch {

bool MemcachedLine::skip(uint64_t length) {
  if (length == 0) return true;
  if (data_left_ < length) return false;
  data_left_ -= length;
  data_skipped_ = data_left_ == 0;
  return true;
}

bool MemcachedLine::number(size_t i, uint64_t& out) const {
  const std::string_view text = word(i);
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && at == text.data() + text.size();
}

void MemcachedLine::end_word() {
  if (current_.size == 0) return;
  if (words_ < kWords) kept_[words_] = current_;
  const char letter = current_.bytes[0];
  if (words_ >= 2 && current_.size == 1 && letter >= 'a' && letter <= 'z') flags_ |= 1u << (letter - 'a');
  last_ = current_;
  ++words_;
  current_.size = 0;
}

MemcachedLine::Outcome MemcachedLine::read(std::string_view& bytes) {
  if (data_skipped_) {
    data_skipped_ = false;
    return Outcome::data;
  }
  while (!bytes.empty()) {
    if (data_left_ > 0) {
      const uint64_t n = std::min<uint64_t>(data_left_, bytes.size());
      data_left_ -= n;
      bytes.remove_prefix(static_cast<size_t>(n));
      if (data_left_ == 0) return Outcome::data;
      continue;
    }
    if (!in_line_) {
      reset();
      in_line_ = true;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n') {
      end_word();
      in_line_ = false;
      return Outcome::line;
    }
    if (c == 0 || ++line_size_ > kMaxLine) return Outcome::bad;
    if (c == ' ' || c == '\r') {
      end_word();
    } else if (current_.size++ < kMaxWord) {
      current_.bytes[current_.size - 1] = c;
    }
  }
  return Outcome::need_more;
}

}  // namespace sockwatch
