#include "config/reload.h"

namespace sockwatch {

Reloaded reload(const Config& running, const Config& fresh) {
  Reloaded out{.config = running, .pending = {}};
  Config& config = out.config;
  config.attribution.rules = fresh.attribution.rules;
  config.attribution.service_env = fresh.attribution.service_env;
  config.filter = fresh.filter;
  config.routes.patterns = fresh.routes.patterns;
  config.metrics.labels = fresh.metrics.labels;
  config.metrics.expire_after = fresh.metrics.expire_after;
  config.log = fresh.log;

  const auto note = [&](bool same, const char* key) {
    if (!same) out.pending.emplace_back(key);
  };
  note(running.attribution.docker_socket == fresh.attribution.docker_socket, "attribution.docker_socket");
  note(running.routes.max_children == fresh.routes.max_children, "routes.max_children");
  note(running.routes.max_nodes == fresh.routes.max_nodes, "routes.max_nodes");
  note(running.routes.max_segments == fresh.routes.max_segments, "routes.max_segments");
  note(running.routes.max_length == fresh.routes.max_length, "routes.max_length");
  note(running.metrics.naming == fresh.metrics.naming, "metrics.naming");
  note(running.metrics.duration_buckets == fresh.metrics.duration_buckets, "metrics.duration_buckets");
  note(running.metrics.born_at_zero == fresh.metrics.born_at_zero, "metrics.born_at_zero");
  note(running.metrics.max_series == fresh.metrics.max_series, "metrics.max_series");
  note(running.metrics.max_total_lines == fresh.metrics.max_total_lines, "metrics.max_total_lines");
  note(running.metrics.max_services == fresh.metrics.max_services, "metrics.max_services");
  note(running.capture.ring_bytes == fresh.capture.ring_bytes, "capture.ring_bytes");
  note(running.capture.max_connections == fresh.capture.max_connections, "capture.max_connections");
  note(running.capture.attach == fresh.capture.attach, "capture.attach");
  note(running.capture.listing == fresh.capture.listing, "capture.listing");
  note(running.web == fresh.web, "web");
  note(running.procfs == fresh.procfs && running.cgroupfs == fresh.cgroupfs && running.capture.btf == fresh.capture.btf, "paths");
  return out;
}

}  // namespace sockwatch
