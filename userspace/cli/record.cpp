#include "cli/record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/agent.h"
#include "pipeline/wanted_connections.h"
#include "util/clock.h"
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

/// A new file, or what is there and is none: a pipe, a device.
Result<Fd> open_new(const std::string& file) {
  Fd opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (opened) return opened;
  struct stat there {};
  if (errno == EEXIST && ::stat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
    opened = Fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (opened) return opened;
  }
  return Error{"cannot write " + file + ": " + std::strerror(errno) + "; choose another file with -o"};
}

/// Gathers lines and writes them, up to the bound.
class Output {
 public:
  Output(int fd, std::optional<uint64_t> max_bytes) : fd_(fd), max_bytes_(max_bytes.value_or(UINT64_MAX)) {}

  /// Whether there is room for more. `append` adds one line to what it is given.
  template <typename Append>
  bool line(Append append) {
    const size_t before = buffer_.size();
    append(buffer_);
    if (written_ + buffer_.size() > max_bytes_) {
      buffer_.resize(before);
      full_ = true;
      return false;
    }
    ++lines_;
    return buffer_.size() < kBufferBytes || flush();
  }
  bool flush() {
    if (outcome_) outcome_ = write_all(fd_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
    return static_cast<bool>(outcome_);
  }

  const Result<>& outcome() const { return outcome_; }
  bool full() const { return full_; }
  uint64_t lines() const { return lines_; }

 private:
  const int fd_;
  const uint64_t max_bytes_;
  std::string buffer_;
  Result<> outcome_;
  uint64_t written_ = 0;
  uint64_t lines_ = 0;
  bool full_ = false;
};

}  // namespace

Result<> record(Capture& capture, const Config& config, const std::string& file, const RecordOptions& options) {
  Fd opened;
  if (file != "-") {
    Result<Fd> fresh = open_new(file);
    if (!fresh) return fresh.error();
    opened = std::move(fresh).value();
  }
  RecordingWriter writer(options.credentials, wall_clock_offset_ns());
  WantedConnections wanted(config, [&](SocketId socket) { capture.ignore(socket); });
  Output output(opened ? opened.get() : STDOUT_FILENO, options.max_bytes);
  const uint64_t end_ns =
      options.duration ? monotonic_ns() + static_cast<uint64_t>(std::chrono::nanoseconds(*options.duration).count()) : UINT64_MAX;
  log_info("recording until stopped (Ctrl-C)", {{"file", file}});
  const Result<> recorded = record_live(
      capture,
      [&](const SocketEvent& event) {
        return !wanted.wants(event) || output.line([&](std::string& out) { writer.write(event, out); });
      },
      [&] { return monotonic_ns() >= end_ns; });
  output.flush();
  const Result<>& outcome = output.outcome();
  log_info(output.full() ? "recorded as much as --max-size allows" : "recorded",
           {{"file", file}, {"events", std::to_string(output.lines())}});
  const Capture::Counters counted = capture.counters();
  if (const uint64_t lost = counted.lost_segments + counted.lost_control + counted.no_state + counted.preempted; lost > 0)
    log_warn("the recording has gaps: the buffer was full; record again with a larger --capture.ring-bytes",
             {{"lost", std::to_string(lost)}});
  return recorded ? outcome : recorded;
}

}  // namespace sockwatch
