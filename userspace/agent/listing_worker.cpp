#include "agent/listing_worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

#include "util/clock.h"

namespace sockwatch {
namespace {

uint64_t thread_cpu_ns() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<uint64_t>(spent.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(spent.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<ListingWorker>> ListingWorker::create(Capture& capture) {
  Fd ready(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!ready) return Error{std::string("cannot list sockets: ") + std::strerror(errno)};
  std::unique_ptr<ListingWorker> worker(new ListingWorker(capture, std::move(ready)));
  Result<SmallThread> thread = SmallThread::start("listing", [&worker = *worker] { worker.run(); });
  if (!thread) return thread.error();
  worker->thread_.emplace(std::move(thread).value());
  return worker;
}

ListingWorker::~ListingWorker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  asked_.notify_one();
}

void ListingWorker::start(Capture::Listing what) {
  if (std::exchange(busy_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    order_ = what;
  }
  asked_.notify_one();
}

std::optional<ListingWorker::Listing> ListingWorker::take() {
  uint64_t count = 0;
  if (read(ready_.get(), &count, sizeof(count)) < 0) return std::nullopt;
  busy_ = false;
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, std::nullopt);
}

void ListingWorker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [&] { return stop_ || order_; });
    if (stop_) return;
    const Capture::Listing what = *std::exchange(order_, std::nullopt);
    lock.unlock();
    const uint64_t start_ns = monotonic_ns();
    const uint64_t spent_ns = thread_cpu_ns();
    auto sockets = capture_.list(what);
    Listing listing{.what = what, .start_ns = start_ns, .cost_ns = thread_cpu_ns() - spent_ns, .sockets = std::move(sockets)};
    lock.lock();
    done_.emplace(std::move(listing));
    const uint64_t one = 1;
    if (write(ready_.get(), &one, sizeof(one)) < 0) return;  // an event counter that is never full
  }
}

}  // namespace sockwatch
