#include "attribution/container_directory.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "util/log.h"

namespace sockwatch {

ContainerDirectory::ContainerDirectory(std::vector<std::string> sockets, std::vector<std::string> labels)
    : ContainerDirectory(std::move(sockets), std::move(labels), Limits()) {}

ContainerDirectory::ContainerDirectory(std::vector<std::string> sockets, std::vector<std::string> labels,
                                       const Limits& limits)
    : limits_(limits),
      cancel_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      budget_(limits.budget),
      refilled_(Clock::now()),
      labels_(std::move(labels)) {
  for (std::string& socket : sockets)
    if (!socket.empty()) engines_.push_back({.socket = std::move(socket)});
}

ContainerDirectory::~ContainerDirectory() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  if (cancel_) eventfd_write(cancel_.get(), 1);
  asked_.notify_all();
}

ContainerDirectory::Finding ContainerDirectory::find(const std::string& id) {
  if (engines_.empty()) return {};
  std::unique_lock lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (known_.size() >= limits_.max_known && !known_.contains(id)) {
    // Rare enough for the simplest way: learn anew what is still there.
    counters_.evicted += std::erase_if(known_, [](const auto& entry) { return !entry.second.asked; });
  }
  Entry& entry = known_[id];  // stays where it is: the helper thread only looks it up
  if (entry.answer == EngineAnswer::found) return finding(entry);
  if (!entry.asked) {
    if (now < entry.until) return finding(entry);
    enqueue(id, entry);
  }
  if (!entry.asked) return finding(entry);

  refill(now);
  const auto patience = std::min<std::chrono::nanoseconds>(limits_.patience, budget_);
  const bool in_time = answered_.wait_until(lock, now + patience, [&] { return !entry.asked; });
  budget_ -= std::min<std::chrono::nanoseconds>(budget_, Clock::now() - now);
  if (!in_time && !entry.given_up) {
    entry.given_up = true;
    ++counters_.unanswered;
  }
  return finding(entry);
}

ContainerDirectory::Finding ContainerDirectory::finding(const Entry& entry) const {
  return {.container = entry.container, .settled = !entry.asked && entry.answer != EngineAnswer::unanswered};
}

void ContainerDirectory::enqueue(const std::string& id, Entry& entry) {
  if (queue_.size() >= limits_.max_queue) {
    ++counters_.unanswered;
    return;
  }
  if (!thread_) {
    auto started = SmallThread::start("sw-containers", [this] { run(); });
    if (!started) {
      log_warn(started.error().message);
      entry.until = Clock::now() + limits_.retry;
      return;
    }
    thread_.emplace(std::move(*started));
  }
  entry.asked = true;
  entry.given_up = false;
  queue_.push_back(id);
  asked_.notify_one();
}

void ContainerDirectory::refill(Clock::time_point now) {
  budget_ = std::min<std::chrono::nanoseconds>(limits_.budget, budget_ + (now - refilled_) / limits_.share);
  refilled_ = now;
}

void ContainerDirectory::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const std::string id = std::move(queue_.front());
    queue_.pop_front();
    const std::vector<std::string> labels = labels_;
    lock.unlock();
    auto info = std::make_shared<ContainerInfo>();
    const EngineAnswer answer = ask(id, labels, *info);
    lock.lock();
    if (labels != labels_) {  // others are wanted meanwhile
      queue_.push_front(id);
      continue;
    }
    Entry& entry = known_[id];
    entry.asked = false;
    entry.answer = answer;
    entry.until = Clock::now() + limits_.retry;
    if (answer == EngineAnswer::found) entry.container = std::move(info);
    if (answer == EngineAnswer::unanswered && !entry.given_up) ++counters_.unanswered;
    if (entry.given_up) ++revision_;
    answered_.notify_all();
  }
}

// Found by any engine, or else unanswered when one of them might have known.
EngineAnswer ContainerDirectory::ask(const std::string& id, const std::vector<std::string>& labels,
                                     ContainerInfo& info) {
  EngineAnswer all = EngineAnswer::absent;
  for (Engine& engine : engines_) {
    const Clock::time_point now = Clock::now();
    EngineAnswer answer = EngineAnswer::unanswered;
    if (now >= engine.quiet_until) {
      answer = EngineQuestion{.socket = engine.socket,
                              .id = id,
                              .labels = labels,
                              .deadline = now + limits_.deadline,
                              .cancel_fd = cancel_.get()}
                   .ask(info);
      if (answer == EngineAnswer::unanswered) engine.quiet_until = Clock::now() + limits_.retry;
    }
    if (answer == EngineAnswer::found) return answer;
    if (answer == EngineAnswer::unanswered) all = answer;
  }
  return all;
}

void ContainerDirectory::want(std::vector<std::string> labels) {
  const std::lock_guard lock(mutex_);
  if (labels == labels_) return;
  labels_ = std::move(labels);
  std::erase_if(known_, [](const auto& entry) { return !entry.second.asked; });
}

uint64_t ContainerDirectory::revision() const {
  const std::lock_guard lock(mutex_);
  return revision_;
}

ContainerDirectory::Counters ContainerDirectory::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace sockwatch
