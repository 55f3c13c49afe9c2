// How single values of the configuration are written, whether in the file or on the command line. Errors say
// what was expected and what stood there, without saying where: the caller knows.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

/// A whole number in decimal, from `least` to `most`.
Result<uint64_t> parse_number(std::string_view text, uint64_t least, uint64_t most);

/// "30s", "5m", "1h30m", "2d": whole numbers with units, largest unit first; at least a second, at most ten
/// years.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// "4194304", "64KiB", "4MiB", "1GiB"; from `least` to `most` bytes.
Result<uint64_t> parse_size(std::string_view text, uint64_t least, uint64_t most);

/// CaptureConfig::ring_bytes: a page to 1 GiB.
Result<uint32_t> parse_ring_bytes(std::string_view text);

/// ":9765", "127.0.0.1:9765", "[::1]:0".
Result<> check_listen_address(std::string_view text);
/// "/metrics": a path of its own, neither the landing page nor one of the health checks.
Result<> check_telemetry_path(std::string_view text);
Result<> check_log_level(std::string_view text);
Result<> check_log_format(std::string_view text);
/// CaptureConfig::attach.
Result<AttachMode> parse_attach(std::string_view text);
/// CaptureConfig::listing.
Result<ListingMode> parse_listing(std::string_view text);
/// MetricsConfig::naming.
Result<NamingMode> parse_naming(std::string_view text);
/// MetricsConfig::labels: a label's name that no metric has of its own.
Result<> check_constant_label(std::string_view name);
/// The names of labels that metrics have, under either naming, and those that Prometheus gives a meaning.
std::span<const std::string_view> reserved_labels();
/// RoutesConfig::patterns: "/users/{user}/orders/*".
Result<> check_route_pattern(std::string_view text);

}  // namespace sockwatch
