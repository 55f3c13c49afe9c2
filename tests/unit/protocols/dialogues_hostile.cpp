#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kHostile[] = {
    {"ssh", R"(
      < SSH-2.0-OpenSSH_9.2|
      > SSH-2.0-OpenSSH_9.2|
    )"},
    {"smtp", R"(
      < 220 mail.example.org ESMTP|
      > EHLO a|
      < 250 mail.example.org|
      > GET /a HTTP/1.1||
    )"},
    {"tls", R"(
      > \x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03GET / HTTP/1.1||
      < \x16\x03\x03\0\x7a\x02\0\0v\x03\x03
    )"},
    {"http2_preface", R"(
      > PRI * HTTP/2.0||SM||\0\0\x12\x04
      < \0\0\x12\x04
    )"},
    {"redis", R"(
      > *1|$4|PING|
      < +PONG|
      > *2|$3|GET|$4|/key|
    )"},
    {"a_blank_before_the_method", R"(
      >  GET /a HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"text_that_is_no_request", R"(
      > INSERT INTO t VALUES (1)|
      < ok
      > GET /a HTTP/1.1||
    )"},
    {"text_that_ends_like_a_request", R"(
      > sent from HTTP/1.1|
      < ok
      > GET /a HTTP/1.1||
    )"},
    {"an_unknown_method_with_a_target_like_text_later", R"(
      > FROB /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = FROB /a 200 0 0
      > FROB it HTTP/1.1||
      < HTTP/1.1 400 No|Content-Length: 0||
      = FROB it 400 0 0
    )"},
    {"a_long_line_of_text_that_is_no_request", R"(
      > INSERT INTO t VALUES \{(1), *6000}||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 200 0 0
    )"},
    {"a_long_request_line", R"(
      > GET /\{a*20000} HTTP/1.1||
      < HTTP/1.1 414 Too Long|Content-Length: 0||
      = error target_cut
      = GET /aaaa...[16348] 414 0 0
    )"},
    {"a_long_request_line_behind_a_gap", R"(
      >? 1
      <? 1
      > GET /a?\{q*40000} HTTP/1.1||
      < HTTP/1.1 414 Too Long|Content-Length: 0||
      = error target_cut
      x
      = GET /a?qq...[16348] 414 0 0
    )"},
    {"a_request_line_whose_end_is_not_seen", R"(
      > GET /a?\{q*20000}
      >? 5000
      < HTTP/1.1 414 Too Long|Content-Length: 0||
      = error target_cut
      x
      = GET /a?qq...[16348] 414 0 0
    )"},
    {"a_request_line_whose_query_is_not_seen", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > GET /b?c
      >? 50
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error target_cut
      = GET /b?c 200 0 0
    )"},
    {"a_request_line_whose_path_is_not_seen", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > GET /b
      >? 50
      = error unseen_request
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error orphan_response
    )"},
    {"text_whose_end_is_not_seen", R"(
      > INSERT INTO t VALUES \{(1), *3000}
      >? 5000
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 200 0 0
    )"},
    {"http09", R"(
      > GET /a|
      < <html>old</html>
    )"},
    {"http09_on_a_connection_of_http1", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > GET /b|
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"answer_that_is_not_http", R"(
      > GET /a HTTP/1.1||
      < SSH-2.0-OpenSSH_9.2|HTTP/1.1 200 OK|Content-Length: 0||
      = error bad_response
      x
      = GET /a unknown 0 0
    )"},
    {"answer_that_is_not_http_for_all_that_wait", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < what? I do not understand
      = error bad_response
      x
      = GET /a unknown 0 0
      = GET /b unknown 0 0
    )"},
    {"answer_of_http2", R"(
      > GET /a HTTP/1.1||
      < HTTP/2 200|
      = error bad_response
      x
      = GET /a unknown 0 0
    )"},
    {"status_that_is_none", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 2000 OK||
      = error bad_response
      x
      = GET /a unknown 0 0
    )"},
    {"answer_that_is_not_http_then_the_next_request", R"(
      > GET /a HTTP/1.1||
      < nonsense
      = error bad_response
      > GET /b HTTP/1.1||
      = GET /a unknown 0 0
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"junk_between_responses", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 1||abc|HTTP/1.1 nothing|HTTP/1.1 500 No|Content-Length: 0||
      = GET /a 200 0 1
      = error bad_response
      = error bad_response
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"bad_request_line_takes_its_answer", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > what is this|GET /b HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
      > GET /c HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /c 200 0 0
    )"},
    {"more_body_than_announced", R"(
      > POST /a HTTP/1.1|Content-Length: 3||abcdef|GET /smuggled HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = POST /a 200 3 0
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"bad_chunk_in_the_response", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|what|
      = error bad_chunk
      <.
      = GET /a 200 0 16
      = GET /b unknown 0 0
    )"},
    {"bad_chunk_in_the_request", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||what|GET /inside HTTP/1.1||
      = error bad_chunk
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = POST /a 400 30 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"numbers_that_are_too_large", R"(
      > POST /a HTTP/1.1|Content-Length: 99999999999999999999||abc
      < HTTP/1.1 200 OK|Content-Length: 99999999999999999999||abc
      x
      = POST /a 200 3 3
    )"},
    {"a_length_that_never_comes", R"(
      > POST /a HTTP/1.1|Content-Length: 18446744073709551615||abc
      < HTTP/1.1 200 OK|Content-Length: 18446744073709551615||abc
      x
      = POST /a 200 3 3
    )"},
    {"a_chunk_that_is_too_large", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||ffffffffffffffffffff|abc
      = error bad_chunk
      x
      = GET /a 200 0 25
    )"},
    {"lengths_with_signs_are_none", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: +3||abc
      x
      = GET /a 200 0 3
    )"},
    {"negative_length", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: -3||abc
      x
      = GET /a 200 0 3
    )"},
    {"nul_bytes", R"(
      > GET /\0a HTTP/1.1|\0X: \0||
      < HTTP/1.1 200 \0|\0: \0|Content-Length: 2||\0\0
      = GET /\x00a 200 0 2
    )"},
    {"client_speaks_like_a_server", R"(
      > HTTP/1.1 200 OK|Content-Length: 0||
      = error orphan_response
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
    )"},
    {"proxy_lines_without_end", R"(
      > \{PROXY UNKNOWN|*200}GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
    {"many_interim_heads", R"(
      > GET /a HTTP/1.1||
      < \{HTTP/1.1 103 Early||*200}HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
};

}  // namespace

std::span<const Dialogue> hostile_dialogues() { return kHostile; }

}  // namespace sockwatch
