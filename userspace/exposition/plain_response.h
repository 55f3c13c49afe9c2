// The short answers that the guard gives by itself.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

struct PlainResponse {
  int status = 400;
  std::string_view text = {};  ///< one sentence, shown to the client
  bool close = true;           ///< says Connection: close
  bool head_only = false;      ///< the request was a HEAD
};

/// The whole response, head and body.
std::string to_bytes(const PlainResponse& response);

}  // namespace sockwatch
