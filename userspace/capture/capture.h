// Owns the kernel side: loads and attaches the BPF programs, drains the ring, lists sockets, reads the counters.
//
// One thread, but for list(), which another one may call beside it. Everything is detached and freed with the object; nothing is pinned, so a process that is killed leaves
// nothing behind either.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/capture_plan.h"
#include "config/config.h"
#include "stream/socket_event.h"
#include "stream/socket_info.h"
#include "util/result.h"

namespace sockwatch {

class EventHandler {
 public:
  virtual void on_event(const SocketEvent& event) = 0;

 protected:
  ~EventHandler() = default;
};

class Capture {
 public:
  struct Counters {
    uint64_t segments = 0;       ///< that passed and were to be told of
    uint64_t lost_segments = 0;  ///< of these: the ring was full
    /// Of sockets of which no event has told, so that whose they are is not known: requests that began in lost segments, and the bytes
    /// of those. What is lost of the others shows in the offsets and flights of their events.
    uint64_t lost_requests = 0;
    uint64_t lost_received = 0;
    uint64_t lost_sent = 0;
    uint64_t postponed_requests = 0;  ///< requests on sockets that were postponed
    uint64_t lost_control = 0;   ///< open, eof, close, owner: the ring was full
    uint64_t shortened = 0;      ///< of which less was copied than was wanted: the ring had no room for more
    uint64_t preempted = 0;      ///< sends and receives not read: on that CPU a program of ours had been preempted
    uint64_t no_state = 0;       ///< sockets that could not be watched: no kernel memory
    uint64_t environments_cut = 0;  ///< executed programs whose environment could not be searched to its end, or its name not kept
  };
  struct ProgramTime {
    std::string name;
    uint64_t runs = 0;
    double seconds = 0;
  };
  enum class Listing { complete, pending };

  /// Whether the kernel takes the programs, and which. Nothing of them is left.
  static Result<CapturePlan> try_load(const CaptureConfig& config);
  /// Fails with words a user can act on.
  static Result<std::unique_ptr<Capture>> start(const CaptureConfig& config);
  ~Capture();

  /// Readable when a CPU's ring has filled to a quarter; otherwise poll with drain().
  int wake_fd() const;
  /// Hands over what is in the rings; returns the number of records.
  size_t drain(EventHandler& handler);
  /// Bytes in the fullest CPU's ring that have not been drained, and the size of each ring.
  uint64_t ring_used() const;
  uint64_t ring_bytes() const;
  /// Whether the longest record fits into a ring; see RingLayout.
  bool takes_whole_records() const;

  /// The variables of a program's environment that tell its service's name, the first one first: those of programs that are
  /// executed from now on. More than eight, or names of more than 62 bytes, are left to /proc.
  void name_by(const std::vector<std::string>& variables);

  /// The socket is of no interest any longer.
  void ignore(SocketId socket);
  /// There is no room for the socket: nothing is told of it until make_room(), and then it is told of from the middle.
  void postpone(SocketId socket);
  /// There is room for sockets that were postponed.
  void make_room();
  /// Whether bytes have passed since the last call of which no record tells yet.
  bool take_unreported();
  /// All watched sockets as far as the listing in use finds them, or those with bytes that no event has told of (and all of AF_UNIX).
  Result<std::vector<SocketInfo>> list(Listing what);
  const CapturePlan& plan() const;
  /// What a complete listing has: all sockets, or those that processes hold.
  ListingScope complete_scope() const;
  /// Hands over the close events that found no room in a ring since the last call, SW_LOST_CLOSES of records.h at most.
  void take_lost_closes(EventHandler& handler);

  Counters counters() const;
  /// Run time by program; empty unless the kernel's statistics are on (kernel.bpf_stats_enabled).
  std::vector<ProgramTime> program_times() const;

 private:
  struct Impl;
  explicit Capture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
