// A metric's row in the one table of metrics (metric_table.h), with its two columns: the classic names and
// those of OpenTelemetry's semantic conventions, as Prometheus spells them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sockwatch {

enum class MetricType : uint8_t { counter, gauge, histogram };

/// A column of the table.
enum class Naming : uint8_t { classic, otel };

/// How the value of a label in the otel column comes from that of a classic one. A value that comes out
/// empty: no label.
enum class LabelRule : uint8_t {
  same,
  status_code,   ///< of a status: its code; nothing of "aborted"
  server_error,  ///< of a status: what makes it an error to a server: 5xx and what is no code
  client_error,  ///< ... to a client: 4xx too
  failure,       ///< of a status: nothing of "ok", otherwise the status
  address,       ///< of a peer: "10.0.0.1" of "10.0.0.1:8080"; what has no port is all address
  port,          ///< of a peer: "8080" of "10.0.0.1:8080"
  constant,      ///< always what stands in `from`
};

struct OtelLabel {
  std::string_view name;
  std::string_view from;  ///< a classic label's name
  LabelRule rule = LabelRule::same;
};

/// The second column. Neighbouring rows that give the same name are one metric; they differ in a constant
/// label then.
struct OtelColumn {
  static constexpr std::string_view kAbsent = "-";

  std::string_view name =
      {};  ///< empty: the conventions have none, the classic name stays; kAbsent: left out
  std::span<const OtelLabel> labels = {};  ///< empty: the classic ones, `service` as `service_name`
  std::string_view help = {};              ///< empty: the classic text
  std::span<const double> bounds = {};     ///< histogram: upper bounds in seconds

  constexpr bool has_own_name() const { return !name.empty() && name != kAbsent; }
};

struct MetricDescriptor {
  std::string_view name;  ///< classic name, counters with their _total
  MetricType type;
  std::string_view unit;  ///< "seconds", "bytes" or empty
  std::string_view help;
  std::string_view labels = {};  ///< names, separated by commas
  OtelColumn otel = {};
};

}  // namespace sockwatch
