// Reads the head of a request to the metrics server: strict, bounded, pure. Nothing that fails here reaches
// cpp-httplib, and of what passes only the method and the path do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "exposition/text_format.h"

namespace sockwatch {

/// Field lines in one head; Prometheus sends 6, browsers about 20.
inline constexpr size_t kMaxHeadFields = 100;

/// The one path that is asked for with POST.
inline constexpr std::string_view kReloadPath = "/-/reload";

struct RequestHead {
  std::string method;         ///< as it came
  std::string path;           ///< of the target, percent-encoded as it came, without the query
  bool close = false;         ///< HTTP/1.0, or the client asks for it
  bool has_body = false;      ///< a body follows the head
  bool accepts_gzip = false;  ///< and does not like the plain text better
  std::string authorization;  ///< as it came
  std::string user_agent;     ///< as it came
  std::string scrape_timeout;  ///< X-Prometheus-Scrape-Timeout-Seconds, as it came
  TextFormat format = TextFormat::prometheus;  ///< of the metrics, as Accept asks for it
};

enum class HeadFault {
  malformed,
  too_many_fields,
  unsupported_version,  ///< HTTP, but not 1.0 or 1.1
};

/// Where the head at the front of `bytes` ends: just behind its empty line; npos when it is not complete.
/// Lines may end in a bare LF. `from` is how many bytes an earlier call has seen in vain.
size_t find_head_end(std::string_view bytes, size_t from = 0);

/// `head` is complete, its empty line included.
std::variant<RequestHead, HeadFault> parse_head(std::string_view head);

}  // namespace sockwatch
