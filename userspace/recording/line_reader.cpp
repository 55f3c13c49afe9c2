#include "recording/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sockwatch {
namespace {
constexpr size_t kReadBytes = 64 * 1024;
}  // namespace

Result<bool> LineReader::next(std::string_view& line) {
  ++number_;
  size_t searched = 0;
  for (;;) {
    const std::string_view pending = std::string_view(buffer_).substr(begin_);
    const size_t newline = pending.find('\n', searched);
    if ((newline == std::string_view::npos ? pending.size() : newline) > max_line_bytes_) {
      return Error{"the line is longer than " + std::to_string(max_line_bytes_) + " bytes"};
    }
    if (newline != std::string_view::npos) {
      line = pending.substr(0, newline);
      begin_ += newline + 1;
      return true;
    }
    if (ended_) {
      line = pending;
      begin_ = buffer_.size();
      return !line.empty();
    }
    searched = pending.size();
    buffer_.erase(0, begin_);
    begin_ = 0;
    const Result<bool> more = read_more();
    if (!more) return more.error();
  }
}

Result<bool> LineReader::read_more() {
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + kReadBytes);
  ssize_t count;
  do {
    count = ::read(fd_, buffer_.data() + old_size, kReadBytes);
  } while (count < 0 && errno == EINTR);
  buffer_.resize(old_size + (count > 0 ? static_cast<size_t>(count) : 0));
  if (count < 0) return Error{std::string("cannot be read: ") + std::strerror(errno)};
  ended_ = count == 0;
  return !ended_;
}

}  // namespace sockwatch
