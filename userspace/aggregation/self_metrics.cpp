#include "aggregation/self_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "aggregation/families.h"
#include "aggregation/labels.h"
#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

uint64_t open_descriptors() {
  uint64_t n = 0;
  if (DIR* directory = opendir("/proc/self/fd")) {
    while (const dirent* entry = readdir(directory)) n += entry->d_name[0] != '.';
    closedir(directory);
    --n;  // the one that lists them
  }
  return n;
}

// The numbers of /proc/self/stat that follow the command name; field 3 is the first.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 2)));
  std::vector<double> fields;
  std::string state;
  rest >> state;
  fields.push_back(0);
  for (double value; rest >> value;) fields.push_back(value);
  return fields;
}

double boot_time_seconds() {
  timespec real{};
  timespec since_boot{};
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return static_cast<double>(real.tv_sec - since_boot.tv_sec) +
         static_cast<double>(real.tv_nsec - since_boot.tv_nsec) / 1e9;
}


/// One snapshot's values, by the series that are known or become so.
class Writer {
 public:
  using Find = std::function<SeriesLabels&(Metric, std::initializer_list<Label>)>;

  Writer(Find find, uint64_t snapshot) : find_(std::move(find)), families_(snapshot) {}

  void one(Metric metric, double value, std::initializer_list<Label> labels = {}) {
    families_.add(metric, find_(metric, labels), value);
  }
  template <typename Value>
  void by(Metric metric, const char* label, const std::map<std::string, Value>& values) {
    for (const auto& [key, value] : values) one(metric, static_cast<double>(value), {{label, key}});
  }
  void by(Metric metric, const char* first, const char* second,
          const std::map<std::pair<std::string, std::string>, uint64_t>& values) {
    for (const auto& [key, value] : values)
      one(metric, static_cast<double>(value), {{first, key.first}, {second, key.second}});
  }
  void move_to(Snapshot& out) { families_.move_to(out); }

 private:
  Find find_;
  Families families_;
};

void write_process(Writer& writer) {
  static const double boot_seconds = boot_time_seconds();  // once: the start time must not wander
  const std::vector<double> stat = stat_fields();
  auto field = [&](size_t number) { return number - 3 < stat.size() ? stat[number - 3] : 0; };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  writer.one(Metric::process_cpu_seconds, (field(14) + field(15)) / ticks);
  writer.one(Metric::process_resident_memory, field(24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  writer.one(Metric::process_virtual_memory, field(23));
  writer.one(Metric::process_open_fds, static_cast<double>(open_descriptors()));
  writer.one(Metric::process_max_fds, static_cast<double>(limit.rlim_cur));
  writer.one(Metric::process_start_time, boot_seconds + field(22) / ticks);
  writer.one(Metric::process_threads, field(20));
}

}  // namespace

uint64_t page_lines(const Snapshot& snapshot) {
  uint64_t lines = 0;
  std::string_view name;
  for (const MetricFamily& family : snapshot.families) {
    if (family.name() != name) lines += 2;  // its help and its type
    name = family.name();
    lines += family.samples.size();
    if (family.bounds) lines += family.histograms.size() * (family.bounds->size() + 3);
  }
  return lines;
}

SelfSeries::SelfSeries(NamingMode naming, uint64_t started_ns) : naming_(naming), seen_up_to_ns_(started_ns) {}

void SelfSeries::append(const SelfMetrics& self, Snapshot& out) {
  auto find = [&](Metric metric, std::initializer_list<Label> labels) -> SeriesLabels& {
    std::string values;
    for (const Label& label : labels) (values += label.value) += '\0';
    auto [it, fresh] = known_.try_emplace({metric, std::move(values)});
    Known& known = it->second;
    if (fresh) {
      known.labels = render_labels(descriptor(metric), naming_, labels);
      known.labels.birth.at_ns = seen_up_to_ns_;
    }
    known.snapshot = out.number;
    return known.labels;
  };
  Writer writer(find, out.number);
  writer.one(Metric::build_info, 1, {{"version", SOCKWATCH_VERSION}});
  writer.one(Metric::capture_info, 1, {{"attach", self.capture_attach}, {"listing", self.capture_listing}});
  writer.one(Metric::segments, static_cast<double>(self.segments));
  writer.one(Metric::captured_bytes, static_cast<double>(self.captured_bytes));
  writer.by(Metric::capture_missing, "part", self.capture_missing);
  writer.by(Metric::lost_segments, "reason", self.lost_segments);
  writer.by(Metric::lost_requests, "service", "reason", self.lost_requests);
  for (const auto& [labels, bytes] : self.lost_bytes) {
    const auto& [service, role, direction, reason] = labels;
    writer.one(Metric::lost_bytes, static_cast<double>(bytes), {{"service", service}, {"role", role}, {"direction", direction}, {"reason", reason}});
  }
  writer.by(Metric::unreadable_segments, "service", "reason", self.unreadable_segments);
  writer.by(Metric::unreadable_connections, "service", "reason", self.unreadable_connections);
  writer.by(Metric::transactions, "protocol", "role", self.transactions);
  writer.by(Metric::parse_errors, "reason", self.parse_errors);
  writer.one(Metric::series, static_cast<double>(self.series));
  writer.one(Metric::series_overflowed, static_cast<double>(self.series_overflowed));
  writer.one(Metric::exposition_lines, 0);  // until all others are there
  writer.by(Metric::limits_hit, "limit", self.limits_hit);
  writer.by(Metric::service_users, "service", self.service_users);
  writer.one(Metric::connections, static_cast<double>(self.connections));
  writer.one(Metric::excluded_connections, static_cast<double>(self.excluded_connections));
  writer.one(Metric::config_reloaded, self.config_reloaded ? 1 : 0);
  writer.one(Metric::config_reload_time, self.config_reload_time);
  writer.one(Metric::shortened_segments, static_cast<double>(self.shortened_segments));
  writer.one(Metric::ring_size, static_cast<double>(self.ring_bytes));
  writer.one(Metric::ring_used_max, static_cast<double>(self.ring_used_bytes_max));
  writer.one(Metric::drain_lag_max, self.drain_lag_seconds_max);
  writer.by(Metric::bpf_run_seconds, "program", self.bpf_seconds);
  writer.by(Metric::bpf_runs, "program", self.bpf_runs);
  writer.by(Metric::web_refused_connections, "reason", self.refused_connections);
  write_process(writer);
  writer.move_to(out);
  const uint64_t lines = page_lines(out);
  for (MetricFamily& family : out.families)
    if (family.descriptor == &descriptor(Metric::exposition_lines)) family.samples.front().value = static_cast<double>(lines);
  std::erase_if(known_, [&](const auto& entry) { return entry.second.snapshot != out.number; });
  seen_up_to_ns_ = out.taken_ns;
}

}  // namespace sockwatch
