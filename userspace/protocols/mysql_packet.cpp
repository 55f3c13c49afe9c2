#include "protocols/mysql_packet.h"

#include <algorithm>
#include <cstring>

namespace sockwatch {
namespace {

constexpr uint64_t kGreatest = 0xffffff;

}  // namespace

bool MySqlPacketReader::read(std::string_view& bytes, uint64_t ts_ns, uint32_t tgid) {
  while (!bytes.empty()) {
    if (!in_payload_) {
      if (have_ == 0 && !continues_) {
        start_ns_ = ts_ns;
        tgid_ = tgid;
        length_ = 0;
        kept_.clear();
        cut_ = false;
      }
      const size_t n = std::min<size_t>(header_.size() - have_, bytes.size());
      std::memcpy(header_.data() + have_, bytes.data(), n);
      have_ = static_cast<uint8_t>(have_ + n);
      bytes.remove_prefix(n);
      if (have_ < header_.size()) return false;
      have_ = 0;
      left_ = header_[0] | static_cast<uint64_t>(header_[1]) << 8 | static_cast<uint64_t>(header_[2]) << 16;
      length_ += left_;
      if (!continues_) sequence_ = header_[3];
      continues_ = left_ == kGreatest;
      in_payload_ = true;
      if (left_ == 0 && end()) return true;
      continue;
    }
    const auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    if (!cut_) kept_.append(bytes.substr(0, std::min(n, max_kept_ - kept_.size())));
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
