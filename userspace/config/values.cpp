#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "util/log.h"

namespace sockwatch {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr uint64_t kGiB = 1024 * kMiB;
constexpr uint64_t kMaxSeconds = uint64_t{10} * 365 * 24 * 3600;

Error expected(std::string_view what, std::string_view got) {
  return Error{"expected " + std::string(what) + ", got \"" + std::string(got) + "\""};
}

/// Takes a number in decimal off the front of `text`; false where there is none or it does not fit.
bool take_number(std::string_view& text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool is_printable_ascii(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f) return false;
  }
  return true;
}

}  // namespace

Result<uint64_t> parse_number(std::string_view text, uint64_t least, uint64_t most) {
  uint64_t value = 0;
  std::string_view rest = text;
  if (!take_number(rest, value) || !rest.empty() || value < least || value > most) {
    return expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
  }
  return value;
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  struct Unit {
    char letter;
    uint64_t seconds;
  };
  constexpr std::array units = {Unit{'d', 86400}, Unit{'h', 3600}, Unit{'m', 60}, Unit{'s', 1}};
  uint64_t total = 0;
  std::string_view rest = text;
  for (const Unit& unit : units) {
    std::string_view attempt = rest;
    uint64_t count = 0;
    if (!take_number(attempt, count) || !attempt.starts_with(unit.letter)) continue;
    if (count > kMaxSeconds) break;
    total += count * unit.seconds;
    rest = attempt.substr(1);
  }
  if (!rest.empty() || total == 0 || total > kMaxSeconds) {
    return expected("a duration from 1s to ten years such as \"30s\", \"5m\" or \"1h30m\"", text);
  }
  return std::chrono::seconds(total);
}

Result<uint64_t> parse_size(std::string_view text, uint64_t least, uint64_t most) {
  std::string_view rest = text;
  uint64_t value = 0;
  uint64_t unit = 0;
  if (take_number(rest, value)) {
    if (rest.empty()) unit = 1;
    if (rest == "KiB") unit = kKiB;
    if (rest == "MiB") unit = kMiB;
    if (rest == "GiB") unit = kGiB;
  }
  if (unit == 0 || value > most / unit || value * unit < least) {
    return expected("a size from " + std::to_string(least) + " to " + std::to_string(most) +
                        " bytes such as \"65536\", \"512KiB\" or \"4MiB\"",
                    text);
  }
  return value * unit;
}

Result<uint32_t> parse_ring_bytes(std::string_view text) {
  const Result<uint64_t> size = parse_size(text, 4 * kKiB, kGiB);
  if (!size) return size.error();
  return static_cast<uint32_t>(size.value());
}

Result<> check_listen_address(std::string_view text) {
  const auto fail = [&] {
    return expected("an address such as \":9765\", \"127.0.0.1:9765\" or \"[::1]:9765\"", text);
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_printable_ascii(text)) return fail();
  if (!parse_number(text.substr(colon + 1), 0, 65535)) return fail();
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (host.size() < 3 || !host.ends_with(']')) return fail();
    host = host.substr(1, host.size() - 2);
    if (host.find_first_of("[]/") != std::string_view::npos) return fail();
  } else if (host.find_first_of("[]:/") != std::string_view::npos) {
    return fail();
  }
  return {};
}

Result<> check_telemetry_path(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('/') || text.starts_with("/-/") || !is_printable_ascii(text) ||
      text.find_first_of("?#%") != std::string_view::npos) {
    return expected("a path such as \"/metrics\", other than \"/\" and \"/-/...\"", text);
  }
  return {};
}

Result<> check_log_level(std::string_view text) {
  if (!parse_log_level(text)) return expected("debug, info, warn or error", text);
  return {};
}

Result<> check_log_format(std::string_view text) {
  if (!parse_log_format(text)) return expected("logfmt or json", text);
  return {};
}

Result<AttachMode> parse_attach(std::string_view text) {
  if (text == "auto") return AttachMode::automatic;
  if (text == "tracepoint") return AttachMode::tracepoint;
  if (text == "fexit") return AttachMode::fexit;
  return expected("auto, tracepoint or fexit", text);
}

Result<ListingMode> parse_listing(std::string_view text) {
  if (text == "auto") return ListingMode::automatic;
  if (text == "storage") return ListingMode::storage;
  if (text == "descriptors") return ListingMode::descriptors;
  return expected("auto, storage or descriptors", text);
}

Result<NamingMode> parse_naming(std::string_view text) {
  if (text == "classic") return NamingMode::classic;
  if (text == "otel") return NamingMode::otel;
  if (text == "both") return NamingMode::both;
  return expected("classic, otel or both", text);
}

std::span<const std::string_view> reserved_labels() {
  static constexpr std::string_view kReserved[] = {"attach",
                                                   "cache_type",
                                                   "db_client_connection_pool_name",
                                                   "db_client_connection_state",
                                                   "db_operation_name",
                                                   "db_system",
                                                   "db_system_name",
                                                   "direction",
                                                   "error_type",
                                                   "http_request_method",
                                                   "http_response_status_code",
                                                   "http_route",
                                                   "le",
                                                   "limit",
                                                   "listing",
                                                   "method",
                                                   "operation",
                                                   "part",
                                                   "path",
                                                   "peer",
                                                   "program",
                                                   "protocol",
                                                   "quantile",
                                                   "reason",
                                                   "role",
                                                   "server_address",
                                                   "server_port",
                                                   "service",
                                                   "service_name",
                                                   "state",
                                                   "status",
                                                   "trace_id",
                                                   "url_scheme",
                                                   "url_template",
                                                   "version"};
  return kReserved;
}

Result<> check_constant_label(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool is_name =
      !name.empty() && is_letter(name.front()) && !name.starts_with("__") &&
      std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
  if (!is_name) return expected("a label's name such as \"cluster\": letters, digits and _", name);
  if (std::ranges::find(reserved_labels(), name) != reserved_labels().end())
    return expected("a label's name that no metric has of its own", name);
  return {};
}

Result<> check_route_pattern(std::string_view text) {
  const auto fail = [&] {
    return expected(
        "a path such as \"/users/{user}/orders/{id}\" or \"/static/*\": whole segments are literal, {name} "
        "or a last *",
        text);
  };
  if (!text.starts_with('/') || !is_printable_ascii(text)) return fail();
  std::string_view rest = text.substr(1);
  for (bool last = false; !last;) {
    const size_t slash = rest.find('/');
    last = slash == std::string_view::npos;
    const std::string_view segment = rest.substr(0, slash);
    if (!last) rest = rest.substr(slash + 1);
    if (segment == "*" && last) continue;
    const bool variable = segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
    const std::string_view inner = variable ? segment.substr(1, segment.size() - 2) : segment;
    if (inner.find_first_of("{}*?#") != std::string_view::npos) return fail();
  }
  return {};
}

}  // namespace sockwatch
