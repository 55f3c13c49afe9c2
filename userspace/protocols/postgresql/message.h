// What messages of PostgreSQL's protocol look like: pure functions over bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch::postgresql {

inline constexpr uint32_t kMaxLength = 1u << 30;  // the server's own limit
inline constexpr uint32_t kSslRequest = 80877103;
inline constexpr uint32_t kGssRequest = 80877104;
inline constexpr uint32_t kCancelRequest = 80877102;
inline constexpr size_t kHeader = 5;

inline constexpr std::string_view kClientTypes = "QPBECDSHXdcfpF";
inline constexpr std::string_view kServerTypes = "RKSZTDCIEN123tnsAGHWdcVv";

inline uint32_t big(const char* bytes) {
  const auto* b = reinterpret_cast<const unsigned char*>(bytes);
  return static_cast<uint32_t>(b[0]) << 24 | static_cast<uint32_t>(b[1]) << 16 | static_cast<uint32_t>(b[2]) << 8 | b[3];
}

/// Whether the bytes end in ReadyForQuery.
bool is_ready(std::string_view end);
/// Up to the next NUL, which is taken too.
std::string_view take_name(std::string_view& bytes);
/// Whether a message of the client seems to begin the bytes, and another behind it.
bool begins_message(std::string_view bytes);
/// Of eight bytes at least: whether a client's first message begins so.
bool is_startup(std::string_view bytes);
/// Of a client's Describe, Execute and Sync, all without a name, those bytes that come before the last 16 of them.
inline constexpr uint64_t kBeforeExecute = 6;
/// Whether these are the last 16.
bool ends_in_execute(std::string_view end);
/// Whether the bytes are messages of these types from their beginning to their end; `last`: the last one's type.
bool is_chain(std::string_view bytes, std::string_view types, char& last);
/// Of a client's first message, without its length and version: whether it asks for a connection of replication.
enum class Replication : uint8_t { none, logical, physical };
Replication replication_of(std::string_view startup);
/// Whether a query's text is a command of replication; SHOW is one on such a connection only.
bool is_replication_command(std::string_view text, bool on_its_connection);

}  // namespace sockwatch::postgresql
