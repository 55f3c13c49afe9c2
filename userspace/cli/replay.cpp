#include "cli/replay.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <ostream>
#include <string>

#include "exposition/text_format.h"
#include "pipeline/pipeline.h"
#include "recording/recording_reader.h"
#include "util/fd.h"
#include "util/iso_time.h"
#include "util/json_text.h"
#include "util/log.h"

namespace sockwatch {
namespace {

void append_key(std::string& out, std::string_view key) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}

void append_number(std::string& out, std::string_view key, uint64_t number) {
  append_key(out, key);
  out += std::to_string(number);
}

// Connections that wait are many when somebody wants them to be; not every event may ask them all.
constexpr uint64_t kAdvanceNs = 10'000'000;

/// What a limit left out is missing from the result: say so.
void tell_of_limits(const Pipeline& pipeline) {
  SelfMetrics self;
  pipeline.fill(self);
  std::map<std::string, uint64_t> hit = self.lost_segments;
  hit["pipeline_limit"] = self.parse_errors["pipeline_limit"];
  for (const auto& [reason, times] : hit)
    if (times > 0)
      log_warn("the recording goes beyond a limit; part of it is left out",
               {{"limit", reason}, {"times", std::to_string(times)}});
}

/// When something happened in the world, where the recording tells.
void append_time(std::string& out, uint64_t ts_ns, std::optional<int64_t> wall_clock_offset_ns) {
  if (!wall_clock_offset_ns) return;
  const auto since_1970 = std::chrono::nanoseconds(static_cast<int64_t>(ts_ns + static_cast<uint64_t>(*wall_clock_offset_ns)));
  append_text(out, "time",
              iso_time(std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(since_1970))));
}

/// One transaction as a line of JSON.
void append_line(std::string& out, const RecordingReader& reader, const ObservedTransaction& observed) {
  const Transaction& transaction = observed.transaction;
  out += '{';
  append_text(out, "conn", reader.connection(observed.socket));
  append_text(out, "protocol", transaction.protocol);
  append_text(out, "role", to_string(transaction.role));
  append_text(out, "service", observed.service);
  append_text(out, "method", transaction.method);
  append_text(out, "target", transaction.target);
  append_text(out, "path", observed.path);
  append_text(out, "status", transaction.status.text());
  append_time(out, transaction.start_ns, reader.wall_clock_offset_ns());
  append_number(out, "start_ns", transaction.start_ns);
  append_number(out, "ttfb_ns", transaction.ttfb_ns);
  append_number(out, "duration_ns", transaction.duration_ns);
  append_number(out, "request_bytes", transaction.request_bytes);
  append_number(out, "response_bytes", transaction.response_bytes);
  out += "}\n";
}

/// The same of a query to a database or cache.
void append_line(std::string& out, const RecordingReader& reader, const ObservedQuery& observed) {
  const Query& query = observed.query;
  out += '{';
  append_text(out, "conn", reader.connection(observed.socket));
  append_text(out, "protocol", observed.link.protocol->name);
  append_text(out, "role", to_string(query.role));
  append_text(out, "service", observed.link.service_name);
  append_text(out, "operation", query.operation);
  append_text(out, "status", to_string(query.status));
  append_time(out, query.start_ns, reader.wall_clock_offset_ns());
  append_number(out, "start_ns", query.start_ns);
  append_number(out, "duration_ns", query.duration_ns);
  if (observed.link.protocol->kind == ProtocolKind::cache) {
    append_number(out, "hits", query.hits);
    append_number(out, "misses", query.misses);
  }
  out += "}\n";
}

}  // namespace

Result<> replay(const Config& config, const std::string& file, ReplayFormat format, std::ostream& out) {
  const bool standard_input = file == "-";
  const Fd opened(standard_input ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!standard_input && !opened) return Error{"cannot read " + file + ": " + std::strerror(errno)};
  RecordingReader reader(standard_input ? STDIN_FILENO : opened.get(),
                         standard_input ? "standard input" : file);

  Pipeline pipeline(config);
  std::string line;
  uint64_t found = 0;
  uint64_t events = 0;
  const auto print = [&](const auto& observed) {
    ++found;
    if (format != ReplayFormat::jsonl) return;
    line.clear();
    append_line(line, reader, observed);
    out << line;
  };
  pipeline.set_observer(print);
  pipeline.set_query_observer(print);
  SocketEvent event;
  uint64_t now_ns = 0;
  uint64_t advanced_ns = 0;
  for (;;) {
    const Result<bool> more = reader.next(event);
    if (!more) return more.error();
    if (!more.value()) break;
    now_ns = std::max(now_ns, event.ts_ns);
    if (now_ns - advanced_ns >= kAdvanceNs) pipeline.advance(advanced_ns = now_ns);
    pipeline.on_event(event);
    ++events;
  }
  pipeline.finish();
  tell_of_limits(pipeline);
  if (format == ReplayFormat::metrics) {
    Snapshot snapshot;
    pipeline.snapshot(snapshot);
    write_text(snapshot, TextFormat::prometheus, line);
    out << line;
  }
  if (found == 0)
    log_warn("there is no request and no query in the recording",
             {{"file", file}, {"events", std::to_string(events)}});
  out.flush();
  if (!out) return Error{"cannot write the result: the disk is full or the reader has gone"};
  return {};
}

}  // namespace sockwatch
