// What libbpf says while it works: kept for the agent's own message, never printed.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// While one lives, this thread's words of libbpf go to it, or to one that was made after it.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  /// The last 64 KiB or so.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string* before_;
};

/// What the kernel did not like, as far as libbpf's words tell.
struct LoadComplaint {
  std::string program;  ///< its name; empty: no single one
  std::string reason;   ///< the verifier's last word, or libbpf's first; one line, bounded
};
LoadComplaint read_complaint(std::string_view log);

}  // namespace sockwatch
