#include "cli/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipeline/agent.h"
#include "util/fd.h"
#include "util/log.h"

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

Result<> record(Capture& capture, const std::string& file, Credentials credentials) {
  const bool standard_output = file == "-";
  const Fd opened(standard_output ? -1
                                  : ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!standard_output && !opened)
    return Error{"cannot write " + file + ": " + std::strerror(errno) + "; choose another file with -o"};
  const int fd = standard_output ? STDOUT_FILENO : opened.get();

  RecordingWriter writer(credentials);
  std::string buffer;
  Result<> outcome;
  uint64_t events = 0;
  const auto flush = [&] {
    if (outcome) outcome = write_all(fd, buffer);
    buffer.clear();
    return static_cast<bool>(outcome);
  };
  log_info("recording until stopped (Ctrl-C)", {{"file", file}});
  const Result<> recorded = record_live(capture, [&](const SocketEvent& event) {
    writer.write(event, buffer);
    ++events;
    return buffer.size() < kBufferBytes || flush();
  });
  flush();
  log_info("recorded", {{"file", file}, {"events", std::to_string(events)}});
  const Capture::Counters counted = capture.counters();
  if (const uint64_t lost = counted.lost_segments + counted.lost_control + counted.no_state + counted.preempted; lost > 0)
    log_warn("the recording has gaps: the buffer was full; record again with a larger --capture.ring-bytes",
             {{"lost", std::to_string(lost)}});
  return recorded ? outcome : recorded;
}

}  // namespace sockwatch
