#include "config/load_config.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "config/values.h"
#include "config/yaml_reader.h"

namespace sockwatch {
namespace {


/// One document's reading: each member function reads one map of the file into its part of the Config.
class ConfigReader {
 public:
  ConfigReader(YamlReader& yaml, Config& config) : yaml_(yaml), config_(config) {}

  void read(const YAML::Node& document) {
    yaml_.read_map(document, "",
                   {{"attribution", [this](auto& n, auto& p) { read_attribution(n, p); }},
                    {"filter", [this](auto& n, auto& p) { read_filter(n, p); }},
                    {"routes", [this](auto& n, auto& p) { read_routes(n, p); }},
                    {"metrics", [this](auto& n, auto& p) { read_metrics(n, p); }},
                    {"capture", [this](auto& n, auto& p) { read_capture(n, p); }},
                    {"web", [this](auto& n, auto& p) { read_web(n, p); }},
                    {"log", [this](auto& n, auto& p) { read_log(n, p); }},
                    {"paths", [this](auto& n, auto& p) { read_paths(n, p); }}});
  }

 private:
  using Node = YAML::Node;
  using Path = std::string;

  static constexpr uint64_t kMaxCount = std::numeric_limits<uint32_t>::max();
  static constexpr uint32_t kLeastLines = 1000;      // the agent's own are some hundred
  static constexpr uint32_t kLeastRouteLength = 16;  // "/{token}" and "/*"

  void read_attribution(const Node& node, const Path& path) {
    AttributionConfig& out = config_.attribution;
    yaml_.read_map(node, path,
                   {{"rules",
                     [&](auto& n, auto& p) {
                       out.rules.clear();
                       yaml_.read_list(n, p,
                                       [&](auto& e, auto& ep) { out.rules.push_back(read_rule(e, ep)); });
                     }},
                    {"service_env",
                     [&](auto& n, auto& p) {
                       out.service_env.clear();
                       yaml_.read_list(n, p, [&](auto& e, auto& ep) {
                         const std::string name = text(e, ep, "an environment variable's name");
                         if (name.find('=') != std::string::npos)
                           yaml_.report(e, ep, "expected a name without \"=\"");
                         out.service_env.push_back(name);
                       });
                     }},
                    {"docker_socket", [&](auto& n, auto& p) {
                       if (const std::string* value = yaml_.scalar(n, p, "a path, or \"\" for none"))
                         out.docker_socket = *value;
                     }}});
  }

  ServiceRule read_rule(const Node& node, const Path& path) {
    ServiceRule rule;
    const auto glob = [&](std::string& target) {
      return [this, &target](auto& n, auto& p) { target = text(n, p, "a pattern such as \"/usr/bin/*\""); };
    };
    const size_t reports_before = yaml_.report_count();
    yaml_.read_map(
        node, path,
        {{"service", [&](auto& n, auto& p) { rule.service = text(n, p, "the service's name"); }},
         {"exe", glob(rule.exe)},
         {"args", glob(rule.args)},
         {"unit", glob(rule.unit)},
         {"cgroup", glob(rule.cgroup)},
         {"container_name", glob(rule.container_name)},
         {"container_image", glob(rule.container_image)},
         {"container_label",
          [&](auto& n, auto& p) {
            rule.container_label = text(n, p, "\"key=pattern\"");
            if (!rule.container_label.empty() && rule.container_label.find('=', 1) == std::string::npos) {
              yaml_.report(n, p, "expected \"key=pattern\", got \"" + rule.container_label + "\"");
            }
          }},
         {"ports", ports(rule.ports)},
         {"users", users(rule.users)}});
    if (yaml_.report_count() != reports_before) return rule;  // one report at a time is enough
    if (rule.service.empty()) yaml_.report(node, path, "expected the key service: the name to give");
    const bool any_condition = !rule.exe.empty() || !rule.args.empty() || !rule.unit.empty() ||
                               !rule.cgroup.empty() || !rule.container_name.empty() ||
                               !rule.container_image.empty() || !rule.container_label.empty() ||
                               !rule.ports.empty() || !rule.users.empty();
    if (!any_condition) {
      yaml_.report(
          node, path,
          "expected at least one condition (exe, args, unit, ...): this rule would match every process");
    }
    return rule;
  }

  void read_filter(const Node& node, const Path& path) {
    const auto list = [this](ConnectionList& out) {
      return [this, &out](auto& n, auto& p) {
        yaml_.read_map(n, p,
                       {{"services", globs(out.services)},
                        {"ports", ports(out.ports)},
                        {"cgroups", globs(out.cgroups)}});
      };
    };
    yaml_.read_map(node, path,
                   {{"include", list(config_.filter.include)}, {"exclude", list(config_.filter.exclude)}});
  }

  void read_routes(const Node& node, const Path& path) {
    RoutesConfig& out = config_.routes;
    yaml_.read_map(node, path,
                   {{"patterns",
                     [&](auto& n, auto& p) {
                       out.patterns.clear();
                       yaml_.read_list(n, p, [&](auto& e, auto& ep) {
                         const std::string* pattern = yaml_.scalar(e, ep, "a path such as \"/users/{user}\"");
                         if (pattern == nullptr) return;
                         check(e, ep, check_route_pattern(*pattern));
                         out.patterns.push_back(*pattern);
                       });
                     }},
                    {"max_children", count(out.max_children)},
                    {"max_nodes", count(out.max_nodes)},
                    {"max_segments", count(out.max_segments)},
                    {"max_length", count(out.max_length, kLeastRouteLength)}});
  }

  void read_metrics(const Node& node, const Path& path) {
    MetricsConfig& out = config_.metrics;
    yaml_.read_map(node, path,
                   {{"naming",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "classic, otel or both", out.naming,
                                        [](const std::string& t) { return parse_naming(t); });
                     }},
                    {"duration_buckets", [&](auto& n, auto& p) { read_buckets(n, p, out.duration_buckets); }},
                    {"labels", [&](auto& n, auto& p) { read_labels(n, p, out.labels); }},
                    {"born_at_zero",
                     [&](auto& n, auto& p) {
                       out.born_at_zero.clear();
                       yaml_.read_list(n, p, [&](auto& e, auto& ep) {
                         out.born_at_zero.push_back(text(e, ep, "what a User-Agent begins with, such as \"Prometheus\""));
                       });
                     }},
                    {"max_series", count(out.max_series)},
                    {"max_total_lines", count(out.max_total_lines, kLeastLines)},
                    {"max_services", count(out.max_services)},
                    {"expire_after", [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "a duration such as \"5m\"", out.expire_after,
                                        [](const std::string& t) { return parse_duration(t); });
                     }}});
  }

  void read_labels(const Node& node, const Path& path, std::map<std::string, std::string>& labels) {
    labels.clear();
    yaml_.read_entries(node, path, "a map of labels' names and values", [&](auto& name, auto& n, auto& p) {
      check(name, p, check_constant_label(name.Scalar()));
      labels[name.Scalar()] = text(n, p, "the label's value");
    });
  }

  void read_buckets(const Node& node, const Path& path, std::vector<double>& buckets) {
    buckets.clear();
    yaml_.read_list(node, path, [&](auto& e, auto& ep) {
      const std::string* text = yaml_.scalar(e, ep, "a number of seconds");
      if (text == nullptr) return;
      double bound = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bound);
      if (error != std::errc{} || end != text->data() + text->size() || !std::isfinite(bound) || bound <= 0) {
        yaml_.report(e, ep, "expected a number of seconds above 0, got \"" + *text + "\"");
      } else if (!buckets.empty() && bound <= buckets.back()) {
        yaml_.report(e, ep, "expected a bound above the one before it, got " + *text);
      } else {
        buckets.push_back(bound);
      }
    });
    if (node.IsSequence() && node.size() == 0) yaml_.report(node, path, "expected at least one bound");
  }

  void read_capture(const Node& node, const Path& path) {
    CaptureConfig& out = config_.capture;
    yaml_.read_map(node, path,
                   {{"ring_bytes",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "a size such as \"4MiB\"", out.ring_bytes,
                                        [](const std::string& t) { return parse_ring_bytes(t); });
                     }},
                    {"max_connections", count(out.max_connections)},
                    {"attach",
                     [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "auto, tracepoint or fexit", out.attach,
                                        [](const std::string& t) { return parse_attach(t); });
                     }},
                    {"listing", [&](auto& n, auto& p) {
                       yaml_.read_value(n, p, "auto, storage or descriptors", out.listing,
                                        [](const std::string& t) { return parse_listing(t); });
                     }}});
  }

  void read_web(const Node& node, const Path& path) {
    WebConfig& out = config_.web;
    yaml_.read_map(
        node, path,
        {{"listen_address",
          checked(out.listen_address, "an address such as \":9765\"", check_listen_address)},
         {"telemetry_path", checked(out.telemetry_path, "a path such as \"/metrics\"", check_telemetry_path)},
         {"max_connections", count(out.max_connections)},
         {"max_requests",
          [&](auto& n, auto& p) {
            yaml_.read_value(n, p, "a whole number", out.max_requests,
                             [](const std::string& t) { return parse_number(t, 0, kMaxCount); });
          }},
         {"allowed_clients", [&](auto& n, auto& p) {
            out.allowed_clients.clear();
            yaml_.read_list(n, p, [&](auto& e, auto& ep) {
              yaml_.read_value(e, ep, "a range of addresses", out.allowed_clients.emplace_back(),
                               [](const std::string& t) { return IpRange::parse(t); });
            });
            if (n.IsSequence() && n.size() == 0)
              yaml_.report(n, p, "expected at least one range of addresses");
          }}});
  }

  void read_log(const Node& node, const Path& path) {
    LogConfig& out = config_.log;
    yaml_.read_map(node, path,
                   {{"level", checked(out.level, "debug, info, warn or error", check_log_level)},
                    {"format", checked(out.format, "logfmt or json", check_log_format)}});
  }

  void read_paths(const Node& node, const Path& path) {
    yaml_.read_map(node, path,
                   {{"procfs", [&](auto& n, auto& p) { config_.procfs = text(n, p, "a directory"); }},
                    {"cgroupfs", [&](auto& n, auto& p) { config_.cgroupfs = text(n, p, "a directory"); }},
                    {"btf", [&](auto& n, auto& p) { config_.capture.btf = text(n, p, "a file"); }}});
  }

  /// A text that may not be empty.
  std::string text(const Node& node, const Path& path, std::string_view expected) {
    const std::string* value = yaml_.scalar(node, path, expected);
    if (value == nullptr) return {};
    if (value->empty()) yaml_.report(node, path, "expected " + std::string(expected) + ", got \"\"");
    return *value;
  }

  std::function<void(const Node&, const Path&)> globs(std::vector<std::string>& out) {
    return [this, &out](const Node& node, const Path& path) {
      out.clear();
      yaml_.read_list(node, path,
                      [&](auto& e, auto& p) { out.push_back(text(e, p, "a pattern such as \"shop-*\"")); });
    };
  }

  std::function<void(const Node&, const Path&)> ports(std::vector<uint16_t>& out) {
    return [this, &out](const Node& node, const Path& path) {
      out.clear();
      yaml_.read_list(node, path, [&](auto& e, auto& p) {
        yaml_.read_value(e, p, "a port", out.emplace_back(),
                         [](const std::string& t) { return parse_number(t, 1, 65535); });
      });
    };
  }

  std::function<void(const Node&, const Path&)> users(std::vector<uint32_t>& out) {
    return [this, &out](const Node& node, const Path& path) {
      out.clear();
      yaml_.read_list(node, path, [&](auto& e, auto& p) {
        yaml_.read_value(e, p, "a user id", out.emplace_back(),
                         [](const std::string& t) { return parse_number(t, 0, std::numeric_limits<uint32_t>::max()); });
      });
    };
  }

  void check(const Node& node, const Path& path, const Result<>& result) {
    if (!result) yaml_.report(node, path, result.error().message);
  }

  std::function<void(const Node&, const Path&)> count(uint32_t& target, uint32_t least = 1) {
    return [this, &target, least](const Node& node, const Path& path) {
      yaml_.read_value(node, path, "a whole number", target,
                       [least](const std::string& t) { return parse_number(t, least, kMaxCount); });
    };
  }

  std::function<void(const Node&, const Path&)> checked(std::string& target, std::string_view expected,
                                                        Result<> (*check_text)(std::string_view)) {
    return [this, &target, expected, check_text](const Node& node, const Path& path) {
      const std::string* value = yaml_.scalar(node, path, expected);
      if (value == nullptr) return;
      check(node, path, check_text(*value));
      target = *value;
    };
  }

  YamlReader& yaml_;
  Config& config_;
};

}  // namespace

Result<Config> parse_config(std::string_view yaml, const std::string& file) {
  Config config;
  YamlReader reader(file);
  try {
    ConfigReader(reader, config).read(reader.load(yaml));
  } catch (const YAML::Exception& exception) {  // yaml-cpp throws on what is no YAML
    reader.report_at(exception.mark.line + 1, "not YAML: " + exception.msg);
  }
  std::string errors = reader.errors();
  if (!errors.empty()) return Error{std::move(errors)};
  return config;
}

Result<Config> load_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"cannot read the configuration " + path + ": " + std::strerror(errno)};
  std::string text(kMaxConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error{"cannot read the configuration " + path + ": " + std::strerror(errno)};
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxConfigBytes) {
    return Error{"cannot read the configuration " + path + ": it is longer than 1 MiB"};
  }
  return parse_config(text, path);
}

}  // namespace sockwatch
