#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kLateGaps[] = {
    // Losses that show late, where it matters what was lost when.
    {"response_lost", R"(
      > GET /a HTTP/1.1||
      <- HTTP/1.1 201 A|Content-Length: 0||
      > GET /b HTTP/1.1||
      < HTTP/1.1 202 B|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b 202 0 0
      = error unseen_response
      > GET /c HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||
      = GET /c 203 0 0
    )"},
    {"last_response_lost", R"(
      > GET /a HTTP/1.1||
      <- HTTP/1.1 201 A|Content-Length: 0||
      x
      = GET /a unknown 0 0
      = error unseen_response
    )"},
    {"request_and_response_lost", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||
      = GET /a 201 0 0
      >- GET /b HTTP/1.1||
      <- HTTP/1.1 202 B|Content-Length: 0||
      > GET /c HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||
      = error unseen_request
      = error unseen_response
      = GET /c unknown 0 0
      = error orphan_response
    )"},
    {"lost_again_before_the_last_answer_is_trusted", R"(
      >? 1
      <? 1
      > GET /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||
      >- GET /b HTTP/1.1||
      < HTTP/1.1 202 B|Content-Length: 0||
      = GET /a unknown 0 0
      = error orphan_response
      x
      = error unseen_request
    )"},
    {"lost_between_an_answer_and_the_next_request", R"(
      >? 1
      <? 1
      > GET /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||
      >? 20
      = error unseen_request
      ~ 500
      = GET /a 201 0 0
      > GET /d HTTP/1.1||
      = GET /d unknown 0 0
      < HTTP/1.1 202 B|Content-Length: 0||HTTP/1.1 204 D||
      = error orphan_response
      = error orphan_response
    )"},
    {"answer_lost_but_for_its_content", R"(
      > GET /a HTTP/1.1||
      <- HTTP/1.1 201 A|Content-Length: 0||
      > GET /b HTTP/1.1||
      >- GET /c HTTP/1.1||
      <- HTTP/1.1 202 B|Content-Length: 10||
      < 0123456789
      < HTTP/1.1 203 C|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b unknown 0 0
      = error unseen_response
      = error orphan_response
      x
      = error unseen_request
    )"},
    {"early_answer_lost", R"(
      > GET /a HTTP/1.1||
      <- HTTP/1.1 201 A|Content-Length: 0||
      > PUT /b HTTP/1.1|Content-Length: 6||abc
      <- HTTP/1.1 202 B|Content-Length: 0||
      > def
      >- GET /c HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||
      = GET /a unknown 0 0
      = PUT /b unknown 6 0
      = error unseen_response
      = error orphan_response
      x
      = error unseen_request
    )"},
    {"answer_that_began_before_the_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||
      = GET /a 201 0 0
      >- GET /b HTTP/1.1||
      < HTTP/1.1 202 B|Content-
      <- Length: 0||
      > GET /c HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||
      = GET /c unknown 0 0
      = error unseen_request
      = error orphan_response
      = error orphan_response
    )"},
    {"answer_that_began_before_the_first_request", R"(
      < HTTP/1
      > GET /a HTTP/1.1||
      < .1 201 A|Content-Length: 0||
      = error orphan_response
      < HTTP/1.1 202 B|Content-Length: 0||
      = GET /a 202 0 0
    )"},
    {"behind_the_answer_to_a_head_that_was_lost", R"(
      >- HEAD /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 57||
      = error orphan_response
      > GET /b HTTP/1.1||
      <- HTTP/1.1 202 B|Content-Length: 0||
      x
      = GET /b unknown 0 0
      = error unseen_request
    )"},
    {"rest_of_the_request_head_and_its_answer_before_that_shows", R"(
      > GET /a HTTP/1.1|Ho
      >- st: a||
      < HTTP/1.1 201 A|Content-Length: 0||
      = error orphan_response
      > GET /b HTTP/1.1||
      = GET /a unknown 0 0
      < HTTP/1.1 202 B|Content-Length: 0||
      x
      = GET /b 202 0 0
    )"},
    {"refusal_lost_then_a_request", R"(
      > POST /a HTTP/1.1|Content-Length: 5|Expect: 100-continue||
      <- HTTP/1.1 417 No|Content-Length: 0||
      > GET /b HTTP/1.1||
      < HTTP/1.1 202 B|Content-Length: 0||
      = POST /a unknown 0 0
      = GET /b 202 0 0
      = error unseen_response
    )"},
    {"refusal_lost_in_part_then_a_request", R"(
      > POST /a HTTP/1.1|Content-Length: 5|Expect: 100-continue||
      < HTTP/1.1 417 No|Content-Length: 10||01
      <- 23456789
      > GET /b HTTP/1.1||
      < HTTP/1.1 202 B|Content-Length: 0||
      = POST /a 417 0 10
      = GET /b 202 0 0
    )"},
    {"leave_given_behind_what_was_not_seen", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      > PUT /b HTTP/1.1|Content-Length: 7|Expect: 100-continue||
      = GET /a 200 0 5005
      < HTTP/1.1 100 Continue||
      > POST HT
      < HTTP/1.1 202 B|Content-Length: 0||
      > GET /c HTTP/1.1||
      = PUT /b 202 7 0
      < HTTP/1.1 204 C||
      = GET /c 204 0 0
    )"},
    {"lost_behind_a_refusal", R"(
      > POST /a HTTP/1.1|Content-Length: 5|Expect: 100-continue||
      < HTTP/1.1 417 No|Content-Length: 0||
      >? 30
      = POST /a 417 0 0
      > GET /c HTTP/1.1||
      = GET /c unknown 0 0
      < HTTP/1.1 202 B|Content-Length: 0||HTTP/1.1 203 C|Content-Length: 0||
      = error orphan_response
      = error orphan_response
    )"},
    {"end_of_chunks_then_a_letter_then_the_next_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      < H
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /a 200 0 5006
      = GET /b 204 0 0
    )"},
    {"end_of_chunks_then_a_letter_then_silence", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      < H
      ~ 600
      < more
      x
      = GET /a 200 0 5010
    )"},
    {"end_of_chunks_then_a_letter_then_the_answer_to_a_lost_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      < H
      >- GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /a 200 0 5006
      = error orphan_response
      x
      = error unseen_request
    )"},
    // The middle of a connection.
    {"starts_in_a_body_that_ends_like_a_method_begins", R"(
      >? 1
      <? 1
      > the end of what the client sPO
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      x
      = GET /b 201 0 0
    )"},
    {"starts_in_content_that_ends_like_a_response_begins", R"(
      >? 1
      <? 1
      < some of its content HT
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      x
      = GET /b 201 0 0
    )"},
    {"starts_before_a_request", R"(
      >? 1
      <? 1
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      > GET /b HTTP/1.1||
      = GET /a 200 0 0
      < HTTP/1.1 201 OK|Content-Length: 0||
      = GET /b 201 0 0
    )"},
    {"starts_in_a_request", R"(
      >? 1
      <? 1
      > st: a|content-length: 5||hello
      < HTTP/1.1 200 OK|Content-Length: 0||
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      ~ 500
      = GET /b 201 0 0
    )"},
    {"starts_before_a_response", R"(
      >? 1
      <? 1
      < HTTP/1.1 200 OK|Content-Length: 5||hello
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      x
      = GET /b 201 0 0
    )"},
    {"starts_before_the_response_to_head", R"(
      >? 1
      <? 1
      < HTTP/1.1 200 OK|Content-Length: 500||
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 1||b
      x
      = GET /b 201 0 1
    )"},
    {"starts_before_the_response_to_head_without_length", R"(
      >? 1
      <? 1
      < HTTP/1.1 200 OK||
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 1||b
      x
      = GET /b 201 0 1
    )"},
    {"starts_in_a_response", R"(
      >? 1
      <? 1
      < some of its content
      < more
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      x
      = GET /b 201 0 0
    )"},
};

}  // namespace

std::span<const Dialogue> late_gap_dialogues() { return kLateGaps; }

}  // namespace sockwatch
