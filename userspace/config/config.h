// The whole configuration as a plain struct. Defaults are here and nowhere else.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/ip_range.h"

namespace sockwatch {

/// Names a service by what its process is. Every field that is set must match (all of them together).
struct ServiceRule {
  std::string service;                   ///< the name to give
  std::string exe;                       ///< glob on the executable's path
  std::string args;                      ///< glob on the command line, arguments joined by a space
  std::string unit;                      ///< glob on the systemd unit
  std::string cgroup;                    ///< glob on the cgroup path
  std::string container_name;            ///< glob
  std::string container_image;           ///< glob
  std::string container_label;           ///< "key=glob"
  std::vector<uint16_t> ports;           ///< local listening ports, any of them
  std::vector<uint32_t> users;           ///< real user ids, any of them
};

struct AttributionConfig {
  std::vector<ServiceRule> rules;                          ///< first match wins
  std::vector<std::string> service_env = {"OTEL_SERVICE_NAME", "SERVICE_NAME"};
  std::string docker_socket = "/var/run/docker.sock";      ///< empty: never asked
};

/// What connections are like. Every list holds patterns of which one must match; ports are those of either end.
struct ConnectionList {
  std::vector<std::string> services;  ///< globs
  std::vector<uint16_t> ports;
  std::vector<std::string> cgroups;   ///< globs on the cgroup path

  bool empty() const { return services.empty() && ports.empty() && cgroups.empty(); }
};

/// Which connections are counted: those that the first list knows, or all where it is empty, without those of the second.
struct FilterConfig {
  ConnectionList include;
  ConnectionList exclude;
};

struct RoutesConfig {
  /// Templates such as "/users/{user}/orders/{id}", tried in this order before anything is guessed. "{x}" matches one
  /// path segment; a last segment of "*" matches all that follows.
  std::vector<std::string> patterns;
  uint32_t max_children = 50;          ///< distinct values of one position before it collapses into "{var}"
  uint32_t max_nodes = 5000;           ///< of a service's trie; a path beyond it is "_overflow"
  uint32_t max_segments = 16;          ///< segments kept of a path; the rest becomes "*"
  uint32_t max_length = 128;           ///< bytes of a template that is guessed; the rest becomes "*"
};

/// Which names metrics have: the classic ones, those of OpenTelemetry's semantic conventions, or each its own of both.
enum class NamingMode : uint8_t { classic, otel, both };

struct MetricsConfig {
  NamingMode naming = NamingMode::classic;
  std::vector<double> duration_buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                          0.25,  0.5,    1,     2.5,  5,     10};  ///< seconds, ascending
  std::map<std::string, std::string> labels;        ///< that every series gets: for the host, the cluster...
  /// What the User-Agent of those begins with who store what they scrape: to them a new series shows 0 once.
  std::vector<std::string> born_at_zero = {"Prometheus", "vm_promscrape", "vmagent", "Alloy", "GrafanaAgent", "otelcol",
                                           "opentelemetry-collector"};
  uint32_t max_series = 1000;                       ///< per metric and service; beyond it path="_overflow"
  uint32_t max_total_lines = 50'000;                ///< of the page, all services together; beyond it _overflow
  uint32_t max_services = 1000;                     ///< beyond it service="_overflow"
  std::chrono::seconds expire_after{300};           ///< series of a service none of whose processes lives
};

/// Where the programs see sends and receives; see docs/architecture.md.
enum class AttachMode : uint8_t {
  automatic,   ///< by tracepoints where the kernel has them, else by fexit
  tracepoint,  ///< at the socket layer's tracepoints
  fexit,       ///< at the return of the functions that those stand behind
};

/// How the sockets of the host are listed; see docs/architecture.md.
enum class ListingMode : uint8_t {
  automatic,    ///< by storage where the kernel lets it be, else by descriptors
  storage,      ///< all sockets that have a state
  descriptors,  ///< those that processes have descriptors of
};

struct CaptureConfig {
  uint32_t ring_bytes = 4 * 1024 * 1024;            ///< of all CPUs' rings; see capture/ring_layout.h
  uint32_t max_connections = 65536;                 ///< tracked at once in userspace
  AttachMode attach = AttachMode::automatic;
  ListingMode listing = ListingMode::automatic;
  std::string btf;                                  ///< file with the kernel's types; empty: the kernel's own. paths.btf
};

struct WebConfig {
  std::string listen_address = ":9765";
  std::string telemetry_path = "/metrics";
  uint32_t max_connections = 64;                    ///< at once; more are turned away
  uint32_t max_requests = 40;                       ///< answered at once; 503 to more. 0: no bound of their own
  std::vector<IpRange> allowed_clients = everybody();  ///< others are closed before a byte is read
  std::string config_file;                          ///< TLS, users, header fields; empty: none
  bool enable_lifecycle = false;                    ///< POST /-/reload reads the configuration anew

  bool operator==(const WebConfig&) const = default;
};

struct LogConfig {
  std::string level = "info";                       ///< debug, info, warn, error
  std::string format = "logfmt";                    ///< logfmt, json
};

struct Config {
  AttributionConfig attribution;
  FilterConfig filter;
  RoutesConfig routes;
  MetricsConfig metrics;
  CaptureConfig capture;
  WebConfig web;
  LogConfig log;
  std::string procfs = "/proc";
  std::string cgroupfs = "/sys/fs/cgroup";
};

}  // namespace sockwatch
