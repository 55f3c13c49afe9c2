#include "exposition/text_format.h"

#include <charconv>
#include <cmath>
#include <cstdio>
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

void append_escaped_help(std::string& out, std::string_view help, bool openmetrics) {
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && openmetrics) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

/// The name that stands in what is said of a family: in OpenMetrics a counter's has no _total.
std::string_view family_name(const MetricFamily& family, bool openmetrics) {
  constexpr std::string_view total = "_total";
  std::string_view name = family.name();
  if (openmetrics && family.descriptor->type == MetricType::counter && name.ends_with(total))
    name.remove_suffix(total.size());
  return name;
}

void append_line(std::string& out, std::string_view keyword, std::string_view name, std::string_view text) {
  out += keyword;
  out += name;
  out += ' ';
  out += text;
  out += '\n';
}

void append_header(std::string& out, const MetricFamily& family, bool openmetrics) {
  const std::string_view name = family_name(family, openmetrics);
  const std::string_view unit = family.descriptor->unit;
  out += "# HELP ";
  out += name;
  out += ' ';
  append_escaped_help(out, family.help(), openmetrics);
  out += '\n';
  append_line(out, "# TYPE ", name, to_string(family.descriptor->type));
  // OpenMetrics wants a unit to be the end of the name.
  const bool has_unit = !unit.empty() && name.size() > unit.size() && name.ends_with(unit) &&
                        name[name.size() - unit.size() - 1] == '_';
  if (openmetrics && has_unit) append_line(out, "# UNIT ", name, unit);
}

std::string_view view(const LabelText& labels) {
  return labels ? std::string_view(*labels) : std::string_view();
}

/// A series' labels: those that all have, and its own.
struct Labels {
  std::string_view constant;
  std::string_view own;

  bool empty() const { return constant.empty() && own.empty(); }
  void append_to(std::string& out) const {
    out += constant;
    if (!constant.empty() && !own.empty()) out += ',';
    out += own;
  }
};

/// The name and the labels, up to where the number begins.
void append_series(std::string& out, std::string_view name, std::string_view suffix, const Labels& labels) {
  out += name;
  out += suffix;
  if (!labels.empty()) {
    out += '{';
    labels.append_to(out);
    out += '}';
  }
  out += ' ';
}

/// Where text goes: into one string, or from a small one, which stays in the processor's cache, to whoever takes it.
class Output {
 public:
  using Take = std::function<void(std::string_view)>;

  explicit Output(std::string& text, const Take* take = nullptr) : text_(text), take_(take) {}
  std::string& text() { return text_; }
  /// Called between two series.
  void pause() {
    if (take_ != nullptr && text_.size() >= kPiece) flush();
  }
  void flush() {
    (*take_)(text_);
    text_.clear();
  }

 private:
  static constexpr size_t kPiece = 64 * 1024;

  std::string& text_;
  const Take* take_;
};


/// How a page is written, and for whom.
struct Style {
  bool openmetrics;
  const Viewer& viewer;

  /// Whether a series is new to a viewer to whom it is to show 0.
  bool hides(const Birth& birth) const { return viewer.seen && birth.snapshot > *viewer.seen; }
};

/// A number of nanoseconds in seconds, exactly.
void append_seconds(std::string& out, uint64_t ns, int decimals) {
  constexpr uint64_t second = 1'000'000'000;
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, "%09u", static_cast<unsigned>(ns % second));
  append_chars(out, ns / second);
  out += '.';
  out.append(fraction, static_cast<size_t>(decimals));
}

constexpr int kMilliseconds = 3;  // as Prometheus keeps times

/// OpenMetrics' line that says since when a series counts. Who is shown a 0 for that needs none, and would store it as a series.
void append_created(std::string& out, std::string_view name, const Labels& labels, const Birth& birth,
                    const Snapshot& snapshot, const Style& style) {
  if (!style.openmetrics || style.viewer.stores || birth.at_ns == 0 || !snapshot.wall_clock_offset_ns) return;
  append_series(out, name, "_created", labels);
  append_seconds(out, birth.at_ns + static_cast<uint64_t>(*snapshot.wall_clock_offset_ns), kMilliseconds);
  out += '\n';
}

void append_samples(Output& output, const MetricFamily& family, const Snapshot& snapshot, const Style& style) {
  std::string& out = output.text();
  for (const Sample& sample : family.samples) {
    output.pause();
    const Labels labels{.constant = view(snapshot.constant_labels), .own = view(sample.labels)};
    append_series(out, family.name(), "", labels);
    append_number(out, style.hides(sample.birth) ? 0 : sample.value);
    out += '\n';
    append_created(out, family_name(family, true), labels, sample.birth, snapshot, style);
  }
}

/// A bound as a label's value. OpenMetrics has whole numbers with a point, as Go writes them.
void append_bound(std::string& out, double bound, bool openmetrics) {
  const size_t start = out.size();
  append_number(out, bound);
  if (openmetrics && out.find_first_of(".eIN", start) == std::string::npos) out += ".0";
}

/// What follows the series' own labels in each bucket's line: `le="0.005"} `; the last is +Inf.
std::vector<std::string> bucket_endings(const MetricFamily& family, bool openmetrics) {
  std::vector<std::string> endings;
  if (family.bounds) {
    for (const double bound : *family.bounds) {
      std::string ending = "le=\"";
      append_bound(ending, bound, openmetrics);
      endings.push_back(ending + "\"} ");
    }
  }
  endings.emplace_back("le=\"+Inf\"} ");
  return endings;
}

/// ` # {trace_id="..."} value timestamp` where the bucket has an exemplar.
void append_exemplar(std::string& out, const HistogramSample& sample, size_t bucket,
                     const Snapshot& snapshot) {
  constexpr int nanoseconds = 9;
  for (const Exemplar& exemplar : sample.exemplars) {
    if (exemplar.bucket != bucket) continue;
    out += " # {trace_id=\"";
    out += exemplar.trace.view();
    out += "\"} ";
    append_seconds(out, exemplar.duration_ns, nanoseconds);
    if (snapshot.wall_clock_offset_ns) {
      out += ' ';
      append_seconds(out, exemplar.at_ns + static_cast<uint64_t>(*snapshot.wall_clock_offset_ns),
                     kMilliseconds);
    }
    return;
  }
}

void append_histograms(Output& output, const MetricFamily& family, const Snapshot& snapshot, const Style& style) {
  std::string& out = output.text();
  const std::string_view name = family.name();
  const std::vector<std::string> endings = bucket_endings(family, style.openmetrics);
  for (const HistogramSample& sample : family.histograms) {
    output.pause();
    const Labels labels{.constant = view(snapshot.constant_labels), .own = view(sample.labels)};
    const bool hidden = style.hides(sample.birth);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < endings.size(); ++i) {
      if (i < sample.counts.size() && !hidden) cumulative += sample.counts[i];
      out += name;
      out += "_bucket{";
      labels.append_to(out);
      if (!labels.empty()) out += ',';
      out += endings[i];
      append_chars(out, cumulative);
      if (style.openmetrics && !hidden) append_exemplar(out, sample, i, snapshot);
      out += '\n';
    }
    append_series(out, name, "_sum", labels);
    append_number(out, hidden ? 0 : sample.sum);
    out += '\n';
    append_series(out, name, "_count", labels);
    append_chars(out, cumulative);
    out += '\n';
    append_created(out, name, labels, sample.birth, snapshot, style);
  }
}

/// Upper bound of what write_text will append, give or take: one allocation instead of twenty.
size_t estimated_size(const Snapshot& snapshot) {
  constexpr size_t kAroundNumber = 24;  // braces, the space, the newline, a usual number
  constexpr size_t kAroundBucket = 40;  // the same, with _bucket and the le label
  constexpr size_t kExemplar = 84;      // the trace, a usual duration and a time
  size_t size = 0;
  for (const MetricFamily& family : snapshot.families) {
    const size_t name = family.name().size() + view(snapshot.constant_labels).size();
    size += 3 * name + family.help().size() + 64;
    for (const Sample& sample : family.samples) size += name + view(sample.labels).size() + kAroundNumber;
    const size_t buckets = (family.bounds ? family.bounds->size() : 0) + 3;  // +Inf, _sum, _count
    for (const HistogramSample& sample : family.histograms) {
      size +=
          buckets * (name + view(sample.labels).size() + kAroundBucket) + sample.exemplars.size() * kExemplar;
    }
  }
  return size;
}

void append_families(Output& output, const Snapshot& snapshot, TextFormat format, const Viewer& viewer) {
  const bool openmetrics = format != TextFormat::prometheus;
  const Style style{.openmetrics = openmetrics, .viewer = viewer};
  std::string_view last_name;
  for (const MetricFamily& family : snapshot.families) {
    if (family.samples.empty() && family.histograms.empty()) continue;
    if (family.name() != last_name) append_header(output.text(), family, openmetrics);
    last_name = family.name();
    append_samples(output, family, snapshot, style);
    append_histograms(output, family, snapshot, style);
  }
  if (openmetrics) output.text() += "# EOF\n";
}

}  // namespace

std::string_view content_type(TextFormat format) {
  switch (format) {
    case TextFormat::prometheus:
      return "text/plain; version=0.0.4; charset=utf-8";
    case TextFormat::openmetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case TextFormat::openmetrics_draft:
      return "application/openmetrics-text; version=0.0.1; charset=utf-8";
  }
  return {};
}

void write_text(const Snapshot& snapshot, TextFormat format, std::string& out, const Viewer& viewer) {
  out.reserve(out.size() + estimated_size(snapshot));
  Output output(out);
  append_families(output, snapshot, format, viewer);
}

void write_text(const Snapshot& snapshot, TextFormat format, const std::function<void(std::string_view)>& take,
                const Viewer& viewer) {
  std::string piece;
  Output output(piece, &take);
  append_families(output, snapshot, format, viewer);
  output.flush();
}

}  // namespace sockwatch
