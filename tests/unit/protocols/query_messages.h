// Messages of the databases' and caches' protocols, made of what they carry.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace sockwatch {

// PostgreSQL.
inline std::string big(uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
}
inline std::string pg(char type, const std::string& body) { return type + big(static_cast<uint32_t>(body.size() + 4)) + body; }
inline std::string nul(const std::string& text) { return text + '\0'; }
inline std::string pg_startup(const std::string& replication = {}) {
  const std::string walsender = replication.empty() ? std::string() : nul("replication") + nul(replication);
  const std::string body = big(196608) + nul("user") + nul("a") + walsender + '\0';
  return big(static_cast<uint32_t>(body.size() + 4)) + body;
}
inline std::string done(const std::string& tag) { return pg('C', nul(tag)); }
inline std::string ready(char status) { return pg('Z', std::string(1, status)); }
inline std::string parse(const std::string& text) { return pg('P', nul("") + nul(text) + std::string(2, '\0')); }
inline std::string bind(const std::string& portal) { return pg('B', nul(portal) + nul("") + std::string(6, '\0')); }
inline std::string execute(const std::string& portal, uint32_t rows = 0) { return pg('E', nul(portal) + big(rows)); }
inline const std::string kSync = pg('S', "");
inline const std::string kPgBound = pg('1', "") + pg('2', "");
inline const std::string kPgWelcome = pg('R', big(0)) + pg('S', nul("a") + nul("b")) + ready('I');
inline const std::string kPgRow = pg('T', "columns") + pg('D', std::string(300, 'v'));
inline const std::string kPgError = pg('E', nul("SERROR") + nul("C42P01") + '\0');

// MySQL.
inline std::string my(uint8_t sequence, const std::string& payload) {
  const size_t n = payload.size();
  return std::string{static_cast<char>(n), static_cast<char>(n >> 8), static_cast<char>(n >> 16), static_cast<char>(sequence)} + payload;
}
inline std::string my_command(uint8_t code, const std::string& rest) { return my(0, static_cast<char>(code) + rest); }
inline std::string my_ok(uint8_t sequence, uint8_t status, uint8_t header = 0) {
  return my(sequence, std::string{static_cast<char>(header), 0, 0, static_cast<char>(status), 0, 0, 0});
}
inline std::string my_eof(uint8_t sequence, uint8_t status) {
  return my(sequence, std::string{static_cast<char>(0xfe), 0, 0, static_cast<char>(status), 0});
}
inline std::string my_greeting(uint32_t capabilities) {
  std::string p = "\x0a" + nul("8.0.0") + std::string(4, 'i') + std::string(8, 'a') + '\0';
  p += std::string{static_cast<char>(capabilities), static_cast<char>(capabilities >> 8), 33, 2, 0, static_cast<char>(capabilities >> 16),
                   static_cast<char>(capabilities >> 24), 21};
  return my(0, p + std::string(10, '\0') + nul(std::string(12, 'a')) + nul("mysql_native_password"));
}
inline std::string my_login(uint32_t capabilities) {
  return my(1, std::string{static_cast<char>(capabilities), static_cast<char>(capabilities >> 8), static_cast<char>(capabilities >> 16),
                           static_cast<char>(capabilities >> 24)} + std::string(28, '\0') + nul("bench") + nul(""));
}
inline std::string my_rows(bool deprecate, uint8_t status) {
  std::string out = my(1, "\x01") + my(2, std::string(40, 'd'));
  uint8_t n = 3;
  if (!deprecate) out += my_eof(n++, status);
  out += my(n, std::string(200, 'r'));
  return out + (deprecate ? my_ok(static_cast<uint8_t>(n + 1), status, 0xfe) : my_eof(static_cast<uint8_t>(n + 1), status));
}
inline constexpr uint32_t kDeprecateEof = 1u << 24;
inline constexpr uint32_t kUsual = 0xa685;

// Redis.
inline std::string resp(std::initializer_list<std::string> words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return out;
}

// memcached's binary protocol.
inline std::string binary(uint8_t magic, uint8_t code, uint16_t status, uint8_t opaque, const std::string& extras = {}, const std::string& key = {},
                   const std::string& value = {}) {
  const auto body = static_cast<uint32_t>(extras.size() + key.size() + value.size());
  return std::string{static_cast<char>(magic), static_cast<char>(code), 0, static_cast<char>(key.size()), static_cast<char>(extras.size()), 0,
                     static_cast<char>(status >> 8), static_cast<char>(status)} +
         big(body) + std::string(3, '\0') + static_cast<char>(opaque) + std::string(8, '\0') + extras + key + value;
}
inline std::string ask(uint8_t code, uint8_t opaque, const std::string& key, const std::string& extras = {}, const std::string& value = {}) {
  return binary(0x80, code, 0, opaque, extras, key, value);
}
inline std::string answer(uint8_t code, uint16_t status, uint8_t opaque, const std::string& value = {}, const std::string& key = {}) {
  return binary(0x81, code, status, opaque, {}, key, value);
}

}  // namespace sockwatch
