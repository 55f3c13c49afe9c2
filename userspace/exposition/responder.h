// Requests to responses by cpp-httplib: it reads the request line, routes, and writes the response, all in
// memory. No socket, and no byte that the guard has not read and judged, ever reaches it.
//
// Any thread, several at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "exposition/request_head.h"
#include "exposition/scrapers.h"
#include "exposition/server_limits.h"
#include "exposition/shared_scrape.h"
#include "exposition/text_format.h"
#include "util/result.h"

namespace sockwatch {

class Responder {
 public:
  using ReloadFunction = std::function<std::shared_ptr<const Result<>>()>;

  /// Without `reload`, reloading is refused.
  Responder(std::string telemetry_path, const ServerLimits& limits, SharedScrape::ScrapeFunction scrape,
            ReloadFunction reload = nullptr);
  ~Responder();

  struct Answer {
    std::string response;  ///< whole
    Shown shown = {};      ///< of the metrics in it
  };

  /// The answer to a GET, a HEAD or a POST without a body; with Connection: close if `close`. Metrics are written for `viewer`.
  Answer answer(const RequestHead& head, bool close, const Viewer& viewer);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace sockwatch
