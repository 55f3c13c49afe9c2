// Reads replies of Redis (RESP2 and RESP3) from bytes that come in pieces, and sums each up.
//
// Nothing is kept of strings but their first bytes. Bounds: kMaxDepth aggregates within one another; lengths as Redis has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocols/redis/commands.h"

namespace sockwatch {

class RedisReplyReader {
 public:
  static constexpr size_t kMaxDepth = 16;

  enum class Outcome : uint8_t {
    need_more,
    element,  ///< an element of the outermost aggregate has ended, and not its last: reply() is the element's
    done,     ///< a reply has ended
    bad,      ///< no reply
  };

  /// Takes bytes up to the next outcome.
  Outcome read(std::string_view& bytes);
  /// Bytes of a string that passed unseen; false when they may have held more than that.
  bool skip(uint64_t length);
  /// What has ended.
  const RedisReply& reply() const { return finished_; }
  /// After done, of an aggregate: its last element.
  const RedisReply& last_element() const { return last_element_; }
  /// The reply under way, as far as its beginning tells; null when that has not been read.
  const RedisReply* begun() const;
  void reset();
  /// Between two replies.
  bool at_start() const { return depth_ == 0 && line_size_ == 0 && string_left_ == 0; }

 private:
  struct Frame {
    RedisReply reply;
    uint64_t left = 0;
    bool attribute = false;  ///< a remark on the value that follows, which it does not answer
  };
  static constexpr size_t kMaxLine = 64;  ///< of a line that is kept; status lines and errors may be longer

  Outcome on_line();
  Outcome on_value(const RedisReply& reply);
  Outcome begin_aggregate(char type, uint64_t elements);
  bool parse_number(int64_t& out) const;

  std::array<Frame, kMaxDepth> frames_;
  size_t depth_ = 0;
  std::array<char, kMaxLine> line_ = {};
  size_t line_size_ = 0;       ///< seen so far; more than kMaxLine are counted and not kept
  bool cr_ = false;            ///< its last byte is CR
  uint64_t string_left_ = 0;   ///< with its CRLF
  RedisReply string_;
  RedisReply finished_;
  RedisReply last_element_;
};

}  // namespace sockwatch
