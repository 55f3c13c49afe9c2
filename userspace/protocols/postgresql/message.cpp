#include "protocols/postgresql/message.h"

#include <algorithm>
#include <iterator>

namespace sockwatch::postgresql {
namespace {

constexpr uint32_t kMaxStartupLength = 10000;  // the server's own limit
constexpr size_t kReady = 6;                   // of ReadyForQuery

constexpr std::string_view kReplicationCommands[] = {
    "ALTER_REPLICATION_SLOT", "BASE_BACKUP",       "CREATE_REPLICATION_SLOT", "DROP_REPLICATION_SLOT", "IDENTIFY_SYSTEM",
    "READ_REPLICATION_SLOT",  "START_REPLICATION", "TIMELINE_HISTORY",        "UPLOAD_MANIFEST",
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_word(std::string_view text, std::string_view capitals) {
  return std::equal(text.begin(), text.end(), capitals.begin(), capitals.end(), [](char a, char b) { return upper(a) == b; });
}

// As the server reads truth: a word's beginning is enough.
bool is_false(std::string_view value) {
  return value.empty() || std::string_view("FN0").find(upper(value[0])) != std::string_view::npos || is_word(value.substr(0, 2), "OF");
}

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

bool ends_in_execute(std::string_view end) {
  // The portal's name, the most rows and then Sync.
  return end.size() == 16 && end.substr(0, 7) == std::string_view("\0E\0\0\0\11\0", 7) && end.substr(11) == std::string_view("S\0\0\0\4", 5);
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

Replication replication_of(std::string_view startup) {
  while (!startup.empty()) {
    const std::string_view name = take_name(startup);
    const std::string_view value = take_name(startup);
    if (name != "replication") continue;
    if (value == "database") return Replication::logical;
    return is_false(value) ? Replication::none : Replication::physical;
  }
  return Replication::none;
}

bool is_replication_command(std::string_view text, bool on_its_connection) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(std::string_view(" \t\r\n;(\0", 7)));
  if (on_its_connection && is_word(word, "SHOW")) return true;
  return std::any_of(std::begin(kReplicationCommands), std::end(kReplicationCommands),
                     [&](std::string_view command) { return is_word(word, command); });
}

}  // namespace sockwatch::postgresql
