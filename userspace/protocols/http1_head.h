// Reads the head of an HTTP/1 message line by line, however it is cut into pieces.
//
// Keeps only the unfinished line (at most kMaxLine bytes; what is longer is cut) and what framing needs; a head may be
// of any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sockwatch {

struct Http1Head {
  std::string method;              ///< request
  std::string target;              ///< request; cut at HeadReader::kMaxLine
  uint16_t status = 0;             ///< response
  bool http09 = false;             ///< request line without a version
  bool has_length = false;         ///< a Content-Length that is a number; the first counts
  bool bad_length = false;         ///< a Content-Length that is none
  bool chunked = false;            ///< the last transfer coding is chunked
  bool other_coding = false;       ///< the last transfer coding is another
  bool expect_continue = false;
  uint64_t content_length = 0;

  void clear();
};

enum class HeadOutcome : uint8_t { need_more, complete, invalid };

class HeadReader {
 public:
  enum class Kind : uint8_t { request, response };
  static constexpr size_t kMaxLine = 16384;

  explicit HeadReader(Kind kind) : kind_(kind) {}

  struct Step {
    HeadOutcome outcome;
    size_t consumed;
  };
  /// Feeds the next bytes; takes all of them unless the head ends, or a line that is not part of it does. `complete`: the head ends after `consumed` bytes. `invalid`: the start line is none of HTTP's:
  /// a request's whole line is consumed, a response's up to the first byte that is wrong.
  Step feed(std::string_view bytes);

  /// Bytes taken since the start line began.
  uint64_t bytes() const { return bytes_; }
  /// A byte of the start line has been read.
  bool started() const { return started_; }
  /// The start line has been read, so that method and target, or status, are known.
  bool has_start_line() const { return in_headers_; }
  const Http1Head& head() const { return head_; }
  void reset();
  size_t memory() const { return line_.capacity() + head_.target.capacity() + value_.capacity(); }

 private:
  enum class Field : uint8_t { none, content_length, transfer_encoding, expect };
  enum class LineOutcome : uint8_t { more, end_of_head, invalid, not_part };

  HeadOutcome read_lines(std::string_view bytes, size_t& at);
  LineOutcome on_line(std::string_view line);
  bool parse_request_line(std::string_view line);
  bool parse_status_line(std::string_view line);
  void on_field_line(std::string_view line);
  void finish_field();
  void keep(std::string_view part);

  Kind kind_;
  bool started_ = false;
  bool in_headers_ = false;
  Field field_ = Field::none;  ///< whose value is in value_, until the next line shows that it is not folded
  uint64_t bytes_ = 0;
  std::string line_;
  std::string value_;
  Http1Head head_;
};

/// Whether bytes may begin a request line: no, not enough to tell, or yes.
enum class Likeness : uint8_t { no, maybe, yes };
Likeness looks_like_request(std::string_view bytes);
Likeness looks_like_response(std::string_view bytes);

}  // namespace sockwatch
