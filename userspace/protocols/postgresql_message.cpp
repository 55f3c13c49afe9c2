#include "protocols/postgresql_message.h"

namespace sockwatch::postgresql {
namespace {

constexpr uint32_t kMaxStartupLength = 10000;  // the server's own limit
constexpr size_t kReady = 6;                   // of ReadyForQuery

}  // namespace

bool is_ready(std::string_view end) {
  return end.size() >= kReady && end.substr(end.size() - kReady, 5) == std::string_view("Z\0\0\0\5", 5) &&
         std::string_view("ITE").find(end.back()) != std::string_view::npos;
}

std::string_view take_name(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  const std::string_view name = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return name;
}

bool begins_message(std::string_view bytes) {
  if (bytes.size() < kHeader || kClientTypes.find(bytes[0]) == std::string_view::npos) return false;
  const uint32_t length = big(bytes.data() + 1);
  if (length < 4 || length > kMaxLength) return false;
  return length + 1 >= bytes.size() || kClientTypes.find(bytes[length + 1]) != std::string_view::npos;
}

bool is_startup(std::string_view bytes) {
  const uint32_t length = big(bytes.data());
  const uint32_t code = big(bytes.data() + 4);
  if (code == kSslRequest || code == kGssRequest) return length == 8;
  if (code == kCancelRequest) return length >= 12 && length <= 300;
  return code >> 16 == 3 && (code & 0xffff) < 100 && length > 8 && length <= kMaxStartupLength;
}

bool is_chain(std::string_view bytes, std::string_view types, char& last) {
  while (!bytes.empty()) {
    if (bytes.size() < kHeader || types.find(bytes[0]) == std::string_view::npos) return false;
    const uint32_t length = big(bytes.data() + 1);
    if (length < 4 || length > bytes.size() - 1) return false;
    last = bytes[0];
    bytes.remove_prefix(1 + length);
  }
  return true;
}

}  // namespace sockwatch::postgresql
