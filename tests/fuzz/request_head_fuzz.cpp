// What a client sends to the metrics endpoint: read strictly, within bounds, and the same however it is cut.
//
// Input: one byte, which says where to cut, and what the client sends.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/scrape_connection.h"
#include "exposition/request_head.h"
#include "require.h"

namespace sockwatch {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

struct Heard {
  std::vector<std::string> requests;
  std::string answers;
  bool operator==(const Heard&) const = default;
};

void check_head(const RequestHead& head) {
  REQUIRE(!head.method.empty());
  REQUIRE(head.path.find_first_of("?# \r\n\t") == std::string::npos);
  REQUIRE(head.authorization.find_first_of("\r\n") == std::string::npos);
}

void empty_into(int fd, std::string& out) {
  char buffer[65536];
  for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) out.append(buffer, static_cast<size_t>(got));
}

Heard converse(std::string_view said, size_t piece) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  const Fd client(ends[0]);
  ServerLimits limits;
  limits.max_head_bytes = 512;
  limits.max_requests = 8;
  RefusalCounts refusals;
  const ScrapeConnection::Clock::time_point now{};
  ScrapeConnection connection(Fd(ends[1]), limits, refusals, now, std::make_shared<const WebAccess>());
  Heard heard;
  const auto answer_all = [&] {
    while (const std::optional<RequestHead> head = connection.take_request()) {
      check_head(*head);
      heard.requests.push_back(head->method + " " + head->path + (connection.closes_after_answer() ? " close" : ""));
      connection.respond(std::make_shared<const std::string>(kAnswer), now);
    }
    empty_into(client.get(), heard.answers);
  };
  const auto open = [&] { return connection.state() != ScrapeConnection::State::closed; };
  while (!said.empty() && open()) {
    const ssize_t sent = ::send(client.get(), said.data(), std::min(piece, said.size()), MSG_NOSIGNAL);
    REQUIRE(sent > 0);
    said.remove_prefix(static_cast<size_t>(sent));
    for (int pending = 1; open() && pending > 0;) {
      connection.on_ready(now);
      answer_all();
      pending = 0;
      char byte;
      if (open() && ::recv(connection.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1) pending = 1;
    }
  }
  REQUIRE(heard.requests.size() <= limits.max_requests);
  while (open() && connection.deadline() != ScrapeConnection::Clock::time_point::max()) {
    connection.on_deadline(connection.deadline());
    answer_all();
  }
  REQUIRE(!open());
  empty_into(client.get(), heard.answers);
  return heard;
}

void run(uint8_t cut, std::string_view bytes) {
  const size_t end = find_head_end(bytes);
  // However much came at a time, the end is found where it is.
  size_t found = std::string_view::npos;
  for (size_t seen = 0, next = 0; seen < bytes.size() && found == std::string_view::npos; seen = next) {
    next = std::min<size_t>(bytes.size(), seen + cut % 7 + 1);
    found = find_head_end(bytes.substr(0, next), seen);
  }
  REQUIRE(found == end);
  if (end != std::string_view::npos) {
    const std::string head(bytes.substr(0, end));
    const auto parsed = parse_head(head);
    if (const auto* fine = std::get_if<RequestHead>(&parsed)) check_head(*fine);
  }
  const Heard whole = converse(bytes, SIZE_MAX);
  REQUIRE(whole == converse(bytes, cut + 1u));
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) sockwatch::run(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
