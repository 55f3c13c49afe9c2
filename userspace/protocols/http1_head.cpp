#include "protocols/http1_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace sockwatch {
namespace {

constexpr std::string_view kVersion = "HTTP/";
constexpr size_t kMaxMethod = 64;
constexpr size_t kMaxValue = 256;  // of the fields that framing needs

// RFC 9110's tchar.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}
constexpr auto kToken = make_token_table();

bool is_token(char c) { return kToken[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals_lower(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The last of a comma-separated list's elements.
std::string_view last_element(std::string_view list) {
  const size_t comma = list.rfind(',');
  return trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

// The PROXY protocol's first version: a load balancer's line before the first request.
bool is_proxy_line(std::string_view line) {
  return line.starts_with("PROXY TCP4 ") || line.starts_with("PROXY TCP6 ") || line.starts_with("PROXY UNKNOWN");
}

}  // namespace

void Http1Head::clear() {
  method.clear();
  target.clear();
  status = 0;
  http09 = has_length = bad_length = chunked = other_coding = expect_continue = false;
  content_length = 0;
}

void HeadReader::reset() {
  started_ = in_headers_ = false;
  bytes_ = 0;
  field_ = Field::none;
  line_.clear();
  value_.clear();
  head_.clear();
  // Memory that an unusual head made us take is not kept for the usual ones.
  if (line_.capacity() > 1024) line_.shrink_to_fit();
  if (head_.target.capacity() > 1024) head_.target.shrink_to_fit();
}

HeadReader::Step HeadReader::feed(std::string_view bytes) {
  size_t at = 0;
  if (!started_) {
    // Empty lines before a start line are allowed; blanks are tolerated.
    while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n' || is_blank(bytes[at]))) ++at;
    if (at == bytes.size()) return {HeadOutcome::need_more, at};
    started_ = true;
  }
  const size_t start = at;
  const HeadOutcome outcome = read_lines(bytes, at);
  if (started_) bytes_ += at - start;
  return {outcome, at};
}

HeadOutcome HeadReader::read_lines(std::string_view bytes, size_t& at) {
  while (at < bytes.size()) {
    const std::string_view rest = bytes.substr(at);
    if (kind_ == Kind::response && !in_headers_ && line_.size() < kVersion.size()) {
      const std::string_view expected = kVersion.substr(line_.size());
      const size_t n = std::min(expected.size(), rest.size());
      if (rest.substr(0, n) != expected.substr(0, n)) return HeadOutcome::invalid;
    }
    const void* newline = std::memchr(rest.data(), '\n', rest.size());
    if (newline == nullptr) {
      keep(rest);
      at = bytes.size();
      return HeadOutcome::need_more;
    }
    const size_t length = static_cast<const char*>(newline) - rest.data();
    at += length + 1;
    LineOutcome outcome;
    if (line_.empty()) {
      outcome = on_line(rest.substr(0, length));
    } else {
      keep(rest.substr(0, length));
      outcome = on_line(line_);
      line_.clear();
    }
    if (outcome == LineOutcome::end_of_head) return HeadOutcome::complete;
    if (outcome == LineOutcome::invalid) return HeadOutcome::invalid;
    if (outcome == LineOutcome::not_part) return HeadOutcome::need_more;
  }
  return HeadOutcome::need_more;
}

void HeadReader::keep(std::string_view part) {
  if (line_.size() < kMaxLine) line_.append(part.substr(0, kMaxLine - line_.size()));
}

HeadReader::LineOutcome HeadReader::on_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!in_headers_) {
    if (kind_ == Kind::request && is_proxy_line(line)) {
      started_ = false;
      bytes_ = 0;
      return LineOutcome::not_part;
    }
    const bool valid = kind_ == Kind::request ? parse_request_line(line) : parse_status_line(line);
    if (!valid) return LineOutcome::invalid;
    in_headers_ = true;
    return head_.http09 ? LineOutcome::end_of_head : LineOutcome::more;
  }
  if (line.empty()) {
    finish_field();
    return LineOutcome::end_of_head;
  }
  if (is_blank(line.front())) {  // obs-fold: the value goes on
    if (field_ != Field::none && value_.size() < kMaxValue) {
      value_ += ' ';
      value_.append(trim(line).substr(0, kMaxValue));
    }
    return LineOutcome::more;
  }
  finish_field();
  on_field_line(line);
  return LineOutcome::more;
}

bool HeadReader::parse_request_line(std::string_view line) {
  const bool cut = line.size() >= kMaxLine;
  line = trim(line);
  const size_t method_end = line.find_first_of(" \t");
  if (method_end == std::string_view::npos || method_end == 0 || method_end > kMaxMethod) return false;
  const std::string_view method = line.substr(0, method_end);
  if (!std::all_of(method.begin(), method.end(), is_token)) return false;
  std::string_view target = trim(line.substr(method_end));
  if (target.empty()) return false;

  const size_t last_blank = target.find_last_of(" \t");
  const std::string_view version = last_blank == std::string_view::npos ? "" : target.substr(last_blank + 1);
  if (version.substr(0, kVersion.size()) == kVersion && version.size() > kVersion.size()) {
    const char major = version[kVersion.size()];
    if (major != '0' && major != '1') return false;  // HTTP/2's preface is not ours
    target = trim(target.substr(0, last_blank));
    if (target.empty()) return false;
  } else if (!cut) {
    // HTTP/0.9 knew "GET /path" and nothing else.
    if (method != "GET" || last_blank != std::string_view::npos) return false;
    if (target.front() != '/' && target.substr(0, 7) != "http://") return false;
    head_.http09 = true;
  }
  head_.method = method;
  head_.target = target;
  return true;
}

bool HeadReader::parse_status_line(std::string_view line) {
  // HTTP/d.d SP code [SP reason]
  size_t at = line.find(' ');
  if (at == std::string_view::npos || at <= kVersion.size()) return false;
  if (line[kVersion.size()] != '0' && line[kVersion.size()] != '1') return false;
  while (at < line.size() && line[at] == ' ') ++at;
  if (line.size() < at + 3) return false;
  uint16_t status = 0;
  const char* first = line.data() + at;
  const auto [end, error] = std::from_chars(first, first + 3, status);
  if (error != std::errc() || end != first + 3 || status < 100) return false;
  if (line.size() > at + 3 && !is_blank(line[at + 3])) return false;
  head_.status = status;
  return true;
}

void HeadReader::on_field_line(std::string_view line) {
  // The first letter rules out nearly every field.
  const char initial = lower(line.front());
  if (initial != 'c' && initial != 't' && initial != 'e') return;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = trim(line.substr(0, colon));
  if (equals_lower(name, "content-length")) {
    field_ = Field::content_length;
  } else if (equals_lower(name, "transfer-encoding")) {
    field_ = Field::transfer_encoding;
  } else if (kind_ == Kind::request && equals_lower(name, "expect")) {
    field_ = Field::expect;
  } else {
    return;
  }
  value_ = trim(line.substr(colon + 1)).substr(0, kMaxValue);
}

void HeadReader::finish_field() {
  const Field field = std::exchange(field_, Field::none);
  const std::string_view value = trim(value_);
  if (field == Field::content_length) {
    if (head_.has_length || head_.bad_length) return;
    // "5, 5" is what two equal fields become when a proxy joins them.
    const std::string_view number = trim(value.substr(0, value.find(',')));
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), head_.content_length);
    head_.has_length = error == std::errc() && end == number.data() + number.size();
    head_.bad_length = !head_.has_length;
  } else if (field == Field::transfer_encoding) {
    head_.chunked = equals_lower(last_element(value), "chunked");
    head_.other_coding = !head_.chunked;
  } else if (field == Field::expect) {
    head_.expect_continue = equals_lower(value, "100-continue");
  }
}

Likeness looks_like_request(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
  bytes.remove_prefix(at);
  size_t method = 0;
  while (method < bytes.size() && is_token(bytes[method])) ++method;
  if (method > kMaxMethod) return Likeness::no;
  if (method == bytes.size()) return Likeness::maybe;
  if (method == 0 || bytes[method] != ' ') return Likeness::no;
  const size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) return Likeness::maybe;
  return bytes.substr(0, newline).rfind(" HTTP/1.") != std::string_view::npos ? Likeness::yes : Likeness::no;
}

Likeness looks_like_response(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
  bytes.remove_prefix(at);
  constexpr std::string_view start = "HTTP/1.";
  const size_t n = std::min(bytes.size(), start.size());
  if (bytes.substr(0, n) != start.substr(0, n)) return Likeness::no;
  return n == start.size() ? Likeness::yes : Likeness::maybe;
}

}  // namespace sockwatch
