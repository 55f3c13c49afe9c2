#include "aggregation/labels.h"

#include <algorithm>

#include "util/clock.h"

namespace sockwatch {
namespace {

void append_label(std::string& text, std::string_view name, std::string_view value) {
  if (!text.empty()) text += ',';
  text += name;
  text += "=\"";
  for (char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  text += '"';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_code(std::string_view status) { return status.size() == 3 && all_digits(status); }

/// What makes a status an error: a code from `least` on, or that it is none.
std::string_view error_of(std::string_view status, char least) {
  if (is_code(status)) return status.front() >= least ? status : std::string_view();
  return status.starts_with('_') ? "_OTHER" : status;
}

/// Where the port of "10.0.0.1:8080" or "[::1]:8080" begins; npos of anything else, such as a service's name.
size_t port_of(std::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !all_digits(peer.substr(colon + 1)))
    return std::string_view::npos;
  const std::string_view host = peer.substr(0, colon);
  const bool bracketed =
      host.front() == '[' && host.back() == ']' && host.find(':') != std::string_view::npos;
  return bracketed || host.find_first_of(":[]") == std::string_view::npos ? colon + 1
                                                                          : std::string_view::npos;
}

std::string_view address_of(std::string_view peer) {
  const size_t port = port_of(peer);
  if (port == std::string_view::npos) return peer;
  const std::string_view host = peer.substr(0, port - 1);
  return host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

std::string_view apply(LabelRule rule, std::string_view value) {
  switch (rule) {
    case LabelRule::same:
    case LabelRule::constant:
      return value;
    case LabelRule::status_code:
      return is_code(value) ? value : std::string_view();
    case LabelRule::server_error:
      return error_of(value, '5');
    case LabelRule::client_error:
      return error_of(value, '4');
    case LabelRule::failure:
      return value == "ok" ? std::string_view() : value == "error" ? std::string_view("_OTHER") : value;
    case LabelRule::address:
      return address_of(value);
    case LabelRule::port: {
      const size_t port = port_of(value);
      return port == std::string_view::npos ? std::string_view() : value.substr(port);
    }
  }
  return {};
}

LabelText render_otel(const MetricDescriptor& metric, std::span<const Label> labels) {
  std::string text;
  if (metric.otel.labels.empty())
    for (const Label& label : labels)
      append_label(text, label.name == "service" ? "service_name" : label.name, label.value);
  for (const OtelLabel& wanted : metric.otel.labels) {
    std::string_view value = wanted.from;
    if (wanted.rule != LabelRule::constant) {
      const auto from = std::find_if(labels.begin(), labels.end(),
                                     [&](const Label& label) { return label.name == wanted.from; });
      if (from == labels.end()) continue;
      value = apply(wanted.rule, from->value);
    }
    if (!value.empty()) append_label(text, wanted.name, value);
  }
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

bool is_address(std::string_view peer) { return port_of(peer) != std::string_view::npos; }

bool is_written(const MetricDescriptor& metric, Naming column, NamingMode mode) {
  if (column == Naming::classic) return mode != NamingMode::otel;
  return mode == NamingMode::both ? metric.otel.has_own_name()
                                  : mode == NamingMode::otel && metric.otel.name != OtelColumn::kAbsent;
}

LabelText render_labels(std::span<const Label> labels) {
  std::string text;
  for (const Label& label : labels) append_label(text, label.name, label.value);
  return std::make_shared<const std::string>(std::move(text));
}

SeriesLabels render_labels(const MetricDescriptor& metric, NamingMode mode, std::span<const Label> labels) {
  SeriesLabels rendered;
  rendered.birth.at_ns = monotonic_ns();
  if (is_written(metric, Naming::classic, mode)) rendered.classic = render_labels(labels);
  if (is_written(metric, Naming::otel, mode)) rendered.otel = render_otel(metric, labels);
  return rendered;
}

}  // namespace sockwatch
