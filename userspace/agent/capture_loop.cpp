#include "agent/capture_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "util/clock.h"

namespace sockwatch {
namespace {

constexpr uint64_t kPendingNs = 250'000'000;  // a response's end is known within a second
constexpr uint64_t kCompleteNs = 5'000'000'000;
constexpr uint64_t kListingShare = 50;  // listings take at most one part in so many of a CPU
// Bytes that are read by splice show in listings alone. After so long a silence on all sockets none is asked for.
constexpr uint64_t kActiveNs = 10'000'000'000;

Error system_error(const char* what) { return Error{std::string(what) + ": " + std::strerror(errno)}; }

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Remembers the age of a batch's first record on the way to the real handler.
class FirstAge final : public EventHandler {
 public:
  FirstAge(EventHandler& next, uint64_t now_ns) : next_(next), now_ns_(now_ns) {}
  void on_event(const SocketEvent& event) override {
    if (first_) {
      first_ = false;
      age_ns_ = now_ns_ > event.ts_ns ? now_ns_ - event.ts_ns : 0;
    }
    next_.on_event(event);
  }
  uint64_t age_ns() const { return age_ns_; }

 private:
  EventHandler& next_;
  uint64_t now_ns_;
  uint64_t age_ns_ = 0;
  bool first_ = true;
};

}  // namespace

void CaptureLoop::block_signals() {
  const sigset_t set = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Result<std::unique_ptr<CaptureLoop>> CaptureLoop::create(Capture& capture) {
  const sigset_t set = awaited_signals();
  Fd signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return system_error("cannot wait for signals");
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_error("cannot wait for events");
  for (int fd : {signals.get(), capture.wake_fd()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_error("cannot wait for events");
  }
  auto listings = ListingWorker::create(capture);
  if (!listings) return listings.error();
  epoll_event event{.events = EPOLLIN, .data = {.fd = listings.value()->ready_fd()}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.data.fd, &event) != 0) return system_error("cannot wait for events");
  return std::unique_ptr<CaptureLoop>(
      new CaptureLoop(capture, std::move(signals), std::move(epoll), std::move(listings).value()));
}

Result<> CaptureLoop::run(const Tasks& tasks) {
  for (int fd : tasks.wake_fds) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      return system_error("cannot wait for events");
  }
  epoll_event events[4];
  while (!tasks.done || !tasks.done()) {
    const int n = epoll_wait(epoll_.get(), events, 4, interval_.ms());  // a ring that fills wakes us sooner
    if (n < 0 && errno != EINTR) return system_error("cannot wait for events");
    for (int i = 0; i < n; ++i)
      if (events[i].data.fd == signals_.get() && !on_signal(tasks))
        return last_listing(tasks);
    const size_t records = drain(tasks);
    interval_.found(records);
    const uint64_t now_ns = monotonic_ns();
    if (records > 0 || capture_.take_unreported()) active_ns_ = now_ns;
    if (auto listing = listings_->take())
      if (Result<> listed = on_listed(tasks, std::move(*listing)); !listed) return listed;
    list_if_due(tasks, now_ns);
    tasks.on_tick(now_ns);
  }
  return {};
}

// Whether to go on.
bool CaptureLoop::on_signal(const Tasks& tasks) {
  signalfd_siginfo signal{};
  if (read(signals_.get(), &signal, sizeof(signal)) != sizeof(signal)) return true;
  if (signal.ssi_signo != SIGHUP || !tasks.on_hangup) return false;
  tasks.on_hangup();
  return true;
}

size_t CaptureLoop::drain(const Tasks& tasks) {
  const uint64_t now_ns = monotonic_ns();
  ring_used_bytes_.note(capture_.ring_used(), now_ns);
  FirstAge first(*tasks.handler, now_ns);
  const size_t records = capture_.drain(first);
  lag_ns_.note(first.age_ns(), now_ns);
  return records;
}

void CaptureLoop::list_if_due(const Tasks& tasks, uint64_t now_ns) {
  if (listings_->busy()) return;
  if (std::exchange(listing_asked_, false)) {
    listings_->start(Capture::Listing::complete);
    return;
  }
  if (now_ns < next_pending_ns_) return;
  if (now_ns > active_ns_ + kActiveNs && !tasks.waits_for_listing()) return;
  listings_->start(now_ns >= next_complete_ns_ ? Capture::Listing::complete : Capture::Listing::pending);
}

Result<> CaptureLoop::on_listed(const Tasks& tasks, ListingWorker::Listing listing) {
  if (!listing.sockets) return listing.sockets.error();
  drain(tasks);  // what the listing saw has been told of now
  capture_.take_lost_closes(*tasks.handler);
  const bool complete = listing.what == Capture::Listing::complete;
  tasks.on_listing(*listing.sockets, complete ? capture_.complete_scope() : ListingScope::pending, listing.start_ns);
  const uint64_t share_ns = listing.cost_ns * kListingShare;
  next_pending_ns_ = listing.start_ns + std::max(kPendingNs, share_ns);
  if (complete) next_complete_ns_ = listing.start_ns + std::max(kCompleteNs, share_ns);
  return {};
}

// What passed before the signal is handed over.
Result<> CaptureLoop::last_listing(const Tasks& tasks) {
  for (pollfd ready{.fd = listings_->ready_fd(), .events = POLLIN, .revents = 0}; listings_->busy(); listings_->take())
    if (poll(&ready, 1, -1) < 0 && errno != EINTR) return system_error("cannot wait for events");
  const uint64_t start_ns = monotonic_ns();
  return on_listed(tasks, {.what = Capture::Listing::pending, .start_ns = start_ns, .cost_ns = 0,
                           .sockets = capture_.list(Capture::Listing::pending)});
}

CaptureLoop::Pressure CaptureLoop::pressure() const {
  const uint64_t now_ns = monotonic_ns();
  return {.ring_used_bytes = ring_used_bytes_.at(now_ns), .lag_ns = lag_ns_.at(now_ns)};
}

}  // namespace sockwatch
