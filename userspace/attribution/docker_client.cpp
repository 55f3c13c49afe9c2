#include "attribution/docker_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "util/fd.h"

namespace sockwatch {
namespace {

using Clock = std::chrono::steady_clock;

bool wait_for(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd p{.fd = fd, .events = events, .revents = 0};
  return left > 0 && poll(&p, 1, static_cast<int>(left)) == 1;
}

Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return Fd();
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return Fd();
  return fd;
}

std::string string_at(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

const ContainerInfo* DockerClient::inspect(const std::string& id) {
  if (const auto it = known_.find(id); it != known_.end()) return &it->second;
  if (Clock::now() < quiet_until_) return nullptr;
  for (const std::string& socket : sockets_) {
    ContainerInfo info;
    if (!ask(socket, id, info)) continue;
    if (known_.size() >= kMaxCached) known_.clear();
    return &(known_[id] = std::move(info));
  }
  quiet_until_ = Clock::now() + kBackOff;
  return nullptr;
}

bool DockerClient::ask(const std::string& socket, const std::string& id, ContainerInfo& info) {
  const Clock::time_point deadline = Clock::now() + kDeadline;
  const Fd fd = connect_to(socket);
  if (!fd) return false;
  const std::string request = "GET /containers/" + id + "/json HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return false;

  std::string answer;
  for (;;) {
    char buffer[16384];
    const ssize_t n = recv(fd.get(), buffer, sizeof(buffer), 0);
    if (n == 0) break;
    if (n > 0) {
      answer.append(buffer, static_cast<size_t>(n));
      if (answer.size() > kMaxAnswer) return false;
    } else if (errno != EAGAIN || !wait_for(fd.get(), POLLIN, deadline)) {
      return false;
    }
    if (Clock::now() > deadline) return false;
  }
  const size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos || answer.find(" 200 ") > answer.find('\r')) return false;
  const nlohmann::json json = nlohmann::json::parse(answer.begin() + static_cast<long>(body) + 4, answer.end(), nullptr, false);
  info.name = string_at(json, "Name");
  if (info.name.starts_with('/')) info.name.erase(0, 1);
  if (info.name.empty()) return false;
  if (const auto config = json.find("Config"); config != json.end()) {
    info.image = string_at(*config, "Image");
    if (config->is_object() && config->contains("Labels") && (*config)["Labels"].is_object())
      for (const auto& [key, value] : (*config)["Labels"].items())
        if (value.is_string()) info.labels[key] = value.get<std::string>();
  }
  return true;
}

}  // namespace sockwatch
