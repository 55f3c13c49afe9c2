#include "cli/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipeline/agent.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

Result<> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error{std::string("cannot write the recording: ") + std::strerror(errno)};
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<> record(const Config& config, const std::string& file, Credentials credentials) {
  const bool standard_output = file == "-";
  const Fd opened(standard_output ? -1
                                  : ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!standard_output && !opened) return Error{"cannot write " + file + ": " + std::strerror(errno)};
  const int fd = standard_output ? STDOUT_FILENO : opened.get();

  RecordingWriter writer(credentials);
  std::string buffer;
  Result<> outcome;
  const auto flush = [&] {
    if (outcome) outcome = write_all(fd, buffer);
    buffer.clear();
    return static_cast<bool>(outcome);
  };
  const Result<> recorded = record_live(config, [&](const SocketEvent& event) {
    writer.write(event, buffer);
    return buffer.size() < kBufferBytes || flush();
  });
  flush();
  return recorded ? outcome : recorded;
}

}  // namespace sockwatch
