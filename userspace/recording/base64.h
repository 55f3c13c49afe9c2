// Base64 (RFC 4648, section 4: the plain alphabet, padded).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

void append_base64(std::string& out, std::span<const uint8_t> bytes);

/// Replaces `out` with the bytes that `text` stands for; false when it is no base64: a wrong character,
/// padding that is missing or in the wrong place, bits that say nothing.
bool decode_base64(std::string_view text, std::vector<uint8_t>& out);

}  // namespace sockwatch
