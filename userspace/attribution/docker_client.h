// Asks a container engine (Docker, podman) for a container's name over its socket.
//
// One thread. Each question may block for kDeadline at most; after a failure none is asked for kBackOff, so that a dead engine
// costs the pipeline next to nothing. Answers are kept, kMaxCached at most.
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
  std::map<std::string, std::string> labels;
};

class DockerClient {
 public:
  static constexpr std::chrono::milliseconds kDeadline{200};
  static constexpr std::chrono::seconds kBackOff{30};
  static constexpr size_t kMaxCached = 4096;
  static constexpr size_t kMaxAnswer = 1 << 20;

  explicit DockerClient(std::vector<std::string> sockets) : sockets_(std::move(sockets)) {}

  /// Null: not known (no engine, no such container, no answer in time).
  const ContainerInfo* inspect(const std::string& id);

 private:
  bool ask(const std::string& socket, const std::string& id, ContainerInfo& info);

  std::vector<std::string> sockets_;
  std::map<std::string, ContainerInfo> known_;
  std::chrono::steady_clock::time_point quiet_until_{};
};

}  // namespace sockwatch
