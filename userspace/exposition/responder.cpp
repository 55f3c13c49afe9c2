#include "exposition/responder.h"

#include <httplib.h>

#include <algorithm>
#include <string_view>

#include "exposition/gzip.h"
#include "exposition/landing_page.h"
#include "exposition/text_format.h"

namespace sockwatch {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";

/// What a handler hears of a request beside its method and path, and says of the answer beside its bytes: the library passes on
/// neither. Accept-Encoding is kept from it: it would act on it by itself, without regard to quality values.
struct Exchange {
  const RequestHead& head;
  const Viewer& viewer;
  Shown shown = {};
};
/// The one that this thread is at: the library calls handlers on the thread that calls it.
thread_local Exchange* current_exchange = nullptr;

/// One request head to read and a string to write to. The functions are those of every version's Stream, so
/// none can be marked as an override.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view input) : input_(input) {}

  std::string take_output() { return std::move(output_); }

  bool is_readable() const { return !input_.empty(); }
  bool wait_readable() const { return is_readable(); }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t read(char* to, size_t size) {
    const size_t taken = input_.copy(to, size);
    input_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, size_t size) {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  using httplib::Stream::write;
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return INVALID_SOCKET; }
  time_t duration() const { return 0; }

 private:
  std::string_view input_;
  std::string output_;
};

void set_text(httplib::Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text, kPlainText);
}

}  // namespace

class Responder::Server final : private httplib::Server {
 public:
  Server(std::string telemetry_path, const ServerLimits& limits, SharedScrape::ScrapeFunction scrape,
         ReloadFunction reload)
      : telemetry_path_(std::move(telemetry_path)),
        landing_page_(landing_page(telemetry_path_)),
        scrape_(std::move(scrape)),
        reload_(std::move(reload)) {
    // Only for what the Keep-Alive field says; the guard is who keeps these bounds.
    set_keep_alive_max_count(limits.max_requests);
    set_keep_alive_timeout(std::chrono::duration_cast<std::chrono::seconds>(limits.idle_timeout).count());
    // Exact paths, compared: the library's own routes are regular expressions.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      route(request, response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
      response.set_header("X-Content-Type-Options", "nosniff");
      response.headers.erase("Accept-Ranges");  // promised to every HEAD, and not kept
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, auto&&...) {
      set_text(response, 500, "Something went wrong inside sockwatch.\n");
    });
  }

  Answer answer(const RequestHead& head, bool close, const Viewer& viewer) {
    const std::string input = head.method + ' ' + head.path + " HTTP/1.1\r\n\r\n";
    MemoryStream stream(input);
    Exchange exchange{.head = head, .viewer = viewer};
    current_exchange = &exchange;
    call(*this, stream, close);
    current_exchange = nullptr;
    return {.response = stream.take_output(), .shown = exchange.shown};
  }

 private:
  /// The library has changed what process_request takes: addresses came in between 0.11 and 0.18.
  template <typename Self>
  static void call(Self& self, httplib::Stream& stream, bool close) {
    bool closed = false;
    if constexpr (requires { self.process_request(stream, close, closed, nullptr); }) {
      self.process_request(stream, close, closed, nullptr);
    } else {
      self.process_request(stream, std::string(), 0, std::string(), 0, close, closed, nullptr);
    }
  }

  void route(const httplib::Request& request, httplib::Response& response) {
    if (request.path == telemetry_path_) return metrics(*current_exchange, response);
    if (request.path == "/") return home(response);
    if (request.path == "/-/healthy") return set_text(response, 200, "sockwatch is healthy.\n");
    if (request.path == "/-/ready") {
      return scrape_.ready() ? set_text(response, 200, "sockwatch is ready.\n")
                             : set_text(response, 503, "sockwatch is not ready yet.\n");
    }
    if (request.path == kReloadPath) return reload(request, response);
    set_text(response, 404, "There is nothing here; the page at / shows what there is.\n");
  }

  void metrics(Exchange& exchange, httplib::Response& response) {
    const std::shared_ptr<const Snapshot> snapshot = scrape_.take();
    if (!snapshot) return set_text(response, 503, "sockwatch is not ready yet.\n");
    const TextFormat format = exchange.head.format;
    if (Gzip gzip; exchange.head.accepts_gzip && gzip) {
      write_text(*snapshot, format, [&](std::string_view piece) { gzip.add(piece); }, exchange.viewer);
      response.body = gzip.finish();
      response.set_header("Content-Encoding", "gzip");
    } else {
      write_text(*snapshot, format, response.body, exchange.viewer);
    }
    response.status = 200;
    exchange.shown = {.newest_birth = snapshot->newest_birth, .taken_ns = snapshot->taken_ns};
    response.set_header("Content-Type", std::string(content_type(format)));
    response.set_header("Vary", "Accept, Accept-Encoding");
  }

  void reload(const httplib::Request& request, httplib::Response& response) const {
    if (request.method != "POST") {
      response.set_header("Allow", "POST");
      return set_text(response, 405, "Only POST is allowed here.\n");
    }
    if (!reload_)
      return set_text(response, 403,
                      "Reloading over HTTP is switched off: send the agent SIGHUP, or start it with "
                      "--web.enable-lifecycle.\n");
    const std::shared_ptr<const Result<>> reloaded = reload_();
    if (!reloaded) return set_text(response, 503, "sockwatch did not answer in time.\n");
    if (!*reloaded)
      return set_text(
          response, 500,
          "The configuration has mistakes; the one in force stays.\n" + reloaded->error().message + "\n");
    set_text(response, 200, "The configuration has been read anew.\n");
  }

  void home(httplib::Response& response) const {
    response.status = 200;
    response.set_content(landing_page_, "text/html; charset=utf-8");
    response.set_header("Content-Security-Policy", std::string(landing_page_policy()));
    response.set_header("Referrer-Policy", "no-referrer");
  }

  const std::string telemetry_path_;
  const std::string landing_page_;
  SharedScrape scrape_;
  const ReloadFunction reload_;
};

Responder::Responder(std::string telemetry_path, const ServerLimits& limits,
                     SharedScrape::ScrapeFunction scrape, ReloadFunction reload)
    : server_(std::make_unique<Server>(std::move(telemetry_path), limits, std::move(scrape),
                                       std::move(reload))) {}

Responder::~Responder() = default;

Responder::Answer Responder::answer(const RequestHead& head, bool close, const Viewer& viewer) {
  return server_->answer(head, close, viewer);
}

}  // namespace sockwatch
