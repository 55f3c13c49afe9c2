#include "protocols/mysql/packet.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr uint64_t kGreatest = 0xffffff;

}  // namespace

bool MySqlPacketReader::read(std::string_view& bytes, uint64_t ts_ns, uint32_t tgid) {
  while (!bytes.empty()) {
    if (!in_payload_) {
      if (header_.empty() && !continues_) {
        start_ns_ = ts_ns;
        tgid_ = tgid;
        length_ = 0;
        kept_.clear();
        cut_ = false;
      }
      if (!header_.read(bytes)) return false;
      const auto byte = [&](size_t i) { return static_cast<uint8_t>(header_.view()[i]); };
      left_ = byte(0) | static_cast<uint64_t>(byte(1)) << 8 | static_cast<uint64_t>(byte(2)) << 16;
      length_ += left_;
      if (!continues_) sequence_ = byte(3);
      header_.clear();
      continues_ = left_ == kGreatest;
      in_payload_ = true;
      if (left_ == 0 && end()) return true;
      continue;
    }
    const auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    if (!cut_) append_up_to(kept_, max_kept_, bytes.substr(0, n));
    left_ -= n;
    bytes.remove_prefix(n);
    if (left_ == 0 && end()) return true;
  }
  return false;
}

bool MySqlPacketReader::end() {
  in_payload_ = false;
  return !continues_;
}

bool MySqlPacketReader::skip(uint64_t length, bool& ended) {
  ended = false;
  if (length == 0) return true;
  if (!in_payload_ || length > left_) return false;
  left_ -= length;
  cut_ = true;
  if (left_ == 0) ended = end();
  return true;
}

}  // namespace sockwatch
