#include "recording/base64.h"

#include <array>

namespace sockwatch {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kInvalid = 0xff;

constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> values{};
  values.fill(kInvalid);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return values;
}
constexpr std::array<uint8_t, 256> kValues = make_values();

}  // namespace

void append_base64(std::string& out, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t count = bytes.size() < 3 ? bytes.size() : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[i] : 0u);
    for (size_t i = 0; i < 4; ++i) out += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
    bytes = bytes.subspan(count);
  }
}

bool decode_base64(std::string_view text, std::vector<uint8_t>& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  out.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    size_t padding = 0;
    if (text.size() == 4 && text[3] == '=') padding = text[2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint8_t value = i < 4 - padding ? kValues[static_cast<uint8_t>(text[i])] : uint8_t{0};
      if (value == kInvalid) return false;
      group = group << 6 | value;
    }
    const uint32_t unused = padding == 0 ? 0 : (padding == 1 ? 0xff : 0xffff);
    if ((group & unused) != 0) return false;
    for (size_t i = 0; i < 3 - padding; ++i) out.push_back(static_cast<uint8_t>(group >> (16 - 8 * i)));
  }
  return true;
}

}  // namespace sockwatch
