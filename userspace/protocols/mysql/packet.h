// Packets of MySQL's protocol from one direction's bytes, which come in pieces. Of each the beginning is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/common/bounded_bytes.h"

namespace sockwatch {

class MySqlPacketReader {
 public:
  /// `max_kept`: how much of a payload is kept.
  explicit MySqlPacketReader(size_t max_kept) : max_kept_(max_kept) {}

  /// Takes bytes up to the end of a packet; true: one has ended.
  bool read(std::string_view& bytes, uint64_t ts_ns, uint32_t tgid);
  /// Bytes of a payload that passed unseen; false when they may have held more than that. `ended`: a packet has.
  bool skip(uint64_t length, bool& ended);
  void reset() { *this = MySqlPacketReader(max_kept_); }
  /// Another packet goes on with the payload: where that ends is not known.
  bool goes_on() const { return continues_; }
  bool at_start() const { return header_.empty() && !in_payload_ && !continues_; }

  // Of the packet that has ended. One of 16 MiB - 1 is told together with those that go on with it.
  uint8_t sequence() const { return sequence_; }
  uint64_t length() const { return length_; }
  std::string_view payload() const { return kept_; }  ///< the first bytes of it
  uint64_t start_ns() const { return start_ns_; }     ///< its first byte
  uint32_t tgid() const { return tgid_; }
  size_t memory() const { return kept_.capacity(); }
  bool consistent() const { return kept_.size() <= max_kept_ && kept_.size() <= length_ && left_ <= length_; }

 private:
  bool end();

  size_t max_kept_;
  FixedHeader<4> header_;
  bool in_payload_ = false;
  bool continues_ = false;  ///< the packet before was of the greatest length
  bool cut_ = false;        ///< the kept part ends where bytes were not seen
  uint8_t sequence_ = 0;
  uint64_t left_ = 0;
  uint64_t length_ = 0;
  std::string kept_;
  uint64_t start_ns_ = 0;
  uint32_t tgid_ = 0;
};

}  // namespace sockwatch
