#include "exposition/plain_response.h"

namespace sockwatch {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace

std::string to_bytes(const PlainResponse& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_phrase(response.status);
  out += "\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
  if (response.status == 405) out += "Allow: GET, HEAD\r\n";
  if (response.status == 401) out += "WWW-Authenticate: Basic realm=\"sockwatch\", charset=\"UTF-8\"\r\n";
  if (response.close) out += "Connection: close\r\n";
  out += "Content-Length: " + std::to_string(response.text.size() + 1) + "\r\n\r\n";
  if (!response.head_only) {
    out += response.text;
    out += '\n';
  }
  return out;
}

}  // namespace sockwatch
