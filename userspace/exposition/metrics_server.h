// The HTTP endpoint: /metrics, /, /-/healthy, /-/ready, /-/reload. The only part of sockwatch that knows
// cpp-httplib (responder.cpp).
//
// Runs on its own threads: one for input and output, ServerLimits::workers that answer. `scrape` is called
// from the latter, one call at a time: requests that come meanwhile share what it returns. It may block for
// some hundred milliseconds, and returns a snapshot, or nullptr while the agent is not ready (503).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aggregation/snapshot.h"
#include "config/config.h"
#include "exposition/listener.h"
#include "exposition/scrapers.h"
#include "exposition/server_limits.h"
#include "exposition/web_access.h"
#include "util/result.h"

namespace sockwatch {

class MetricsServer {
 public:
  using ScrapeFunction = std::function<std::shared_ptr<const Snapshot>()>;
  /// Reads the configuration anew, and tells how that went; null where it was not answered in time.
  using ReloadFunction = std::function<std::shared_ptr<const Result<>>()>;

  /// What the configuration may have mistakes in, and what may take privileges that serving does not.
  struct Endpoint {
    Listener listener;
    WebAccessFile access;
  };

  /// Binds, and reads the web configuration file. Fails with words for a busy port or a bad address.
  static Result<Endpoint> open(const WebConfig& config);
  /// `born_at_zero`: as MetricsConfig has it.
  static Result<std::unique_ptr<MetricsServer>> start(Endpoint endpoint, const WebConfig& config,
                                                      ScrapeFunction scrape, ReloadFunction reload = nullptr,
                                                      const ServerLimits& limits = {},
                                                      std::vector<std::string> born_at_zero = {});
  /// Stops serving and joins the threads; takes less than a second even with clients connected.
  ~MetricsServer();

  /// The port that is bound.
  uint16_t port() const;
  /// Of the metrics, as a browser on this host asks for them.
  std::string url() const;

  /// Connections turned away so far, by reason (refusal.h); every reason is there, also those at 0.
  std::map<std::string, uint64_t> refused() const;
  /// Who asked before, and what they have been shown.
  const Scrapers& scrapers() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
