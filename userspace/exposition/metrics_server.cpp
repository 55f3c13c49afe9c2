#include "exposition/metrics_server.h"

#include "exposition/connection_guard.h"
#include "exposition/responder.h"

namespace sockwatch {

struct MetricsServer::Impl {
  uint16_t port = 0;
  Responder responder;
  std::unique_ptr<ConnectionGuard> guard;  ///< last: its threads use the responder
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(Listener listener, const WebConfig& config,
                                                            ScrapeFunction scrape, ReloadFunction reload,
                                                            const ServerLimits& limits) {
  auto access = WebAccessFile::open(config.config_file);
  if (!access) return access.error();
  if (!config.enable_lifecycle) reload = nullptr;
  std::unique_ptr<Impl> impl(
      new Impl{listener.port, Responder(config.telemetry_path, limits, std::move(scrape), std::move(reload)),
               nullptr});
  auto guard = ConnectionGuard::start(std::move(listener.socket), config, std::move(access).value(), limits,
                                      [responder = &impl->responder](const RequestHead& head, bool close) {
                                        return responder->answer(head, close);
                                      });
  if (!guard) return guard.error();
  impl->guard = std::move(guard).value();
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

uint16_t MetricsServer::port() const { return impl_->port; }

std::map<std::string, uint64_t> MetricsServer::refused() const { return impl_->guard->refused(); }

}  // namespace sockwatch
