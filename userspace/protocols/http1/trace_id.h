// The trace that a request says it belongs to, by W3C Trace Context or by B3. Pure; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sockwatch {

/// 16 or 32 lower-case hexadecimal digits, not all of them 0; or none.
class TraceId {
 public:
  static constexpr size_t kMaxDigits = 32;

  TraceId() = default;
  /// None when the digits are not such.
  explicit TraceId(std::string_view digits);

  std::string_view view() const { return {digits_.data(), size_}; }
  explicit operator bool() const { return size_ > 0; }

 private:
  std::array<char, kMaxDigits> digits_{};
  uint8_t size_ = 0;
};

/// The headers of one request's head that name a trace. `traceparent` counts before `b3`, and that before
/// `X-B3-TraceId`.
class TraceHeaders {
 public:
  /// A field's value without blanks around it.
  void traceparent(std::string_view value);
  void b3(std::string_view value);
  void x_b3_trace_id(std::string_view value);

  TraceId id() const;
  void clear() { *this = {}; }

 private:
  TraceId parent_;
  TraceId b3_;
  bool parent_seen_ = false;
};

}  // namespace sockwatch
