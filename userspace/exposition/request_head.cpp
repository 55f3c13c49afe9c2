#include "exposition/request_head.h"

#include <algorithm>
#include <optional>

#include "exposition/accept.h"
#include "exposition/accept_encoding.h"
#include "exposition/field_value.h"

namespace sockwatch {
namespace {

constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_token_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kTokenPunctuation.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

/// Anything but control characters and the space; bytes from 0x80 on are somebody's file name.
bool is_target_char(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

bool is_value_char(char c) { return c == ' ' || c == '\t' || is_target_char(c); }

/// Takes a line off the front of `text`.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The path part of an origin-form or absolute-form target.
std::string_view path_of(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (target.size() >= scheme.size() && equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    target.remove_prefix(scheme.size());
    const size_t authority = target.find_first_of("/?");
    target.remove_prefix(std::min(authority, target.size()));
    if (!target.starts_with('/')) return "/";
  }
  return target.substr(0, target.find_first_of("?#"));
}

std::optional<HeadFault> parse_request_line(std::string_view line, RequestHead& head) {
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return HeadFault::malformed;
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);
  if (!is_token(method) || target.empty() || !std::ranges::all_of(target, is_target_char)) {
    return HeadFault::malformed;
  }
  constexpr std::string_view example = "HTTP/1.1";
  if (version.size() != example.size() || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return HeadFault::malformed;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return HeadFault::unsupported_version;
  head.method = method;
  head.path = path_of(target);
  head.close = version == "HTTP/1.0";
  return std::nullopt;
}

bool lists(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const size_t comma = value.find(',');
    if (equal_ignoring_case(trim(value.substr(0, comma)), token)) return true;
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return false;
}

}  // namespace

size_t find_head_end(std::string_view bytes, size_t from) {
  // The end may be split: step back by its length less one, "\n\r\n".
  constexpr size_t overlap = 2;
  size_t newline = bytes.find('\n', from > overlap ? from - overlap : 0);
  while (newline != std::string_view::npos) {
    const std::string_view next = bytes.substr(newline + 1, 2);
    if (next.starts_with('\n')) return newline + 2;
    if (next == "\r\n") return newline + 3;
    newline = bytes.find('\n', newline + 1);
  }
  return std::string_view::npos;
}

std::variant<RequestHead, HeadFault> parse_head(std::string_view text) {
  RequestHead head;
  if (const auto fault = parse_request_line(take_line(text), head)) return *fault;
  EncodingPreferences encodings;
  FormatPreferences formats;
  size_t fields = 0;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    if (++fields > kMaxHeadFields) return HeadFault::too_many_fields;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return HeadFault::malformed;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!std::ranges::all_of(value, is_value_char)) return HeadFault::malformed;
    if (equal_ignoring_case(name, "Connection")) {
      head.close = head.close || lists(value, "close");
    } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
      head.has_body = true;
    } else if (equal_ignoring_case(name, "Content-Length")) {
      if (value.empty() || !std::ranges::all_of(value, is_digit)) return HeadFault::malformed;
      head.has_body = head.has_body || value.find_first_not_of('0') != std::string_view::npos;
    } else if (equal_ignoring_case(name, "Accept-Encoding")) {
      encodings.add(value);
    } else if (equal_ignoring_case(name, "Authorization")) {
      if (!head.authorization.empty()) return HeadFault::malformed;  // which of them would be meant?
      head.authorization = value;
    } else if (equal_ignoring_case(name, "User-Agent")) {
      head.user_agent = value;
    } else if (equal_ignoring_case(name, "X-Prometheus-Scrape-Timeout-Seconds")) {
      head.scrape_timeout = value;
    } else if (equal_ignoring_case(name, "Accept")) {
      formats.add(value);
    }
  }
  head.accepts_gzip = encodings.accepts_gzip();
  head.format = formats.best();
  return head;
}

}  // namespace sockwatch
