#include "protocols/http1/head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "protocols/ascii.h"

namespace sockwatch {
namespace {

constexpr std::string_view kVersion = "HTTP/";
constexpr size_t kMaxMethod = 64;
constexpr size_t kMaxValue = 256;  // of the fields that framing needs

// IANA's registry of HTTP methods.
constexpr std::string_view kMethods[] = {
    "GET",           "POST",   "HEAD",       "PUT",       "DELETE",     "OPTIONS",           "PATCH",
    "CONNECT",       "TRACE",  "ACL",        "BIND",      "CHECKIN",    "BASELINE-CONTROL",  "CHECKOUT",
    "COPY",          "LABEL",  "LINK",       "LOCK",      "MERGE",      "MKACTIVITY",        "MKCALENDAR",
    "MKCOL",         "MOVE",   "ORDERPATCH", "PROPFIND",  "PROPPATCH",  "MKREDIRECTREF",     "MKWORKSPACE",
    "QUERY",         "REBIND", "REPORT",     "SEARCH",    "UNBIND",     "UNCHECKOUT",        "UNLINK",
    "UNLOCK",        "UPDATE", "UPDATEREDIRECTREF",       "VERSION-CONTROL",
};

// RFC 9110's tchar.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}
constexpr auto kToken = make_token_table();

// The first letters of the fields that tell something: they rule out nearly every other.
constexpr std::array<bool, 256> make_initials(std::string_view letters) {
  std::array<bool, 256> table{};
  for (const char c : letters) table[static_cast<unsigned char>(c)] = table[static_cast<unsigned char>(c - 'a' + 'A')] = true;
  return table;
}
constexpr std::array<bool, 256> kInitials[] = {make_initials("cetbx"), make_initials("cetax")};  // by HeadReader::Kind

bool is_token(char c) { return kToken[static_cast<unsigned char>(c)]; }

// The last of a comma-separated list's elements.
std::string_view last_element(std::string_view list) {
  const size_t comma = list.rfind(',');
  return trim_blanks(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

// The PROXY protocol's first version: a load balancer's line before the first request.
bool is_proxy_line(std::string_view line) {
  return line.starts_with("PROXY TCP4 ") || line.starts_with("PROXY TCP6 ") || line.starts_with("PROXY UNKNOWN");
}

// A target in origin-form, asterisk-form or absolute-form; of one that is not whole, as far as it goes.
bool looks_like_target(std::string_view text, bool whole) {
  if (text.empty()) return !whole;
  if (text.front() == '/' || text.front() == '*') return true;
  const auto end = std::find_if_not(text.begin(), text.end(), is_token);
  constexpr std::string_view separator = "://";
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.begin()), separator.size());
  return end != text.begin() && (whole ? rest == separator : separator.starts_with(rest));
}

}  // namespace

void Http1Head::clear() {
  method.clear();
  target.clear();
  status = 0;
  target_cut = has_length = bad_length = chunked = other_coding = expect_continue = false;
  content_length = 0;
  trace.clear();
  cache.clear();
}

void HeadReader::reset() {
  started_ = in_headers_ = line_cut_ = false;
  taken_ = 0;
  proxy_ = {};
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
    if (kind_ == Kind::request) at = proxy_.take(bytes);
    if (at == ProxyHeader::kNotOne) return {HeadOutcome::invalid, 0};
    // Empty lines before a start line are allowed.
    while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
    if (at == bytes.size()) {
      taken_ += at;
      return {HeadOutcome::need_more, at};
    }
    started_ = true;
  }
  const HeadOutcome outcome = read_lines(bytes, at);
  taken_ += at;
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
      return may_be_request_line() ? HeadOutcome::need_more : HeadOutcome::invalid;
    }
    const size_t length = static_cast<const char*>(newline) - rest.data();
    at += length + 1;
    LineOutcome outcome;
    if (line_.empty() && length <= kMaxLine) {
      outcome = on_line(rest.substr(0, length));
    } else {
      keep(rest.substr(0, length));
      outcome = on_line(line_);
      line_.clear();
      line_cut_ = false;
    }
    if (outcome == LineOutcome::end_of_head) return HeadOutcome::complete;
    if (outcome == LineOutcome::invalid) {
      --at;
      return HeadOutcome::invalid;
    }
    if (outcome == LineOutcome::not_part) return HeadOutcome::need_more;
  }
  return HeadOutcome::need_more;
}

// The end of a line that is too long is kept too: it tells a request line from any other text.
void HeadReader::keep(std::string_view part) {
  constexpr size_t kLineEnd = kMaxLine - kLineStart;
  if (part.size() > kMaxLine - line_.size()) {
    line_cut_ = true;
    if (line_.size() < kLineStart) {
      const size_t n = kLineStart - line_.size();
      line_.append(part.substr(0, n));
      part.remove_prefix(n);
    }
    if (part.size() > kLineEnd) part.remove_prefix(part.size() - kLineEnd);
  }
  line_.append(part);
  if (line_.size() > kMaxLine) line_.erase(kLineStart, line_.size() - kMaxLine);
}

// False once the line under way cannot become a request line, so that nothing waits for the end of what has no lines.
bool HeadReader::may_be_request_line() const {
  if (kind_ != Kind::request || in_headers_) return true;
  const std::string_view start = std::string_view(line_).substr(0, kMaxMethod + 1);
  const auto end = std::find_if_not(start.begin(), start.end(), is_token);
  return end == start.end() ? start.size() <= kMaxMethod : end != start.begin() && is_blank(*end);
}

HeadReader::LineOutcome HeadReader::on_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!in_headers_) {
    if (kind_ == Kind::request && is_proxy_line(line)) {
      started_ = false;
      return LineOutcome::not_part;
    }
    const bool valid = kind_ == Kind::request ? parse_request_line(line) : parse_status_line(line);
    if (!valid) return LineOutcome::invalid;
    in_headers_ = true;
    return LineOutcome::more;
  }
  if (line.empty()) {
    finish_field();
    return LineOutcome::end_of_head;
  }
  if (is_blank(line.front())) {  // obs-fold: the value goes on
    if (field_ != Field::none && value_.size() < kMaxValue) {
      value_ += ' ';
      value_.append(trim_blanks(line).substr(0, kMaxValue));
    }
    return LineOutcome::more;
  }
  finish_field();
  on_field_line(line);
  return LineOutcome::more;
}

bool HeadReader::parse_request_line(std::string_view line) {
  const size_t method_end = line.find_first_of(" \t");
  if (method_end == std::string_view::npos || method_end == 0 || method_end > kMaxMethod) return false;
  const std::string_view method = line.substr(0, method_end);
  if (!std::all_of(method.begin(), method.end(), is_token)) return false;

  std::string_view target = trim_blanks(line.substr(method_end));
  const size_t last_blank = target.find_last_of(" \t");
  if (last_blank == std::string_view::npos) return false;  // HTTP/0.9 is not ours
  const std::string_view version = target.substr(last_blank + 1);
  if (version.substr(0, kVersion.size()) != kVersion || version.size() == kVersion.size()) return false;
  const char major = version[kVersion.size()];
  if (major != '0' && major != '1') return false;  // nor is HTTP/2's preface
  target = trim_blanks(target.substr(0, last_blank));
  if (target.empty()) return false;
  if (line_cut_) target = target.substr(0, static_cast<size_t>(line_.data() + kLineStart - target.data()));
  head_.target_cut = line_cut_;
  head_.method = method;
  head_.target = target;
  return true;
}

bool HeadReader::parse_status_line(std::string_view line) {
  // HTTP/d.d SP code [SP reason]; the blank before the reason may be missing
  size_t at = line.find(' ');
  if (at == std::string_view::npos || at <= kVersion.size()) return false;
  if (line[kVersion.size()] != '0' && line[kVersion.size()] != '1') return false;
  while (at < line.size() && line[at] == ' ') ++at;
  if (line.size() < at + 3) return false;
  uint16_t status = 0;
  const char* first = line.data() + at;
  const auto [end, error] = std::from_chars(first, first + 3, status);
  if (error != std::errc() || end != first + 3 || status < 100) return false;
  if (line.size() > at + 3 && line[at + 3] >= '0' && line[at + 3] <= '9') return false;
  head_.status = status;
  return true;
}

bool HeadReader::is_plausible() const {
  if (in_headers_) return is_registered_method(head_.method) || looks_like_target(head_.target, true);
  const std::string_view line = line_;
  if (line.starts_with("PROXY ")) return true;
  const size_t method_end = std::min(line.find_first_of(" \t"), line.size());
  return is_registered_method(line.substr(0, method_end)) || looks_like_target(trim_blanks(line.substr(method_end)), false);
}

bool HeadReader::end_in_request_line() {
  if (in_headers_) return true;
  std::string_view line = line_;
  if (line_cut_) line = line.substr(0, kLineStart);
  const size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos || !is_registered_method(line.substr(0, method_end))) return false;
  std::string_view target = trim_blanks(line.substr(method_end));
  target = target.substr(0, target.find_first_of(" \t"));
  if (target.empty() || !looks_like_target(target, true)) return false;
  if (!line_cut_ && target.find('?') == std::string_view::npos) return false;
  head_.target_cut = in_headers_ = true;
  head_.method = line.substr(0, method_end);
  head_.target = target;
  return true;
}

bool HeadReader::end_in_status_line() {
  in_headers_ = in_headers_ || parse_status_line(line_);
  return in_headers_;
}

void HeadReader::on_field_line(std::string_view line) {
  if (!kInitials[static_cast<size_t>(kind_)][static_cast<unsigned char>(line.front())]) return;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = trim_blanks(line.substr(0, colon));
  if (equals_lower(name, "content-length")) {
    field_ = Field::content_length;
  } else if (equals_lower(name, "transfer-encoding")) {
    field_ = Field::transfer_encoding;
  } else if (kind_ == Kind::request && equals_lower(name, "expect")) {
    field_ = Field::expect;
  } else {
    if (!line_cut_) on_telling_field(name, trim_blanks(line.substr(colon + 1)));
    return;
  }
  value_ = trim_blanks(line.substr(colon + 1)).substr(0, kMaxValue);
}

// Fields that framing does not need. The first line of a folded value counts.
void HeadReader::on_telling_field(std::string_view name, std::string_view value) {
  if (kind_ == Kind::request) {
    if (equals_lower(name, "traceparent")) head_.trace.traceparent(value);
    if (equals_lower(name, "b3")) head_.trace.b3(value);
    if (equals_lower(name, "x-b3-traceid")) head_.trace.x_b3_trace_id(value);
  } else {
    if (equals_lower(name, "cache-status")) head_.cache.cache_status(value);
    if (equals_lower(name, "cf-cache-status")) head_.cache.cf_cache_status(value);
    if (equals_lower(name, "x-cache")) head_.cache.x_cache(value);
    if (equals_lower(name, "age")) head_.cache.age(value);
  }
}

void HeadReader::finish_field() {
  const Field field = std::exchange(field_, Field::none);
  const std::string_view value = trim_blanks(value_);
  if (field == Field::content_length) {
    add_length(value);
  } else if (field == Field::transfer_encoding) {
    const std::string_view last = last_element(value);
    head_.chunked = equals_lower(last, "chunked");
    head_.other_coding = !head_.chunked && !last.empty() && !equals_lower(last, "identity");
  } else if (field == Field::expect) {
    head_.expect_continue = equals_lower(value, "100-continue");
  }
}

// "5, 5" is what two equal fields become when a proxy joins them. Of lengths that differ none can be believed: whoever takes another
// one than the server does makes requests out of a body.
void HeadReader::add_length(std::string_view value) {
  for (bool more = value_.size() < kMaxValue; more;) {
    const size_t comma = value.find(',');
    const std::string_view number = trim_blanks(value.substr(0, comma));
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), length);
    const bool is_number = error == std::errc() && end == number.data() + number.size();
    if (!is_number || (head_.has_length && length != head_.content_length)) break;
    head_.has_length = true;
    head_.content_length = length;
    more = comma != std::string_view::npos;
    if (!more) return;
    value.remove_prefix(comma + 1);
  }
  head_.bad_length = true;
}

bool HeadReader::consistent() const {
  return line_.size() <= kMaxLine && value_.size() <= 2 * kMaxValue + 1 && head_.method.size() <= kMaxMethod && head_.target.size() <= kMaxLine;
}

bool is_registered_method(std::string_view method) {
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

Likeness looks_like_request(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
  bytes.remove_prefix(at);
  const size_t blank = bytes.substr(0, kMaxMethod).find(' ');
  if (blank == std::string_view::npos) {
    const bool begins = std::any_of(std::begin(kMethods), std::end(kMethods),
                                    [&](std::string_view method) { return method.starts_with(bytes); });
    return begins ? Likeness::maybe : Likeness::no;
  }
  if (!is_registered_method(bytes.substr(0, blank))) return Likeness::no;
  const size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) {
    const std::string_view target = bytes.substr(blank + 1, HeadReader::kMaxLine - blank - 1);
    const bool long_path = target.size() > HeadReader::kMaxLine / 2 && target.front() == '/';
    return long_path && target.find(' ') == std::string_view::npos ? Likeness::yes : Likeness::maybe;
  }
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
