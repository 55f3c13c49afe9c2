// Asks a container engine that speaks Docker's API (Docker, podman) what a container is.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

struct ContainerInfo {
  std::string name;
  std::string image;
  std::map<std::string, std::string> labels;  ///< those that somebody wants to know
};

/// The label by which the kubelet names a container to its engine.
inline constexpr const char* kKubernetesNameLabel = "io.kubernetes.container.name";

enum class EngineAnswer {
  found,
  absent,      ///< the engine knows no such container, or there is no engine
  unanswered,  ///< refused, too late, too long, or not what an engine says
};

/// One question over one connection.
struct EngineQuestion {
  static constexpr size_t kMaxAnswer = 1 << 20;  ///< bytes, head included
  static constexpr size_t kMaxText = 1024;       ///< bytes kept of a name, an image, a label's value

  std::string socket;               ///< path
  std::string id;                   ///< of the container: hexadecimal digits
  std::vector<std::string> labels;  ///< wanted
  std::chrono::steady_clock::time_point deadline;
  int cancel_fd = -1;  ///< gives up when readable; -1: none

  /// Blocks until the answer has come or the deadline has passed. Safe from any thread.
  EngineAnswer ask(ContainerInfo& info) const;
};

}  // namespace sockwatch
