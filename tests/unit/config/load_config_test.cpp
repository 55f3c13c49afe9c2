#include "config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Config parsed(std::string_view yaml) {
  Result<Config> config = parse_config(yaml, "test.yml");
  EXPECT_TRUE(config) << config.error().message;
  return config ? std::move(config).value() : Config{};
}

std::vector<std::string> errors(std::string_view yaml) {
  const Result<Config> config = parse_config(yaml, "test.yml");
  if (config) return {};
  std::vector<std::string> lines;
  std::istringstream text(config.error().message);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

void expect_defaults(const Config& config) {
  const Config defaults;
  EXPECT_TRUE(config.attribution.rules.empty());
  EXPECT_EQ(config.attribution.service_env, defaults.attribution.service_env);
  EXPECT_EQ(config.attribution.docker_socket, defaults.attribution.docker_socket);
  EXPECT_TRUE(config.filter.include.empty() && config.filter.exclude.empty());
  EXPECT_EQ(config.metrics.labels, defaults.metrics.labels);
  EXPECT_EQ(config.routes.patterns, defaults.routes.patterns);
  EXPECT_EQ(config.routes.max_children, defaults.routes.max_children);
  EXPECT_EQ(config.routes.max_nodes, defaults.routes.max_nodes);
  EXPECT_EQ(config.routes.max_segments, defaults.routes.max_segments);
  EXPECT_EQ(config.routes.max_length, defaults.routes.max_length);
  EXPECT_EQ(config.metrics.naming, defaults.metrics.naming);
  EXPECT_EQ(config.metrics.duration_buckets, defaults.metrics.duration_buckets);
  EXPECT_EQ(config.metrics.max_series, defaults.metrics.max_series);
  EXPECT_EQ(config.metrics.max_services, defaults.metrics.max_services);
  EXPECT_EQ(config.metrics.expire_after, defaults.metrics.expire_after);
  EXPECT_EQ(config.capture.ring_bytes, defaults.capture.ring_bytes);
  EXPECT_EQ(config.capture.max_connections, defaults.capture.max_connections);
  EXPECT_EQ(config.web.listen_address, defaults.web.listen_address);
  EXPECT_EQ(config.web.telemetry_path, defaults.web.telemetry_path);
  EXPECT_EQ(config.web.max_connections, defaults.web.max_connections);
  EXPECT_EQ(config.web.max_requests, defaults.web.max_requests);
  EXPECT_EQ(config.web.allowed_clients, defaults.web.allowed_clients);
  EXPECT_EQ(config.log.level, defaults.log.level);
  EXPECT_EQ(config.log.format, defaults.log.format);
  EXPECT_EQ(config.procfs, defaults.procfs);
  EXPECT_EQ(config.cgroupfs, defaults.cgroupfs);
}

std::string sample_text() {
  std::ifstream file(SOCKWATCH_SAMPLE_CONFIG);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The keys of a map, told by the report of a wrong one.
std::vector<std::string> keys_of(const std::string& wrong) {
  const std::vector<std::string> reports = errors(wrong);
  std::vector<std::string> keys;
  if (reports.size() != 1) return keys;
  std::istringstream names(reports[0].substr(reports[0].find("one of ") + 7));
  for (std::string name; std::getline(names >> std::ws, name, ',');) keys.push_back(name);
  return keys;
}

/// Every key that holds a value, with its path.
std::vector<std::string> every_key() {
  std::vector<std::string> all;
  for (const std::string& section : keys_of("no_such_key: 1"))
    for (const std::string& key : keys_of(section + ": {no_such_key: 1}")) {
      const std::vector<std::string> inner = section == "filter" ? keys_of("filter: {" + key + ": {no_such_key: 1}}")
                                                                  : std::vector<std::string>();
      if (inner.empty()) all.push_back(section + "." + key);
      for (const std::string& name : inner) all.push_back(section + "." + key + "." + name);
    }
  EXPECT_GT(all.size(), 20u);
  return all;
}

TEST(LoadConfig, TheSampleHoldsTheDefaults) {
  const Result<Config> config = load_config(SOCKWATCH_SAMPLE_CONFIG);
  ASSERT_TRUE(config) << config.error().message;
  expect_defaults(config.value());
}

TEST(LoadConfig, TheSampleWithEverySettingSwitchedOnHoldsTheDefaults) {
  const std::string text = std::regex_replace(sample_text(), std::regex("(^|\n)( *)#(?=[^ \n])"), "$1$2");
  EXPECT_THAT(text, HasSubstr("\n  expire_after: 5m\n"));
  expect_defaults(parsed(text));
}

TEST(LoadConfig, TheSampleNamesEveryKey) {
  // Each section is asked for its keys by way of a wrong one; all of them must stand in the sample.
  const std::string sample = sample_text();
  for (const std::string& key : every_key())
    EXPECT_THAT(sample, HasSubstr("  #" + key.substr(key.rfind('.') + 1) + ":")) << key;
}

TEST(LoadConfig, ThePageExplainsEveryKeyAndNoOther) {
  std::ifstream file(SOCKWATCH_CONFIGURATION_PAGE);
  std::ostringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  std::vector<std::string> explained;
  const std::regex row("\n\\| `([a-z_.]+)` \\|[^\n]*\\| (reload|start) \\|(?=\n)");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), row); it != std::sregex_iterator(); ++it)
    explained.push_back((*it)[1]);
  EXPECT_THAT(explained, testing::UnorderedElementsAreArray(every_key()));
}

TEST(LoadConfig, Filter) {
  const Config config = parsed(
      "filter: {include: {services: [shop-*], ports: [80, 8080]}, exclude: {cgroups: [/backup.slice/*], ports: [9100]}}");
  EXPECT_THAT(config.filter.include.services, ElementsAre("shop-*"));
  EXPECT_THAT(config.filter.include.ports, ElementsAre(80, 8080));
  EXPECT_THAT(config.filter.exclude.cgroups, ElementsAre("/backup.slice/*"));
  EXPECT_THAT(config.filter.exclude.ports, ElementsAre(9100));
  EXPECT_THAT(errors("filter: {exclude: {ports: [0]}}"), ElementsAre(HasSubstr("filter.exclude.ports")));
  EXPECT_THAT(errors("filter: {exclude: {services: [\"\"]}}"), ElementsAre(HasSubstr("filter.exclude.services")));
}

TEST(LoadConfig, ConstantLabels) {
  EXPECT_THAT(parsed("metrics: {labels: {cluster: eu-1, zone: b}}").metrics.labels,
              ElementsAre(testing::Pair("cluster", "eu-1"), testing::Pair("zone", "b")));
  for (const char* wrong : {"path", "le", "service_name", "__name", "9lives", "a-b", "\"\""})
    EXPECT_THAT(errors("metrics: {labels: {" + std::string(wrong) + ": x}}"), ElementsAre(HasSubstr("metrics.labels")))
        << wrong;
  EXPECT_THAT(errors("metrics: {labels: [a]}"), ElementsAre(HasSubstr("a map of labels")));
  EXPECT_THAT(errors("metrics: {labels: {a: 1, a: 2}}"), ElementsAre(HasSubstr("second time")));
}

TEST(LoadConfig, EveryKeyIsRead) {
  const Config config = parsed(R"(
attribution:
  rules:
    - service: shop
      exe: /usr/bin/python3*
      args: "*shop*"
      unit: shop.service
      cgroup: /system.slice/*
      container_name: shop-*
      container_image: registry/shop:*
      container_label: app=shop*
      users: [0, 991]
      ports: [8080, 8443]
    - {service: other, exe: /bin/other}
  service_env: [MY_NAME]
  docker_socket: ""
routes:
  patterns: ["/users/{user}", "/static/*"]
  max_children: 7
  max_nodes: 8
  max_segments: 9
  max_length: 100
metrics:
  naming: both
  duration_buckets: [0.5, 1, 1e1]
  max_series: 10
  born_at_zero: [MyScraper]
  max_services: 11
  max_total_lines: 1200
  expire_after: 1h30m
capture: {ring_bytes: 64KiB, max_connections: 12}
web: {listen_address: "[::1]:0", telemetry_path: /m, max_connections: 13, max_requests: 0, allowed_clients: [10.0.0.0/8, "::1"]}
log: {level: debug, format: json}
paths: {procfs: /host/proc, cgroupfs: /host/cgroup, btf: /host/btf}
)");
  ASSERT_EQ(config.attribution.rules.size(), 2u);
  const ServiceRule& rule = config.attribution.rules[0];
  EXPECT_EQ(rule.service, "shop");
  EXPECT_EQ(rule.exe, "/usr/bin/python3*");
  EXPECT_EQ(rule.args, "*shop*");
  EXPECT_EQ(rule.unit, "shop.service");
  EXPECT_EQ(rule.cgroup, "/system.slice/*");
  EXPECT_EQ(rule.container_name, "shop-*");
  EXPECT_EQ(rule.container_image, "registry/shop:*");
  EXPECT_EQ(rule.container_label, "app=shop*");
  EXPECT_THAT(rule.users, ElementsAre(0u, 991u));
  EXPECT_THAT(rule.ports, ElementsAre(8080, 8443));
  EXPECT_EQ(config.attribution.rules[1].service, "other");
  EXPECT_THAT(config.attribution.service_env, ElementsAre("MY_NAME"));
  EXPECT_EQ(config.attribution.docker_socket, "");
  EXPECT_THAT(config.routes.patterns, ElementsAre("/users/{user}", "/static/*"));
  EXPECT_EQ(config.routes.max_children, 7u);
  EXPECT_EQ(config.routes.max_nodes, 8u);
  EXPECT_EQ(config.routes.max_segments, 9u);
  EXPECT_EQ(config.routes.max_length, 100u);
  EXPECT_EQ(config.metrics.naming, NamingMode::both);
  EXPECT_THAT(config.metrics.duration_buckets, ElementsAre(0.5, 1, 10));
  EXPECT_EQ(config.metrics.max_series, 10u);
  EXPECT_THAT(config.metrics.born_at_zero, testing::ElementsAre("MyScraper"));
  EXPECT_EQ(config.metrics.max_services, 11u);
  EXPECT_EQ(config.metrics.max_total_lines, 1200u);
  EXPECT_EQ(config.metrics.expire_after, std::chrono::seconds(5400));
  EXPECT_EQ(config.capture.ring_bytes, 65536u);
  EXPECT_EQ(config.capture.max_connections, 12u);
  EXPECT_EQ(config.web.listen_address, "[::1]:0");
  EXPECT_EQ(config.web.telemetry_path, "/m");
  EXPECT_EQ(config.web.max_connections, 13u);
  EXPECT_EQ(config.web.max_requests, 0u);
  EXPECT_THAT(config.web.allowed_clients,
              ElementsAre(IpRange::parse("10.0.0.0/8").value(), IpRange::parse("::1/128").value()));
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.log.format, "json");
  EXPECT_EQ(config.procfs, "/host/proc");
  EXPECT_EQ(config.cgroupfs, "/host/cgroup");
  EXPECT_EQ(config.capture.btf, "/host/btf");
}

TEST(LoadConfig, AnEmptyFileAndEmptySectionsAreTheDefaults) {
  expect_defaults(parsed(""));
  expect_defaults(parsed("# nothing\n"));
  expect_defaults(parsed("web:\nlog:\n"));
}

TEST(LoadConfig, EverythingWrongIsReportedAtOnceWithItsLine) {
  EXPECT_THAT(
      errors(R"(web:
  listen_adress: ":1"
  max_connections: [1]
metrics:
  expire_after: soon
  max_series: 0
log:
  level: loud
  level: info
capture: 7
)"),
      ElementsAre(
          "test.yml:2: web.listen_adress: unknown key; expected one of listen_address, telemetry_path, "
          "max_connections, max_requests, allowed_clients",
          "test.yml:3: web.max_connections: expected a whole number, got a list",
          "test.yml:5: metrics.expire_after: expected a duration from 1s to ten years such as \"30s\", \"5m\" or \"1h30m\", got "
          "\"soon\"",
          "test.yml:6: metrics.max_series: expected a whole number from 1 to 4294967295, got \"0\"",
          "test.yml:8: log.level: expected debug, info, warn or error, got \"loud\"",
          "test.yml:9: log.level: the key stands here for the second time; expected it once",
          "test.yml:10: capture: expected a map with the keys ring_bytes, max_connections, attach, listing, got \"7\""));
}

TEST(LoadConfig, WrongValues) {
  const auto one = [](std::string_view yaml) {
    const std::vector<std::string> all = errors(yaml);
    EXPECT_EQ(all.size(), 1u) << yaml << (all.size() > 1 ? all[1] : "");
    return all.empty() ? std::string() : all[0];
  };
  EXPECT_THAT(one("metrics: {naming: OTel}"), HasSubstr("expected classic, otel or both, got \"OTel\""));
  EXPECT_THAT(one("metrics: {duration_buckets: [1, 0.5]}"),
              HasSubstr("duration_buckets[1]: expected a bound above"));
  EXPECT_THAT(one("metrics: {duration_buckets: []}"), HasSubstr("at least one bound"));
  EXPECT_THAT(one("metrics: {duration_buckets: [.inf]}"), HasSubstr("above 0"));
  EXPECT_THAT(one("metrics: {duration_buckets: [0]}"), HasSubstr("above 0"));
  EXPECT_THAT(one("metrics: {duration_buckets: 1}"), HasSubstr("expected a list"));
  EXPECT_THAT(one("metrics: {max_series: 4294967296}"), HasSubstr("4294967295"));
  EXPECT_THAT(one("capture: {ring_bytes: 4MB}"), HasSubstr("4MiB"));
  EXPECT_THAT(one("web: {telemetry_path: /}"), HasSubstr("/metrics"));
  EXPECT_THAT(one("web: {listen_address: 9765}"), HasSubstr(":9765"));
  EXPECT_THAT(one("web: {allowed_clients: [10.0.0.1/8]}"), HasSubstr("allowed_clients[0]: expected a range whose"));
  EXPECT_THAT(one("web: {allowed_clients: []}"), HasSubstr("at least one range"));
  EXPECT_THAT(one("web: {allowed_clients: localhost}"), HasSubstr("expected a list"));
  EXPECT_THAT(one("log: {format: }"), HasSubstr("got nothing"));
  EXPECT_THAT(one("paths: {procfs: ''}"), HasSubstr("a directory"));
  EXPECT_THAT(one("routes: {patterns: [users]}"), HasSubstr("patterns[0]"));
  EXPECT_THAT(one("routes: {patterns: [{a: b}]}"), HasSubstr("got a map"));
  EXPECT_THAT(one("attribution: {service_env: [A=B]}"), HasSubstr("without \"=\""));
  EXPECT_THAT(one("attribution: {rules: [{service: a}]}"), HasSubstr("at least one condition"));
  EXPECT_THAT(one("attribution: {rules: [{exe: a}]}"), HasSubstr("the name to give"));
  EXPECT_THAT(one("attribution: {rules: [{service: a, ports: [0]}]}"), HasSubstr("ports[0]"));
  EXPECT_THAT(one("attribution: {rules: [{service: a, container_label: x}]}"), HasSubstr("key=pattern"));
  EXPECT_THAT(one("attribution: {rules: [{service: a, users: [root]}]}"), HasSubstr("a whole number"));
  EXPECT_THAT(one("{[1]: 2}"), HasSubstr("expected a key"));
  EXPECT_THAT(one("- 1"), HasSubstr("expected a map"));
  EXPECT_THAT(one("web: {}\n---\nlog: {}\n"), HasSubstr("second document"));
  EXPECT_THAT(one(", web: {}"), HasSubstr("what belongs to none"));
  EXPECT_THAT(one("{\"a\\nb\": 1}"), HasSubstr("a b: unknown key"));
  EXPECT_THAT(one("web: {\n"), HasSubstr("not YAML"));
  EXPECT_THAT(one("a: &x [*x]"), HasSubstr("unknown key"));
}

TEST(LoadConfig, AFileThatCannotBeRead) {
  EXPECT_THAT(load_config("/nonexistent/sockwatch.yml").error().message, HasSubstr("No such file"));
  EXPECT_THAT(load_config("/").error().message, HasSubstr("Is a directory"));
  EXPECT_THAT(load_config("/dev/zero").error().message, HasSubstr("longer than 1 MiB"));
}

}  // namespace
}  // namespace sockwatch
