// A few threads that take jobs from one queue, first in, first out.
//
// submit() from any thread; it is the caller who bounds how many jobs wait. What still waits when the pool is
// destroyed is dropped; what runs is waited for.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "util/result.h"
#include "util/small_thread.h"

namespace sockwatch {

class WorkerPool {
 public:
  static Result<std::unique_ptr<WorkerPool>> start(size_t threads);
  ~WorkerPool();

  void submit(std::function<void()> job);

 private:
  WorkerPool() = default;
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<SmallThread> threads_;
};

}  // namespace sockwatch
