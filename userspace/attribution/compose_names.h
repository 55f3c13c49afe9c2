// Names of what Compose and Swarm started: a service's, not that of each of its containers.
//
// One thread. Bounded: kMaxServices; beyond them every name holds its project.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/docker_client.h"

namespace sockwatch {

struct ComposeService {
  std::string project;  ///< or Swarm's stack; empty: Swarm's service without one
  std::string service;
};

/// The labels that tell it.
std::vector<std::string> compose_labels();
/// Nothing: neither started the container, or somebody gave it a name of its own.
std::optional<ComposeService> compose_service(const ContainerInfo& container);

class ComposeNames {
 public:
  static constexpr size_t kMaxServices = 1024;

  /// The service's name; "project/service" once two projects of this host have one of that name.
  std::string name(const ComposeService& service);
  /// Names given before that hold their project from now on, each told once.
  std::vector<std::string> take_contested();

 private:
  struct Known {
    std::string project;
    bool contested = false;
  };
  std::unordered_map<std::string, Known> services_;
  std::vector<std::string> contested_;
};

}  // namespace sockwatch
