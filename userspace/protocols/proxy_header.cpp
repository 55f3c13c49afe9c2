#include "protocols/proxy_header.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kEmptyLines = 4;  // of the signature: a request may begin with these too
constexpr size_t kFixed = 16;      // signature, version and command, family, length

}  // namespace

size_t ProxyHeader::take(std::string_view bytes) {
  size_t at = 0;
  for (; at < bytes.size() && size_ < kFixed; ++at, ++size_) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    const bool fits = size_ < kSignature.size() ? bytes[at] == kSignature[size_] : size_ > kSignature.size() || byte >> 4 == 2;
    if (!fits && size_ > kEmptyLines) return kNotOne;
    if (!fits) {
      size_ = 0;
      return at;
    }
    if (size_ >= kFixed - 2) length_ = length_ << 8 | byte;
  }
  if (size_ < kFixed) return at;
  const size_t addresses = std::min<size_t>(length_, bytes.size() - at);
  length_ -= static_cast<uint32_t>(addresses);
  if (length_ == 0) size_ = 0;
  return at + addresses;
}

}  // namespace sockwatch
