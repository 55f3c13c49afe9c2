#include "attribution/docker_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "util/fd.h"

namespace sockwatch {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

// Whether `fd` became readable in time.
bool wait_for(int fd, int cancel_fd, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (left <= 0) return false;
  std::array<pollfd, 2> fds = {
      {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = cancel_fd, .events = POLLIN, .revents = 0}}};
  return poll(fds.data(), fds.size(), static_cast<int>(left)) > 0 && fds[1].revents == 0;
}

// Everything up to the end of the connection.
std::optional<std::string> read_answer(int fd, const EngineQuestion& question) {
  std::string answer;
  std::array<char, 16384> buffer;
  while (Clock::now() < question.deadline) {
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n == 0) return answer;
    if (n > 0) {
      answer.append(buffer.data(), static_cast<size_t>(n));
      if (answer.size() > EngineQuestion::kMaxAnswer) return std::nullopt;
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, question.cancel_fd, question.deadline))) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// "HTTP/1.0 200 OK" -> 200; 0: no HTTP.
int status_of(std::string_view answer) {
  constexpr std::string_view version = "HTTP/1.";
  constexpr size_t code = version.size() + 2;
  if (!answer.starts_with(version) || answer.size() < code + 3 || answer[code - 1] != ' ') return 0;
  int status = 0;
  for (const char digit : answer.substr(code, 3)) {
    if (digit < '0' || digit > '9') return 0;
    status = status * 10 + (digit - '0');
  }
  return status;
}

std::string text_at(const json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>().substr(0, EngineQuestion::kMaxText);
}

bool read_container(std::string_view body, const std::vector<std::string>& wanted, ContainerInfo& info) {
  const json container = json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!container.is_object()) return false;
  info.name = text_at(container, "Name");
  if (info.name.starts_with('/')) info.name.erase(0, 1);
  if (info.name.empty()) return false;
  const auto config = container.find("Config");
  if (config == container.end() || !config->is_object()) return true;
  info.image = text_at(*config, "Image");
  const auto labels = config->find("Labels");
  if (labels == config->end() || !labels->is_object()) return true;
  for (const std::string& key : wanted)
    if (labels->contains(key)) info.labels[key] = text_at(*labels, key);
  return true;
}

}  // namespace

EngineAnswer EngineQuestion::ask(ContainerInfo& info) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof(address.sun_path)) return EngineAnswer::absent;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return EngineAnswer::unanswered;
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return errno == ENOENT ? EngineAnswer::absent : EngineAnswer::unanswered;

  // HTTP/1.0: the answer is not chunked and ends with the connection.
  const std::string request = "GET /containers/" + id + "/json HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return EngineAnswer::unanswered;
  const std::optional<std::string> answer = read_answer(fd.get(), *this);
  if (!answer) return EngineAnswer::unanswered;
  const int status = status_of(*answer);
  if (status == 404) return EngineAnswer::absent;
  const size_t head_end = answer->find("\r\n\r\n");
  if (status != 200 || head_end == std::string::npos) return EngineAnswer::unanswered;
  return read_container(std::string_view(*answer).substr(head_end + 4), labels, info)
             ? EngineAnswer::found
             : EngineAnswer::unanswered;
}

}  // namespace sockwatch
