#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kEndings[] = {
    {"closed_before_the_request", R"(
      x
    )"},
    {"closed_in_the_request_line", R"(
      > GET /a HT
      x
    )"},
    {"closed_in_the_head", R"(
      > GET /a HTTP/1.1|Host: a
      x
    )"},
    {"closed_in_the_head_of_the_second_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /a 204 0 0
      > GET /b HTTP/1.1|Host: a
      x
    )"},
    {"closed_in_the_body_of_the_request", R"(
      > POST /a HTTP/1.1|Content-Length: 10||abc
      x
      = POST /a aborted 3 0
    )"},
    {"closed_before_the_response", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      x
      = GET /a aborted 0 0
      = GET /b aborted 0 0
    )"},
    {"closed_after_interim_heads", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 100 Continue||HTTP/1.1 103 Early|Li
      x
      = GET /a aborted 0 0
    )"},
    {"closed_in_the_version_of_the_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 20
      x
      = GET /a unknown 0 0
    )"},
    {"closed_in_the_version_of_the_first_of_two_responses", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1
      x
      = GET /a unknown 0 0
      = GET /b aborted 0 0
    )"},
    {"closed_in_the_reason_of_the_response", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 404 Not Fo
      x
      = GET /a 404 0 0
      = GET /b aborted 0 0
    )"},
    {"closed_behind_the_status_of_the_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 404
      x
      = GET /a 404 0 0
    )"},
    {"closed_in_the_line_of_an_interim_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 103 Ear
      x
      = GET /a aborted 0 0
    )"},
    {"closed_in_the_head_of_the_response", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 404 No|Content-Len
      x
      = GET /a 404 0 0
      = GET /b aborted 0 0
    )"},
    {"closed_in_the_head_of_an_upgrade", R"(
      > GET /ws HTTP/1.1|Upgrade: websocket||GET /inside HTTP/1.1||
      < HTTP/1.1 101 Switching|Upgra
      x
      = GET /ws 101 0 0
    )"},
    {"closed_in_the_body_of_the_response", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 10||abc
      x
      = GET /a 200 0 3
      = GET /b aborted 0 0
    )"},
    {"closed_in_a_chunked_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|he
      x
      = GET /a 200 0 5
    )"},
    {"close_delimited", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 200 OK||HTTP/1.1 500 No|Content-Length: 0||
      < the end
      x
      = GET /a 200 0 45
      = GET /b aborted 0 0
    )"},
    {"close_delimited_and_empty", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK||
      <.
      = GET /a 200 0 0
    )"},
    {"half_close_by_the_client", R"(
      > GET /a HTTP/1.1||
      >.
      < HTTP/1.1 200 OK|Content-Length: 2||o
      < k
      = GET /a 200 0 2
      <.
    )"},
    {"half_close_in_the_body", R"(
      > POST /a HTTP/1.1|Content-Length: 9||abc
      >.
      < HTTP/1.1 400 Bad|Content-Length: 2||no
      = POST /a 400 3 2
    )"},
    {"half_close_in_the_head", R"(
      > POST /a HTTP/1.1|Content-Len
      >.
      < HTTP/1.1 400 Bad|Content-Length: 2||no
      = error orphan_response
    )"},
    {"request_without_framing_ends_with_half_close", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: gzip||abc
      >.
      < HTTP/1.1 200 OK|Content-Length: 0||
      = POST /a 200 3 0
    )"},
    {"server_ends_first", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK||bye
      <.
      = GET /a 200 0 3
      > GET /late HTTP/1.1||
      >.
      x
      = GET /late aborted 0 0
    )"},
    {"server_ends_without_an_answer", R"(
      > GET /a HTTP/1.1||
      <.
      = GET /a aborted 0 0
    )"},
    {"both_end_then_close", R"(
      > GET /a HTTP/1.1||
      >.
      < HTTP/1.1 200 OK||bye
      <.
      = GET /a 200 0 3
      x
    )"},
    {"both_end_the_other_way_round", R"(
      > POST /a HTTP/1.1|Content-Length: 9||abc
      < HTTP/1.1 200 OK||bye
      <.
      >.
      = POST /a 200 3 3
      x
    )"},
    {"early_answer_then_close", R"(
      > POST /a HTTP/1.1|Content-Length: 9||abc
      < HTTP/1.1 413 No|Content-Length: 2||no
      x
      = POST /a 413 3 2
    )"},
    {"early_answer_and_a_body_that_takes_its_time", R"(
      > POST /a HTTP/1.1|Content-Length: 9||abc
      < HTTP/1.1 413 No|Content-Length: 2||no
      ~ 11000
      = POST /a 413 3 2
      > defghi
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"expect_refused_then_close", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 5||
      < HTTP/1.1 417 No|Content-Length: 2||no
      > hello
      x
      = POST /a 417 5 2
    )"},
    {"expect_then_a_body_begun_before_the_server_ends", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 30||hello\x20
      <.
      > GET /x HTTP/1.1||world
      > GET /b HTTP/1.1||
      = POST /a aborted 6 0
      x
      = GET /b aborted 0 0
    )"},
    {"expect_then_the_next_request_behind_the_servers_end", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 30||
      <.
      > GET /b HTTP/1.1||
      = POST /a aborted 0 0
      x
      = GET /b aborted 0 0
    )"},
    {"expect_refused_at_once_with_leave", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 50||
      < HTTP/1.1 100 Continue||HTTP/1.1 417 No|Content-Length: 2||no
      > GET /b HTTP/1.1||
      = POST /a 417 0 2
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"expect_refused_then_closed_in_the_next_request", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 50||
      < HTTP/1.1 417 No|Content-Length: 2||no
      > POST /b HTTP/1
      x
      = POST /a 417 0 2
    )"},
    {"answer_without_a_request", R"(
      < HTTP/1.1 408 Request Timeout|Content-Length: 2||no
      <.
      = error orphan_response
    )"},
    {"refused_before_the_head_has_ended", R"(
      > GET /a HTTP/1.1|Cookie: aaa
      < HTTP/1.1 431 Too Large|Content-Length: 2||no
      > aaaaa||
      = GET /a 431 0 2
      x
    )"},
    {"refused_before_the_head_has_ended_and_longer", R"(
      > POST /a HTTP/1.1|Content-Length: 3|Cookie: aaa
      < HTTP/1.1 431 Too Large|Connection: close||n
      > aaaaa||abc
      < o
      x
      = POST /a 431 3 2
    )"},
    {"refused_in_the_request_line", R"(
      > GET /a
      < HTTP/1.1 414 Too Long|Content-Length: 2||no
      > aa HTTP/1.1||
      = GET /aaa 414 0 2
      > GET /b HTTP/1.1||
      x
      = GET /b aborted 0 0
    )"},
    {"refused_before_the_head_has_ended_and_then_answered", R"(
      > GET /a HTTP/1.1|Cookie: aaa
      < HTTP/1.1 408 Timeout|Content-Length: 2||no
      > aaaaa||
      = GET /a 408 0 2
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error orphan_response
    )"},
    {"refused_and_the_head_never_ends", R"(
      > GET /a HTTP/1.1|Cookie: aaa
      < HTTP/1.1 431 Too Large|Content-Length: 2||no
      > aaaaa
      x
      = error orphan_response
    )"},
    {"refused_before_the_first_head_behind_a_gap_has_ended", R"(
      >? 1
      <? 1
      > GET /a HTTP/1.1|Cookie: aaa
      < HTTP/1.1 431 Too Large|Content-Length: 2||no
      > aaaaa||
      x
      = GET /a 431 0 2
    )"},
    {"refused_behind_a_gap_and_then_answered", R"(
      >? 1
      <? 1
      > GET /a HTTP/1.1|Cookie: aaa
      < HTTP/1.1 431 Too Large|Content-Length: 2||no
      > aaaaa||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a unknown 0 0
      = error orphan_response
    )"},
    {"answered_before_bytes_of_its_body_were_not_seen", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||ff|abc
      < HTTP/1.1 200 OK|Content-Length: 0||
      >? 500
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      > GET /c HTTP/1.1||
      < HTTP/1.1 202 OK|Content-Length: 0||
      x
      = POST /a 200 507 0
      = GET /b 201 0 0
      = GET /c 202 0 0
    )"},
    {"answered_before_its_body_made_no_sense", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||3|abc
      < HTTP/1.1 200 OK|Content-Length: 0||
      > |what is this|
      = error bad_chunk
      = POST /a 200 8 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      x
      = GET /b 201 0 0
    )"},
    {"answer_too_many", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /a 200 0 2
      < HTTP/1.1 408 Request Timeout|Content-Length: 2||no
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
};

}  // namespace

std::span<const Dialogue> ending_dialogues() { return kEndings; }

}  // namespace sockwatch
