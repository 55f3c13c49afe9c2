// A thread with a small stack: the agent's helper threads call nothing deep, and where the kernel backs
// stacks with huge pages, each of the usual 8 MiB ones would cost the agent 2 MiB of memory.
#pragma once

#include <pthread.h>

#include <functional>
#include <utility>

#include "util/result.h"

namespace sockwatch {

class SmallThread {
 public:
  static constexpr size_t kStackBytes = 512 * 1024;

  /// `name` shows in ps and top: 15 characters at most.
  static Result<SmallThread> start(const char* name, std::function<void()> run);

  SmallThread(SmallThread&& other) noexcept
      : thread_(other.thread_), joinable_(std::exchange(other.joinable_, false)) {}
  SmallThread& operator=(SmallThread&&) = delete;
  ~SmallThread() { join(); }

  void join();

 private:
  explicit SmallThread(pthread_t thread) : thread_(thread) {}

  pthread_t thread_;
  bool joinable_ = true;
};

}  // namespace sockwatch
