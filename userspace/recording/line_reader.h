// Lines out of a file descriptor, one at a time, each of bounded length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "util/result.h"

namespace sockwatch {

class LineReader {
 public:
  /// The descriptor stays the caller's.
  LineReader(int fd, size_t max_line_bytes) : fd_(fd), max_line_bytes_(max_line_bytes) {}

  /// true: `line` is the next line without its newline, valid until the next call; the last one may lack the
  /// newline. false: the end. An error when the file cannot be read or the line is too long; do not call
  /// again after one.
  Result<bool> next(std::string_view& line);

  /// Of the line last returned or failed on, from 1.
  uint64_t number() const { return number_; }

 private:
  Result<bool> read_more();

  int fd_;
  size_t max_line_bytes_;
  std::string buffer_;
  size_t begin_ = 0;  ///< of what has not been returned yet
  bool ended_ = false;
  uint64_t number_ = 0;
};

}  // namespace sockwatch
