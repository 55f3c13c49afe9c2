// What the container engines of this host told about containers, kept.
//
// Asked by one thread, the pipeline's, which waits for an answer only as long as its patience lasts:
// kPatience at most for one container and kBudget in all, which time refills slowly (1/kShare of it). A
// helper thread does the asking; it is started by the first question, so that a host without containers does
// without it. An answer that comes later is there for the next question. Bounded: kMaxKnown containers,
// kMaxQueue open questions; what was not answered is asked again after kRetry, and an engine that does not
// answer is left alone for as long.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/docker_client.h"
#include "util/fd.h"
#include "util/small_thread.h"

namespace sockwatch {

class ContainerDirectory {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    std::chrono::milliseconds patience{200};  ///< of the caller for one container
    std::chrono::milliseconds budget{400};    ///< of the caller in all
    uint32_t share = 50;  ///< one part in so many of the time that passes refills the budget
    std::chrono::milliseconds deadline{2000};  ///< of one question to one engine
    std::chrono::milliseconds retry{30000};
    size_t max_known = 4096;
    size_t max_queue = 1024;
  };
  struct Counters {
    uint64_t unanswered = 0;  ///< questions that an engine did not answer, or not in time for the caller
    uint64_t evicted = 0;     ///< containers forgotten since there were too many
  };
  struct Finding {
    std::shared_ptr<const ContainerInfo> container;  ///< null: not known
    bool settled = true;                             ///< false: an answer may still come
  };

  /// `sockets` are asked in this order; `labels` are kept of what they tell.
  ContainerDirectory(std::vector<std::string> sockets, std::vector<std::string> labels);
  ContainerDirectory(std::vector<std::string> sockets, std::vector<std::string> labels, const Limits& limits);
  ~ContainerDirectory();

  /// `id` as CgroupIdentity tells it.
  Finding find(const std::string& id);
  /// Keeps these labels from now on; what is known is asked for again.
  void want(std::vector<std::string> labels);
  /// Changes whenever an answer has come that somebody may have given up waiting for.
  uint64_t revision() const;
  Counters counters() const;

 private:
  struct Entry {
    bool asked = false;     ///< in the queue or on its way
    bool given_up = false;  ///< somebody went away without an answer
    EngineAnswer answer = EngineAnswer::unanswered;
    std::shared_ptr<const ContainerInfo> container;
    Clock::time_point until{};  ///< when an answer that is none is worth another question
  };
  struct Engine {
    std::string socket;
    Clock::time_point quiet_until{};
  };

  Finding finding(const Entry& entry) const;
  void enqueue(const std::string& id, Entry& entry);
  void refill(Clock::time_point now);
  void run();
  EngineAnswer ask(const std::string& id, const std::vector<std::string>& labels, ContainerInfo& info);

  const Limits limits_;
  std::vector<Engine> engines_;  ///< of the helper thread
  Fd cancel_;                    ///< readable: stop
  // The caller's.
  std::chrono::nanoseconds budget_;
  Clock::time_point refilled_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable asked_;
  std::condition_variable answered_;
  bool stop_ = false;
  std::vector<std::string> labels_;
  std::deque<std::string> queue_;
  std::unordered_map<std::string, Entry> known_;
  uint64_t revision_ = 0;
  Counters counters_;
  std::optional<SmallThread> thread_;  ///< of the caller; last, since it uses the rest
};

}  // namespace sockwatch
