#include "protocols/redis/reply.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sockwatch {
namespace {

constexpr int64_t kMaxString = 512ll << 20;   // proto-max-bulk-len
constexpr int64_t kMaxElements = 1ll << 32;

void keep_text(RedisReply& reply, std::string_view text) {
  const size_t n = std::min(text.size(), sizeof(reply.text) - reply.text_size);
  std::memcpy(reply.text + reply.text_size, text.data(), n);
  reply.text_size = static_cast<uint8_t>(reply.text_size + n);
}

}  // namespace

void RedisReplyReader::reset() {
  depth_ = line_size_ = 0;
  string_left_ = 0;
  cr_ = false;
}

bool RedisReplyReader::skip(uint64_t length) {
  if (length == 0) return true;
  if (string_left_ <= length) return false;
  string_left_ -= length;
  return true;
}

const RedisReply* RedisReplyReader::begun() const {
  if (depth_ > 0) return frames_[0].attribute ? nullptr : &frames_[0].reply;
  return string_left_ > 0 ? &string_ : nullptr;
}

RedisReplyReader::Outcome RedisReplyReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (string_left_ > 0) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(string_left_, bytes.size()));
      if (string_left_ > 2) keep_text(string_, bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(n, string_left_ - 2))));
      string_left_ -= n;
      bytes.remove_prefix(n);
      if (string_left_ > 0) return Outcome::need_more;
      if (const Outcome outcome = on_value(string_); outcome != Outcome::need_more) return outcome;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n' && cr_) {
      const Outcome outcome = on_line();
      line_size_ = 0;
      cr_ = false;
      if (outcome != Outcome::need_more) return outcome;
      continue;
    }
    cr_ = c == '\r';
    if (line_size_ == 0 && std::string_view("+-:$*_,#!=(~%>|").find(c) == std::string_view::npos) return Outcome::bad;
    if (line_size_ < kMaxLine) line_[line_size_] = c;
    ++line_size_;
  }
  return Outcome::need_more;
}

bool RedisReplyReader::parse_number(int64_t& out) const {
  const char* begin = line_.data() + 1;
  const char* end = line_.data() + line_size_ - 1;
  if (line_size_ > kMaxLine || begin >= end) return false;
  if (*begin == '+') ++begin;
  const auto [at, error] = std::from_chars(begin, end, out);
  return error == std::errc() && at == end;
}

// A whole line, with its CR; it begins with a known type.
RedisReplyReader::Outcome RedisReplyReader::on_line() {
  RedisReply reply;
  reply.type = line_[0];
  int64_t number = 0;
  switch (reply.type) {
    case '+':
    case '-':
      reply.error = reply.type == '-';
      keep_text(reply, {line_.data() + 1, std::min(line_size_, kMaxLine) - 1 - (line_size_ <= kMaxLine ? 1 : 0)});
      return on_value(reply);
    case ':':
      if (!parse_number(reply.integer)) return Outcome::bad;
      return on_value(reply);
    case '_':
      reply.null = true;
      return on_value(reply);
    case '#':
      reply.integer = line_[1] == 't' ? 1 : 0;
      reply.type = ':';
      return on_value(reply);
    case ',':
    case '(':
      reply.integer = 1;  // a number of another kind: it is there
      return on_value(reply);
    case '$':
    case '!':
    case '=':
      if (!parse_number(number) || number < -1 || number > kMaxString) return Outcome::bad;
      reply.null = number < 0;
      reply.error = reply.type == '!';
      reply.integer = std::max<int64_t>(number, 0);
      reply.type = '$';
      if (reply.null) return on_value(reply);
      string_ = reply;
      string_left_ = static_cast<uint64_t>(number) + 2;
      return Outcome::need_more;
    default:
      if (!parse_number(number) || number < -1 || number > kMaxElements) return Outcome::bad;
      if (number < 0) {
        reply.null = true;
        return on_value(reply);
      }
      return begin_aggregate(reply.type, static_cast<uint64_t>(number) * (reply.type == '%' || reply.type == '|' ? 2 : 1));
  }
}

RedisReplyReader::Outcome RedisReplyReader::begin_aggregate(char type, uint64_t elements) {
  const bool attribute = type == '|';
  RedisReply reply;
  reply.type = type == '>' ? '>' : '*';
  reply.elements = elements;
  if (elements == 0) return attribute ? Outcome::need_more : on_value(reply);
  if (depth_ == kMaxDepth) return Outcome::bad;
  frames_[depth_++] = {.reply = reply, .left = elements, .attribute = attribute};
  return Outcome::need_more;
}

// A value is whole: it may end the aggregate around it, and that the one around it.
RedisReplyReader::Outcome RedisReplyReader::on_value(const RedisReply& value) {
  RedisReply ended = value;
  while (depth_ > 0) {
    Frame& frame = frames_[depth_ - 1];
    const bool is_text = ended.elements == 0;  // what an aggregate within begins with is not what this one does
    if (frame.left == frame.reply.elements && is_text) keep_text(frame.reply, ended.beginning());
    frame.reply.nulls += ended.null ? 1 : 0;
    frame.reply.zeros += ended.type == ':' && ended.integer == 0 ? 1 : 0;
    --frame.left;
    if (depth_ == 1 && !frame.attribute && frame.left > 0) {
      finished_ = ended;
      return Outcome::element;
    }
    if (frame.left > 0) return Outcome::need_more;
    --depth_;
    if (frame.attribute) return Outcome::need_more;
    if (depth_ == 0) last_element_ = ended;
    ended = frame.reply;
  }
  finished_ = ended;
  return Outcome::done;
}

}  // namespace sockwatch
