#include "protocols/http1/trace_id.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr size_t kShortId = 16;
constexpr size_t kLongId = 32;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

// version "-" trace-id "-" parent-id "-" flags; of later versions more may follow.
TraceId parse_traceparent(std::string_view value) {
  constexpr size_t size = 55;
  if (value.size() < size) return {};
  const std::string_view version = value.substr(0, 2);
  const std::string_view trace = value.substr(3, kLongId);
  const std::string_view parent = value.substr(36, kShortId);
  const std::string_view flags = value.substr(53, 2);
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return {};
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(parent) || is_zero(parent) ||
      !is_lower_hex(flags))
    return {};
  const bool more = value.size() > size;
  if (more && (version == "00" || value[size] != '-')) return {};
  return TraceId(trace);
}

}  // namespace

TraceId::TraceId(std::string_view digits) {
  if ((digits.size() != kShortId && digits.size() != kLongId) || !is_lower_hex(digits) || is_zero(digits))
    return;
  std::copy(digits.begin(), digits.end(), digits_.begin());
  size_ = static_cast<uint8_t>(digits.size());
}

// Of several none counts: which one its receiver goes by is not known.
void TraceHeaders::traceparent(std::string_view value) {
  parent_ = parent_seen_ ? TraceId() : parse_traceparent(value);
  parent_seen_ = true;
}

// trace-id "-" span-id and more; or a sampling state alone, which names no trace.
void TraceHeaders::b3(std::string_view value) {
  const size_t end = value.find('-');
  if (end == std::string_view::npos) return;
  const std::string_view span = value.substr(end + 1, kShortId);
  if (const TraceId id(value.substr(0, end)); id && TraceId(span)) b3_ = id;
}

void TraceHeaders::x_b3_trace_id(std::string_view value) {
  if (const TraceId id(value); id && !b3_) b3_ = id;
}

TraceId TraceHeaders::id() const { return parent_ ? parent_ : b3_; }

}  // namespace sockwatch
