#include "attribution/engine_questions.h"

#include "attribution/compose_names.h"
#include "attribution/docker_client.h"

namespace sockwatch {

std::vector<std::string> engine_sockets(const AttributionConfig& config) {
  constexpr const char* podman = "/run/podman/podman.sock";
  if (config.docker_socket.empty()) return {};
  return {config.docker_socket, podman};
}

std::vector<std::string> wanted_labels(const AttributionConfig& config) {
  std::vector<std::string> labels = compose_labels();
  labels.emplace_back(kKubernetesNameLabel);
  for (const ServiceRule& rule : config.rules)
    if (!rule.container_label.empty())
      labels.push_back(rule.container_label.substr(0, rule.container_label.find('=')));
  return labels;
}

}  // namespace sockwatch
