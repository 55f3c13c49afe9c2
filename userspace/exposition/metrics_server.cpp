#include "exposition/metrics_server.h"

#include "exposition/connection_guard.h"
#include "exposition/responder.h"

namespace sockwatch {

namespace {

/// How this host calls the one that is listened on.
std::string host_of(const std::string& listen_address) {
  std::string host = listen_address.substr(0, listen_address.rfind(':'));
  return host.empty() || host == "0.0.0.0" || host == "[::]" ? "localhost" : host;
}

}  // namespace

struct MetricsServer::Impl {
  uint16_t port = 0;
  std::string url;
  Responder responder;
  Scrapers scrapers;
  std::unique_ptr<ConnectionGuard> guard;  ///< last: its threads use the others
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() = default;

Result<MetricsServer::Endpoint> MetricsServer::open(const WebConfig& config) {
  auto access = WebAccessFile::open(config.config_file);
  if (!access) return access.error();
  auto listener = listen_on(config.listen_address);
  if (!listener) return listener.error();
  return Endpoint{std::move(listener).value(), std::move(access).value()};
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(Endpoint endpoint, const WebConfig& config,
                                                            ScrapeFunction scrape, ReloadFunction reload,
                                                            const ServerLimits& limits,
                                                            std::vector<std::string> born_at_zero) {
  if (!config.enable_lifecycle) reload = nullptr;
  const std::string scheme = endpoint.access.current()->tls ? "https://" : "http://";
  std::unique_ptr<Impl> impl(
      new Impl{endpoint.listener.port,
               scheme + host_of(config.listen_address) + ':' + std::to_string(endpoint.listener.port) +
                   config.telemetry_path,
               Responder(config.telemetry_path, limits, std::move(scrape), std::move(reload)),
               Scrapers(std::move(born_at_zero)), nullptr});
  auto guard = ConnectionGuard::start(std::move(endpoint.listener.socket), config, std::move(endpoint.access), limits,
                                      impl->scrapers,
                                      [responder = &impl->responder](const RequestHead& head, bool close, const Viewer& viewer) {
                                        return responder->answer(head, close, viewer);
                                      });
  if (!guard) return guard.error();
  impl->guard = std::move(guard).value();
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

uint16_t MetricsServer::port() const { return impl_->port; }

std::string MetricsServer::url() const { return impl_->url; }

const Scrapers& MetricsServer::scrapers() const { return impl_->scrapers; }

std::map<std::string, uint64_t> MetricsServer::refused() const { return impl_->guard->refused(); }

}  // namespace sockwatch
