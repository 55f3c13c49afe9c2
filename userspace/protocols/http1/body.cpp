#include "protocols/http1/body.h"

#include <algorithm>

namespace sockwatch {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void BodyReader::start_length(uint64_t length) {
  state_ = length == 0 ? State::done : State::in_body;
  part_ = Part::counted;
  remaining_ = length;
}

void BodyReader::start_chunked() {
  state_ = State::in_body;
  part_ = Part::size;
  seen_digit_ = seen_return_ = false;
  digits_ = 0;
  remaining_ = 0;
}

size_t BodyReader::feed(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && state_ == State::in_body) {
    if (part_ == Part::counted || part_ == Part::data) {
      at += static_cast<size_t>(skip(std::min<uint64_t>(bytes.size() - at, remaining_)));
    } else {
      frame(bytes[at]);
      if (state_ != State::broken) ++at;
    }
  }
  return at;
}

uint64_t BodyReader::skip(uint64_t length) {
  if (state_ != State::in_body || length == 0) return 0;
  if (part_ != Part::counted && part_ != Part::data) {
    state_ = State::broken;
    return 0;
  }
  const uint64_t taken = std::min(length, remaining_);
  remaining_ -= taken;
  if (remaining_ > 0) return taken;
  if (part_ == Part::counted) {
    state_ = State::done;
  } else {
    part_ = Part::data_end;
    if (taken < length) state_ = State::broken;
  }
  return taken;
}

void BodyReader::frame(char c) {
  switch (part_) {
    case Part::size: {
      const int digit = hex_digit(c);
      if (digit >= 0) {
        if (++digits_ > kMaxSizeDigits) state_ = State::broken;
        seen_digit_ = true;
        remaining_ = remaining_ * 16 + static_cast<uint64_t>(digit);
        if (remaining_ == 0) digits_ = 0;  // leading zeros are free
        return;
      }
      if (!seen_digit_) {
        if (c != ' ' && c != '\t') state_ = State::broken;
        return;
      }
      if (c != '\r' && c != '\n' && c != ';' && c != ' ' && c != '\t') {
        state_ = State::broken;
        return;
      }
      part_ = Part::size_rest;
      [[fallthrough]];
    }
    case Part::size_rest:
      if (c != '\n') return;
      part_ = remaining_ == 0 ? Part::trailer_start : Part::data;
      seen_digit_ = false;
      digits_ = 0;
      return;
    case Part::data_end:
      if (c == '\r' && !seen_return_) {
        seen_return_ = true;
        return;
      }
      seen_return_ = false;
      if (c == '\n') {
        part_ = Part::size;
      } else {
        state_ = State::broken;
      }
      return;
    case Part::trailer_start:
      if (c == '\r') return;
      if (c == '\n') {
        state_ = State::done;
      } else {
        part_ = Part::trailer;
      }
      return;
    case Part::trailer:
      if (c == '\n') part_ = Part::trailer_start;
      return;
    case Part::counted:
    case Part::data:
      return;
  }
}

}  // namespace sockwatch
