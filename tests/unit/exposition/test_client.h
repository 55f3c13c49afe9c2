// A client that says exactly the bytes it is told to, and waits for nothing longer than kPatience.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "util/fd.h"

namespace sockwatch {

inline constexpr std::chrono::seconds kPatience{10};

struct TestResponse {
  int status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

enum class Loopback { ipv4, ipv6 };

/// False on hosts where nothing can be bound to ::1.
bool has_ipv6();

class TestClient {
 public:
  /// `receive_buffer` in bytes, 0 for the system's: small for a client that is to block the server. `host`: it connects from
  /// 127.0.0.`host`.
  explicit TestClient(uint16_t port, Loopback family = Loopback::ipv4, int receive_buffer = 0, uint8_t host = 1);

  bool connected() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.get(); }
  /// False when the server has gone before it took all.
  bool send(std::string_view bytes);
  /// Says that nothing more will come.
  void half_close();

  /// The next response, by its Content-Length or else to the end; nothing when the connection ends or
  /// kPatience passes before.
  std::optional<TestResponse> read_response(bool to_head = false);
  std::optional<TestResponse> get(const std::string& path, const std::string& fields = "");
  /// True when the server closes, or resets, within `patience`; what it still sends is kept for
  /// read_response.
  bool sees_close(std::chrono::milliseconds patience = kPatience);
  /// Whether the end that was seen was a reset rather than a proper close.
  bool was_reset() const { return reset_; }
  /// True when something can be read, the end included, without waiting.
  bool has_news() const;

 private:
  enum class Got { bytes, end, nothing };
  Got receive(std::chrono::steady_clock::time_point deadline);

  Fd socket_;
  std::string input_;
  bool reset_ = false;
};

/// Asks `done` again and again until it is true; false when `patience` passes.
template <typename Condition>
bool eventually(Condition done, std::chrono::seconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace sockwatch
