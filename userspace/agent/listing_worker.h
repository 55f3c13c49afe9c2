// Lists sockets on a thread of its own, so that records are drained meanwhile: with 100,000 sockets a listing takes tens of
// milliseconds, in which the rings would fill up.
//
// start(), take() and busy() on the thread that owns the worker; one listing at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "capture/capture.h"
#include "stream/socket_info.h"
#include "util/fd.h"
#include "util/result.h"
#include "util/small_thread.h"

namespace sockwatch {

class ListingWorker {
 public:
  struct Listing {
    Capture::Listing what = Capture::Listing::pending;
    uint64_t start_ns = 0;  ///< CLOCK_MONOTONIC, when it was begun
    uint64_t cost_ns = 0;   ///< CPU time that it took
    Result<std::vector<SocketInfo>> sockets;
  };

  /// `capture` outlives the worker.
  static Result<std::unique_ptr<ListingWorker>> create(Capture& capture);
  /// Waits for the listing under way.
  ~ListingWorker();

  /// Begins a listing; nothing happens where one is under way.
  void start(Capture::Listing what);
  bool busy() const { return busy_; }
  /// Readable when a listing has ended.
  int ready_fd() const { return ready_.get(); }
  /// The listing that has ended since the last call.
  std::optional<Listing> take();

 private:
  ListingWorker(Capture& capture, Fd ready) : capture_(capture), ready_(std::move(ready)) {}
  void run();

  Capture& capture_;
  Fd ready_;
  bool busy_ = false;  ///< the owner's own

  std::mutex mutex_;
  std::condition_variable asked_;
  std::optional<Capture::Listing> order_;  ///< guarded by mutex_
  std::optional<Listing> done_;            ///< guarded by mutex_
  bool stop_ = false;                      ///< guarded by mutex_
  std::optional<SmallThread> thread_;
};

}  // namespace sockwatch
