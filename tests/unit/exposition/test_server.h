// A metrics server on a free loopback port that serves a sample.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "exposition/metrics_server.h"
#include "sample_snapshot.h"

namespace sockwatch {

/// Listens where `config` says.
inline Result<std::unique_ptr<MetricsServer>> start_server(const WebConfig& config, MetricsServer::ScrapeFunction scrape,
                                                           const ServerLimits& limits = {}) {
  auto endpoint = MetricsServer::open(config);
  if (!endpoint) return endpoint.error();
  return MetricsServer::start(std::move(endpoint).value(), config, std::move(scrape), nullptr, limits);
}

inline std::unique_ptr<MetricsServer> start_server(const ServerLimits& limits = {},
                                                   uint32_t max_connections = 64,
                                                   MetricsServer::ScrapeFunction scrape = small_snapshot,
                                                   const std::string& address = "127.0.0.1:0") {
  WebConfig config;
  config.listen_address = address;
  config.max_connections = max_connections;
  auto server = start_server(config, std::move(scrape), limits);
  EXPECT_TRUE(server) << server.error().message;
  return server ? std::move(server).value() : nullptr;
}

inline uint64_t refused(const MetricsServer& server, const std::string& reason) {
  return server.refused().at(reason);
}

}  // namespace sockwatch
