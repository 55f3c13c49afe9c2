// What packets of MySQL's protocol hold: pure functions over bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch::mysql {

inline constexpr size_t kHeader = 4;  // of a packet

inline constexpr uint8_t kLongData = 0x18;  // a command

// The first byte of an answer.
inline constexpr uint8_t kOk = 0x00;
inline constexpr uint8_t kLocalFile = 0xfb;
inline constexpr uint8_t kEof = 0xfe;
inline constexpr uint8_t kError = 0xff;

// Capabilities.
inline constexpr uint32_t kCompress = 0x20;
inline constexpr uint32_t kSsl = 0x800;
inline constexpr uint32_t kOptionalDefinitions = 0x2000000;
inline constexpr uint32_t kZstd = 0x4000000;
inline constexpr uint32_t kQueryAttributes = 0x8000000;

// The server's status.
inline constexpr uint16_t kMoreResults = 0x0008;
inline constexpr uint16_t kCursorExists = 0x0040;

inline constexpr std::string_view kResetConnection = "RESET_CONNECTION";  // forgets prepared statements

inline uint8_t byte(std::string_view bytes, size_t at) { return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : 0; }
inline uint16_t two(std::string_view bytes, size_t at) { return static_cast<uint16_t>(byte(bytes, at) | byte(bytes, at + 1) << 8); }
inline uint32_t four(std::string_view bytes, size_t at) { return two(bytes, at) | static_cast<uint32_t>(two(bytes, at + 2)) << 16; }
inline uint32_t packet_length(std::string_view bytes) { return two(bytes, 0) | static_cast<uint32_t>(byte(bytes, 2)) << 16; }

/// A number of the protocol's own coding; false when the bytes end in it.
bool take_number(std::string_view& bytes, uint64_t& out);
/// Of OK: the affected rows and the last number come before.
uint16_t status_of_ok(std::string_view payload);
inline uint16_t status_of_eof(std::string_view payload) { return two(payload, 3); }

/// A server's first packet.
bool is_greeting(std::string_view bytes);
/// One command, from its beginning to its end.
bool is_command(std::string_view bytes, size_t size);
/// What begins a flight may be a command; of some servers the header comes alone.
bool begins_command(std::string_view bytes);

}  // namespace sockwatch::mysql
