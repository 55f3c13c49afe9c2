// Reads the head of an HTTP/1 message line by line, however it is cut into pieces.
//
// Keeps only the unfinished line (at most kMaxLine bytes: of a longer one the first and the last) and what framing needs; a
// head may be of any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/http1/cache_headers.h"
#include "protocols/http1/trace_id.h"
#include "protocols/proxy_header.h"

namespace sockwatch {

struct Http1Head {
  std::string method;              ///< request
  std::string target;              ///< request
  bool target_cut = false;         ///< request: only the target's first bytes were kept
  uint16_t status = 0;             ///< response
  bool has_length = false;         ///< a Content-Length that is a number
  bool bad_length = false;         ///< a Content-Length that is none, or several that differ: where the body ends is not known
  bool chunked = false;            ///< the last transfer coding is chunked
  bool other_coding = false;       ///< the last transfer coding is another
  bool expect_continue = false;
  uint64_t content_length = 0;
  TraceHeaders trace;              ///< request
  CacheHeaders cache;              ///< response

  void clear();
};

enum class HeadOutcome : uint8_t { need_more, complete, invalid };

class HeadReader {
 public:
  enum class Kind : uint8_t { request, response };
  static constexpr size_t kMaxLine = 16384;
  static constexpr size_t kLineStart = kMaxLine - 32;  ///< of a longer line, the first so many and the last of the rest

  explicit HeadReader(Kind kind) : kind_(kind) {}

  struct Step {
    HeadOutcome outcome;
    size_t consumed;
  };
  /// Feeds the next bytes; takes all of them unless the head ends, or a line that is not part of it does. `complete`: the
  /// head ends after `consumed` bytes. `invalid`: the start line is none of HTTP's; of a response's the bytes up to the first
  /// that is wrong are consumed, its line break never.
  Step feed(std::string_view bytes);

  /// Bytes that it has taken since the last reset().
  uint64_t taken() const { return taken_; }
  /// A byte of the start line has been read.
  bool started() const { return started_; }
  /// The start line has been read, so that method and target, or status, are known.
  bool has_start_line() const { return in_headers_; }
  const Http1Head& head() const { return head_; }
  /// Of a request, also before its line has ended: the method is registered or the target begins like a path, "*" or a URI.
  /// What has neither is text of another kind until HTTP has been seen.
  bool is_plausible() const;
  /// Of a request: the rest of its line is not seen. Whether method and path are known all the same: that its query had begun,
  /// or its target was long, tells so.
  bool end_in_request_line();
  /// Of a response: no more bytes come. Whether its status is known; three digits are all of it.
  bool end_in_status_line();
  void reset();
  size_t memory() const { return line_.capacity() + head_.target.capacity() + value_.capacity(); }
  /// Whether it keeps within its bounds.
  bool consistent() const;

 private:
  enum class Field : uint8_t { none, content_length, transfer_encoding, expect };
  enum class LineOutcome : uint8_t { more, end_of_head, invalid, not_part };

  HeadOutcome read_lines(std::string_view bytes, size_t& at);
  LineOutcome on_line(std::string_view line);
  bool parse_request_line(std::string_view line);
  bool parse_status_line(std::string_view line);
  void on_field_line(std::string_view line);
  void on_telling_field(std::string_view name, std::string_view value);
  void finish_field();
  void add_length(std::string_view value);
  void keep(std::string_view part);
  bool may_be_request_line() const;

  Kind kind_;
  ProxyHeader proxy_;
  bool started_ = false;
  bool in_headers_ = false;
  bool line_cut_ = false;
  uint64_t taken_ = 0;
  Field field_ = Field::none;  ///< whose value is in value_, until the next line shows that it is not folded
  std::string line_;
  std::string value_;
  Http1Head head_;
};

/// Whether bytes may begin a message: no, not enough to tell, or yes.
enum class Likeness : uint8_t { no, maybe, yes };
/// Requests: only those with a registered method, since bytes of a body are asked about too; `yes` takes the whole line, or a
/// path that is half as long as a line may be.
Likeness looks_like_request(std::string_view bytes);
bool is_registered_method(std::string_view method);
Likeness looks_like_response(std::string_view bytes);

}  // namespace sockwatch
