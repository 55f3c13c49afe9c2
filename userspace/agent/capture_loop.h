// The thread that drains the ring: waits, drains, has sockets listed that no record tells of, until a signal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "capture/capture.h"
#include "agent/listing_worker.h"
#include "agent/poll_interval.h"
#include "stream/socket_info.h"
#include "util/fd.h"
#include "util/recent_max.h"
#include "util/result.h"

namespace sockwatch {

class CaptureLoop {
 public:
  /// What the loop does between two waits. All on the loop's thread.
  struct Tasks {
    EventHandler* handler = nullptr;
    /// A listing, taken at `listed_ns`, when every event up to it has been handed over.
    std::function<void(std::span<const SocketInfo>, ListingScope scope, uint64_t listed_ns)> on_listing;
    std::function<void(uint64_t now_ns)> on_tick;
    /// Whether something waits for a listing though nothing passes: a connection whose close only a listing tells of.
    std::function<bool()> waits_for_listing;
    std::vector<int> wake_fds;  ///< other reasons to wake and tick; their owner empties them
    std::function<void()> on_hangup;  ///< SIGHUP; without it, it ends the loop
    std::function<bool()> done;
  };
  /// How full the ring and how old its records were, at the worst of the last two minutes.
  struct Pressure {
    uint64_t ring_used_bytes;
    uint64_t lag_ns;
  };

  /// Blocks SIGINT, SIGTERM and SIGHUP for the calling thread and those that it starts later: run() waits for them. To be called
  /// before any other thread is started.
  static void block_signals();
  static Result<std::unique_ptr<CaptureLoop>> create(Capture& capture);

  Result<> run(const Tasks& tasks);
  /// Has all sockets listed as soon as may be; on_listing tells when they are.
  void ask_for_listing() { listing_asked_ = true; }
  Pressure pressure() const;

 private:
  CaptureLoop(Capture& capture, Fd signals, Fd epoll, std::unique_ptr<ListingWorker> listings)
      : capture_(capture), signals_(std::move(signals)), epoll_(std::move(epoll)), listings_(std::move(listings)) {}
  size_t drain(const Tasks& tasks);
  bool on_signal(const Tasks& tasks);
  void list_if_due(const Tasks& tasks, uint64_t now_ns);
  Result<> last_listing(const Tasks& tasks);
  Result<> on_listed(const Tasks& tasks, ListingWorker::Listing listing);

  Capture& capture_;
  Fd signals_;
  Fd epoll_;
  std::unique_ptr<ListingWorker> listings_;
  bool listing_asked_ = false;
  uint64_t active_ns_ = 0;  ///< when bytes were last known to have passed
  RecentMax ring_used_bytes_;
  RecentMax lag_ns_;
  PollInterval interval_;
  uint64_t next_pending_ns_ = 0;
  uint64_t next_complete_ns_ = 0;
};

}  // namespace sockwatch
