#include "exposition/text_format.h"

#include <charconv>
#include <cmath>
#include <vector>

namespace sockwatch {
namespace {

/// Doubles hold every whole number up to here.
constexpr double kMaxExactInteger = 9007199254740992.0;  // 2^53
/// Longest number that is written: a sign, 17 digits, a point and an exponent.
constexpr size_t kMaxNumberChars = 32;

template <typename T>
void append_chars(std::string& out, T value) {
  char buffer[kMaxNumberChars];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::fabs(value) <= kMaxExactInteger && value == std::trunc(value)) {
    append_chars(out, static_cast<int64_t>(value));
  } else {
    append_chars(out, value);
  }
}

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "untyped";
}

void append_escaped_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void append_header(std::string& out, const MetricDescriptor& metric) {
  out += "# HELP ";
  out += metric.name;
  out += ' ';
  append_escaped_help(out, metric.help);
  out += "\n# TYPE ";
  out += metric.name;
  out += ' ';
  out += to_string(metric.type);
  out += '\n';
}

std::string_view view(const LabelText& labels) {
  return labels ? std::string_view(*labels) : std::string_view();
}

/// The name and the labels, up to where the number begins.
void append_series(std::string& out, std::string_view name, std::string_view suffix,
                   std::string_view labels) {
  out += name;
  out += suffix;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
}

void append_samples(std::string& out, const MetricFamily& family) {
  for (const Sample& sample : family.samples) {
    append_series(out, family.descriptor->name, "", view(sample.labels));
    append_number(out, sample.value);
    out += '\n';
  }
}

/// What follows the series' own labels in each bucket's line: `le="0.005"} `; the last is +Inf.
std::vector<std::string> bucket_endings(const MetricFamily& family) {
  std::vector<std::string> endings;
  if (family.bounds) {
    for (const double bound : *family.bounds) {
      std::string ending = "le=\"";
      append_number(ending, bound);
      endings.push_back(ending + "\"} ");
    }
  }
  endings.emplace_back("le=\"+Inf\"} ");
  return endings;
}

void append_histograms(std::string& out, const MetricFamily& family) {
  const std::string_view name = family.descriptor->name;
  const std::vector<std::string> endings = bucket_endings(family);
  for (const HistogramSample& sample : family.histograms) {
    const std::string_view labels = view(sample.labels);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < endings.size(); ++i) {
      if (i < sample.counts.size()) cumulative += sample.counts[i];
      out += name;
      out += "_bucket{";
      out += labels;
      if (!labels.empty()) out += ',';
      out += endings[i];
      append_chars(out, cumulative);
      out += '\n';
    }
    append_series(out, name, "_sum", labels);
    append_number(out, sample.sum);
    out += '\n';
    append_series(out, name, "_count", labels);
    append_chars(out, cumulative);
    out += '\n';
  }
}

/// Upper bound of what write_text will append, give or take: one allocation instead of twenty.
size_t estimated_size(const Snapshot& snapshot) {
  constexpr size_t kAroundNumber = 24;  // braces, the space, the newline, a usual number
  constexpr size_t kAroundBucket = 40;  // the same, with _bucket and the le label
  size_t size = 0;
  for (const MetricFamily& family : snapshot.families) {
    const size_t name = family.descriptor->name.size();
    size += 2 * name + family.descriptor->help.size() + 64;
    for (const Sample& sample : family.samples) size += name + view(sample.labels).size() + kAroundNumber;
    const size_t buckets = (family.bounds ? family.bounds->size() : 0) + 3;  // +Inf, _sum, _count
    for (const HistogramSample& sample : family.histograms) {
      size += buckets * (name + view(sample.labels).size() + kAroundBucket);
    }
  }
  return size;
}

}  // namespace

void write_text(const Snapshot& snapshot, std::string& out) {
  out.reserve(out.size() + estimated_size(snapshot));
  for (const MetricFamily& family : snapshot.families) {
    if (family.samples.empty() && family.histograms.empty()) continue;
    append_header(out, *family.descriptor);
    append_samples(out, family);
    append_histograms(out, family);
  }
}

}  // namespace sockwatch
