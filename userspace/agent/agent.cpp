#include "agent/agent.h"

#include <linux/capability.h>

#include <atomic>

#include "aggregation/self_metrics.h"
#include "agent/capture_loop.h"
#include "agent/config_reload.h"
#include "pipeline/pipeline.h"
#include "agent/request_channel.h"
#include "util/capabilities.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/service_notice.h"
#include "util/small_thread.h"

namespace sockwatch {
namespace {

constexpr uint64_t kFreshListingNs = 100'000'000;  // a scrape lists sockets anew when the last listing is older

class PipelineHandler final : public EventHandler {
 public:
  explicit PipelineHandler(Pipeline& pipeline) : pipeline_(pipeline) {}
  void on_event(const SocketEvent& event) override { pipeline_.on_event(event); }

 private:
  Pipeline& pipeline_;
};

class SinkHandler final : public EventHandler {
 public:
  explicit SinkHandler(const std::function<bool(const SocketEvent&)>& sink) : sink_(sink) {}
  void on_event(const SocketEvent& event) override { wanted_ = wanted_ && sink_(event); }
  bool done() const { return !wanted_; }

 private:
  const std::function<bool(const SocketEvent&)>& sink_;
  bool wanted_ = true;
};

SelfMetrics self_metrics(const Pipeline& pipeline, const Capture& capture, CaptureLoop& loop) {
  SelfMetrics self;
  pipeline.fill(self);
  const Capture::Counters kernel = capture.counters();
  self.lost_segments["ring_full"] = kernel.lost_segments;
  self.lost_segments["control_ring_full"] = kernel.lost_control;
  self.lost_segments["no_socket_state"] = kernel.no_state;
  self.lost_segments["preempted"] = kernel.preempted;
  self.lost_requests[{kNoService, "ring_full"}] = kernel.lost_requests;
  self.lost_requests[{kNoService, "connection_limit"}] += kernel.postponed_requests;
  self.lost_bytes[{kNoService, kNoRole, "recv", "ring_full"}] = kernel.lost_received;
  self.lost_bytes[{kNoService, kNoRole, "send", "ring_full"}] = kernel.lost_sent;
  self.capture_attach = to_string(capture.plan().attach);
  self.capture_listing = to_string(capture.plan().listing);
  self.limits_hit["environment"] = kernel.environments_cut;
  for (const CapturePlan::Shortfall& shortfall : capture.plan().shortfalls) self.capture_missing[shortfall.part] = 1;
  self.shortened_segments = kernel.shortened;
  self.ring_bytes = capture.ring_bytes();
  const CaptureLoop::Pressure pressure = loop.pressure();
  self.ring_used_bytes_max = pressure.ring_used_bytes;
  self.drain_lag_seconds_max = static_cast<double>(pressure.lag_ns) / 1e9;
  for (const Capture::ProgramTime& program : capture.program_times()) {
    self.bpf_seconds[program.name] = program.seconds;
    self.bpf_runs[program.name] = program.runs;
  }
  return self;
}

/// What naming the processes of others takes, and no more; of this thread, and of those that it starts from then on.
Result<> give_up_privileges() { return keep_capabilities({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}); }

/// The server's threads are started by one that has given up what only loading the programs needs: each thread holds its own.
Result<std::unique_ptr<MetricsServer>> start_server(MetricsServer::Endpoint endpoint, const Config& config,
                                                    MetricsServer::ScrapeFunction scrape, MetricsServer::ReloadFunction reload) {
  Result<std::unique_ptr<MetricsServer>> server = Error{"the metrics server was not started"};
  auto starter = SmallThread::start("metrics-start", [&] {
    if (const Result<> kept = give_up_privileges(); !kept) {
      server = kept.error();
    } else {
      server = MetricsServer::start(std::move(endpoint), config.web, std::move(scrape), std::move(reload), {},
                                    config.metrics.born_at_zero);
    }
  });
  if (!starter) return starter.error();
  starter.value().join();
  return server;
}

// A start with less than there could be is never silent.
void warn_of_shortfalls(const Capture& capture) {
  for (const CapturePlan::Shortfall& shortfall : capture.plan().shortfalls)
    log_warn("not everything can be seen on this kernel", {{"part", shortfall.part}, {"why", shortfall.text}});
  if (!capture.takes_whole_records()) {
    log_warn("the rings are small: of long messages only a part is copied; raise capture.ring_bytes",
             {{"bytes_per_cpu", std::to_string(capture.ring_bytes())}});
  }
}

// The service manager is told when it begins and ends: `systemctl reload` of a Type=notify-reload service waits for that.
Result<> reload(ConfigReload& configuration) {
  notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_ns() / 1000));
  Result<> reloaded = configuration.run();
  notify_service_manager("READY=1");
  return reloaded;
}

}  // namespace

Result<> run_agent(const Config& config, const StartCapture& start, const std::function<Result<Config>()>& load) {
  auto endpoint = MetricsServer::open(config.web);
  if (!endpoint) return endpoint.error();
  CaptureLoop::block_signals();
  RequestChannel<Snapshot> scrapes;
  RequestChannel<Result<>> reloads;
  std::atomic<bool> watching = false;
  auto server = start_server(
      std::move(endpoint).value(), config, [&] { return watching ? scrapes.ask() : nullptr; },
      [&] { return watching ? reloads.ask() : nullptr; });
  if (!server) return server.error();

  auto captured = start(config);
  if (!captured) return captured.error();
  Capture& capture = **captured;
  if (Result<> kept = give_up_privileges(); !kept) return kept;
  auto created = CaptureLoop::create(capture);
  if (!created) return created.error();
  CaptureLoop& loop = **created;
  log_debug("the kernel side is loaded", {{"bytes_of_each_ring", std::to_string(capture.ring_bytes())}});

  capture.name_by(config.attribution.service_env);
  Pipeline pipeline(config, SocketAdvice{.ignore = [&](SocketId socket) { capture.ignore(socket); },
                                         .postpone = [&](SocketId socket) { capture.postpone(socket); },
                                         .make_room = [&] { capture.make_room(); }});
  PipelineHandler handler(pipeline);
  ConfigReload configuration(config, load, [&](const Config& fresh) {
    configure_log(parse_log_level(fresh.log.level).value_or(LogLevel::info),
                  parse_log_format(fresh.log.format).value_or(LogFormat::logfmt));
    capture.name_by(fresh.attribution.service_env);
    pipeline.reconfigure(fresh);
  });

  SelfSeries own_series(config.metrics.naming, monotonic_ns());
  uint64_t listed_ns = 0;
  CaptureLoop::Tasks tasks;
  tasks.handler = &handler;
  tasks.wake_fds = {scrapes.wake_fd(), reloads.wake_fd()};
  tasks.on_hangup = [&] { static_cast<void>(reload(configuration)); };  // it has been logged
  tasks.on_listing = [&](std::span<const SocketInfo> sockets, ListingScope scope, uint64_t at_ns) {
    pipeline.on_progress(sockets, scope, at_ns);
    if (scope == ListingScope::pending) return;
    pipeline.on_sockets(sockets);
    listed_ns = monotonic_ns();
    if (log_enabled(LogLevel::debug))
      log_debug("the sockets have been listed", {{"sockets", std::to_string(sockets.size())},
                                                 {"microseconds", std::to_string((listed_ns - at_ns) / 1000)}});
  };
  tasks.waits_for_listing = [&] { return pipeline.waits_for_listing(); };
  bool scrape_waits = false;
  tasks.on_tick = [&](uint64_t now_ns) {
    pipeline.advance(now_ns, (*server)->scrapers().shown_twice_ns(now_ns));
    if (reloads.take()) reloads.answer(std::make_shared<Result<>>(reload(configuration)));
    scrape_waits = scrapes.take() || scrape_waits;
    if (!scrape_waits) return;
    if (now_ns > listed_ns + kFreshListingNs) {
      loop.ask_for_listing();
      return;
    }
    scrape_waits = false;
    auto snapshot = std::make_shared<Snapshot>();
    pipeline.snapshot(*snapshot);
    snapshot->taken_ns = monotonic_ns();
    snapshot->wall_clock_offset_ns = wall_clock_offset_ns();
    SelfMetrics self = self_metrics(pipeline, capture, loop);
    configuration.fill(self);
    self.refused_connections = (*server)->refused();
    self.limits_hit["scrapers"] = (*server)->scrapers().forgotten();
    own_series.append(self, *snapshot);
    pipeline.set_page_lines(page_lines(*snapshot));
    scrapes.answer(std::move(snapshot));
  };

  watching = true;
  log_info("watching the HTTP services, databases and caches of this host",
           {{"metrics", (*server)->url()},
            {"attach", std::string(to_string(capture.plan().attach))},
            {"listing", std::string(to_string(capture.plan().listing))}});
  warn_of_shortfalls(capture);
  notify_service_manager("READY=1");
  Result<> ran = loop.run(tasks);
  notify_service_manager("STOPPING=1");
  scrapes.shut();
  reloads.shut();
  log_info("stopped; nothing of sockwatch is left in the kernel");
  return ran;
}

Result<> record_live(Capture& capture, const std::function<bool(const SocketEvent&)>& sink, const std::function<bool()>& done) {
  CaptureLoop::block_signals();
  auto created = CaptureLoop::create(capture);
  if (!created) return created.error();

  SinkHandler handler(sink);
  CaptureLoop::Tasks tasks;
  tasks.handler = &handler;
  tasks.on_listing = [](std::span<const SocketInfo>, ListingScope, uint64_t) {};
  tasks.waits_for_listing = [] { return false; };
  tasks.on_tick = [](uint64_t) {};
  tasks.done = [&] { return handler.done() || done(); };
  return (*created)->run(tasks);
}

}  // namespace sockwatch
