// Lines that are no request, and what servers say to them; lengths that cannot be believed; bytes that belong to nothing.
#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kRefusals[] = {
    {"first_line_of_another_version", R"(
      > GET /a HTTP/9.9|Host: a||
      < HTTP/1.1 505 No|Content-Length: 2||no
      = error bad_request_line
      = _OTHER _other 505 0 2
    )"},
    {"first_line_that_is_no_request", R"(
      > foo||
      < HTTP/1.1 400 Bad|Connection: close|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"preface_of_http2_refused", R"(
      > PRI * HTTP/2.0||SM||
      < HTTP/1.1 400 Bad||
      = error bad_request_line
      <.
      = _OTHER _other 400 0 0
    )"},
    {"tls_to_a_plain_port", R"(
      > \x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"no_request_and_a_status_line_that_is_cut_off", R"(
      > foo bar|
      < HTTP/1.1 400
      = error bad_request_line
      x
      = _OTHER _other 400 0 0
    )"},
    {"a_method_that_is_too_long_refused", R"(
      > \{A*65} /a HTTP/1.1||
      < HTTP/1.1 405 No|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 405 0 0
    )"},
    {"longest_method", R"(
      > \{A*64} /a HTTP/1.1||
      < HTTP/1.1 405 No|Content-Length: 0||
      = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /a 405 0 0
    )"},
    {"many_empty_lines_first", R"(
      > \{|*200}
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
    {"first_line_not_answered_in_http", R"(
      > EHLO there and here|
      < 250 there
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
    )"},
    {"first_line_never_answered", R"(
      > foo bar|
      x
    )"},
    {"first_line_whose_answer_cannot_come", R"(
      > GET /a HTTZ/1.1||
      <.
      > hello
      > GET /b HTTP/1.1||
    )"},
    {"server_speaks_first", R"(
      < 220 there|
      > HTTX|
    )"},
    {"bad_line_that_is_passed_over", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > what is this|
      = error bad_request_line
      < HTTP/1.1 103 Early||
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"bad_line_behind_requests_that_wait", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||GET /c HTTP/3.0||GET /d HTTP/1.1||
      = error bad_request_line
      < HTTP/1.1 200 OK|Content-Length: 0||HTTP/1.1 404 No|Content-Length: 1||x
      = GET /a 200 0 0
      = GET /b 404 0 1
      < HTTP/1.1 505 No|Content-Length: 0||
      = _OTHER _other 505 0 0
    )"},
    {"bad_line_not_answered_before_the_end", R"(
      > GET /a HTTP/1.1||what is this|
      = error bad_request_line
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
    {"first_line_refused_whose_run_is_not_seen_to_its_end", R"(
      > \x16\x03\x01
      >? 500
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
    {"a_body_without_an_end_that_is_never_answered", R"(
      > POST /a HTTP/1.1|Content-Length: twelve||twelve
      <.
      = POST /a aborted 6 0
      > GET /b HTTP/1.1||
    )"},
    {"lengths_that_differ", R"(
      > POST /a HTTP/1.1|Content-Length: 0|Content-Length: 35||GET /smuggled HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = POST /a 400 26 0
    )"},
    {"lengths_that_differ_in_a_list", R"(
      > POST /a HTTP/1.1|Content-Length: 26, 27||GET /smuggled HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = POST /a 400 26 0
    )"},
    {"lengths_that_are_equal", R"(
      > POST /a HTTP/1.1|Content-Length: 2|Content-Length: 2, 2||hiGET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||HTTP/1.1 200 OK|Content-Length: 1, 1||x
      = POST /a 200 2 0
      = GET /b 200 0 1
    )"},
    {"lengths_that_differ_in_the_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 2||hello
      = error bad_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 5
      = GET /b 200 0 0
    )"},
    {"stray_bytes_behind_a_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||hello
      = GET /a 200 0 2
      = error bad_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"a_body_behind_the_answer_to_head", R"(
      > HEAD /a HTTP/1.1||
      < HTTP/1.1 404 No|Content-Length: 5||hello
      = HEAD /a 404 0 0
      = error bad_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
};

}  // namespace

std::span<const Dialogue> refusal_dialogues() { return kRefusals; }

}  // namespace sockwatch
