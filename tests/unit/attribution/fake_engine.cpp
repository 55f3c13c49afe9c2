#include "fake_engine.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace sockwatch {
namespace {

std::string id_in(const std::string& request) {
  const std::string before = "GET /containers/";
  const size_t end = request.find("/json HTTP/1.0\r\n");
  return request.starts_with(before) && end != std::string::npos
             ? request.substr(before.size(), end - before.size())
             : "";
}

}  // namespace

FakeEngine::FakeEngine(Answer answer) {
  char folder[] = "/tmp/sockwatch-engine-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("no folder for a socket");
  folder_ = folder;
  path_ = folder_ + "/docker.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.c_str(), path_.size());
  listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_.get(), 16) != 0)
    throw std::runtime_error("no socket");
  stop_ = Fd(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
}

FakeEngine::~FakeEngine() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
  std::filesystem::remove_all(folder_);
}

void FakeEngine::serve(Answer answer) {
  std::vector<Fd> silent;  // kept open
  while (true) {
    pollfd fds[2] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                     {.fd = stop_.get(), .events = POLLIN, .revents = 0}};
    poll(fds, 2, -1);
    if (fds[1].revents != 0) return;
    Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = recv(connection.get(), buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      request.append(buffer, static_cast<size_t>(n));
    }
    ++questions_;
    const std::string bytes = answer(id_in(request));
    if (bytes.empty()) silent.push_back(std::move(connection));
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = send(connection.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<size_t>(n);
    }
  }
}

std::string container_answer(const std::string& name, const std::string& image, const std::string& labels) {
  return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"x\",\"Name\":\"/" + name +
         "\",\"Config\":{\"Hostname\":\"h\",\"Image\":\"" + image + "\",\"Labels\":" + labels + "}}\n";
}

std::string no_such_container() {
  return "HTTP/1.0 404 Not Found\r\nContent-Type: application/json\r\n\r\n{\"message\":\"No such container: "
         "x\"}\n";
}

}  // namespace sockwatch
