#include "exposition/worker_pool.h"

namespace sockwatch {

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(size_t threads) {
  std::unique_ptr<WorkerPool> pool(new WorkerPool);
  for (size_t i = 0; i < threads; ++i) {
    auto thread = SmallThread::start("metrics-worker", [self = pool.get()] { self->run(); });
    if (!thread) return thread.error();
    pool->threads_.push_back(std::move(thread).value());
  }
  return pool;
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (SmallThread& thread : threads_) thread.join();
}

void WorkerPool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace sockwatch
