#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kGaps[] = {
    // Bodies: what the head says is enough.
    {"body_of_the_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 1000||
      <? 600
      < \{a*400}
      = GET /a 200 0 1000
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 10||
      <? 10
      = GET /b 200 0 10
    )"},
    {"body_of_the_request", R"(
      > POST /a HTTP/1.1|Content-Length: 1000||abc
      >? 997
      < HTTP/1.1 200 OK|Content-Length: 0||
      = POST /a 200 1000 0
    )"},
    {"within_chunks", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||A|01
      >? 8
      > |0||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 6
      < 89|A|
      <? 10
      < |0||
      = POST /a 200 20 35
    )"},
    // Chunked bodies whose framing is lost.
    {"end_of_chunks_in_the_tail_then_silence", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      ~ 400
      ~ 200
      = GET /a 200 0 5005
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"end_of_chunks_in_the_tail_then_the_next_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      > GET /b HTTP/1.1||
      = GET /a 200 0 5005
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"end_of_chunks_in_the_tail_was_content", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 xyz|0||
      < 0123456789|0||
      ~ 600
      = GET /a 200 0 5022
    )"},
    {"end_of_chunks_not_seen_then_the_next_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000
      ~ 600
      > GET /b HTTP/1.1||
      = GET /a 200 0 5005
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"end_of_chunks_not_seen_but_the_next_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||A|01
      <? 5000 the tail
      > GET /b HTTP/1.1||
      < HTTP/1.1 404 No|Content-Length: 1||b
      = GET /a 200 0 5005
      = GET /b 404 0 1
    )"},
    {"framing_of_the_request_lost", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||A|01
      >? 5000
      > rest of it
      < HTTP/1.1 200 OK|Content-Length: 0||
      = POST /a 200 5015 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      > GET /c HTTP/1.1||
      = GET /b 204 0 0
      < HTTP/1.1 204 No||
      = GET /c 204 0 0
    )"},
    // Heads.
    {"rest_of_the_request_head", R"(
      > POST /a HTTP/1.1|Cookie: a
      >? 9000
      > body, as far as can be told
      < HTTP/1.1 200 OK|Content-Length: 0||
      = POST /a 200 27 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      x
      = GET /b 204 0 0
    )"},
    {"rest_of_the_response_head", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 302 Found|Set-Cookie: a
      <? 9000
      > GET /b HTTP/1.1||
      = GET /a 302 0 0
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"rest_of_an_interim_head", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 103 Early Hints|Link: a
      <? 9000
      = error unseen_response
      # Who would know whether the final one has passed, and this is another's?
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a unknown 0 0
      = error orphan_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 0||
      ~ 500
      = GET /b 201 0 0
    )"},
    {"rest_of_an_interim_head_and_the_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 103 Early Hints|Link: a
      <? 9000
      = error unseen_response
      x
      = GET /a unknown 0 0
    )"},
    {"rest_of_an_upgrades_head", R"(
      > GET /ws HTTP/1.1|Upgrade: websocket||
      < HTTP/1.1 101 Switching|Upgr
      <? 100
      = GET /ws 101 0 0
      > GET /inside HTTP/1.1||
    )"},
    {"rest_of_an_accepted_connects_head", R"(
      > CONNECT a:1 HTTP/1.1||
      < HTTP/1.1 200 OK|Via
      <? 100
      = CONNECT a:1 200 0 0
      > GET /inside HTTP/1.1||
    )"},
    {"whole_response", R"(
      > GET /a HTTP/1.1||
      <? 100
      = error unseen_response
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b 200 0 0
    )"},
    {"whole_response_and_the_connection_closes", R"(
      > GET /a HTTP/1.1||
      <? 100
      = error unseen_response
      > GET /b HTTP/1.1||
      x
      = GET /a unknown 0 0
      = GET /b aborted 0 0
    )"},
    {"beginning_of_the_response", R"(
      > GET /a HTTP/1.1||
      <? 20
      = error unseen_response
      < gth: 20||
      < HTTP/1 is what this content begins with
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b 200 0 0
    )"},
    {"whole_request", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      >? 100
      = error unseen_request
      < HTTP/1.1 201 OK|Content-Length: 0||
      = error orphan_response
      > GET /c HTTP/1.1||
      < HTTP/1.1 202 OK|Content-Length: 0||
      > GET /d HTTP/1.1||
      = GET /c 202 0 0
      < HTTP/1.1 203 OK|Content-Length: 0||
      = GET /d 203 0 0
    )"},
    {"whole_request_and_response", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      >? 100
      <? 100
      = error unseen_request
      = error unseen_response
      > GET /c HTTP/1.1||
      < HTTP/1.1 202 OK|Content-Length: 0||
      ~ 600
      = GET /c 202 0 0
    )"},
    // Pipelining clients: what cannot be told is unknown.
    {"first_of_two_requests_at_once", R"(
      >? 20
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /b unknown 0 0
      = error orphan_response
      = error orphan_response
    )"},
    {"second_of_three_requests_at_once", R"(
      > GET /a HTTP/1.1||
      >? 20
      = error unseen_request
      > GET /c HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||HTTP/1.1 203 C|Content-Length: 0||
      = GET /a 201 0 0
      = GET /c unknown 0 0
      = error orphan_response
      = error orphan_response
      ~ 11000
      > GET /d HTTP/1.1||
      < HTTP/1.1 204 D||
      = GET /d 204 0 0
    )"},
    {"first_of_two_responses_at_once", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      <? 20
      = error unseen_response
      < HTTP/1.1 202 B|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b unknown 0 0
      = error orphan_response
    )"},
    {"interim_head_of_the_first_of_two_responses", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      <? 20
      = error unseen_response
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /a unknown 0 0
      = GET /b unknown 0 0
      = error orphan_response
      = error orphan_response
    )"},
    {"a_client_that_is_known_to_pipeline", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /a 201 0 0
      = GET /b 202 0 0
      > GET /c HTTP/1.1||
      >? 20
      = error unseen_request
      > GET /e HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||HTTP/1.1 204 D||HTTP/1.1 205 E|Content-Length: 0||
      = GET /c 203 0 0
      = GET /e unknown 0 0
      = error orphan_response
      = error orphan_response
      > GET /f HTTP/1.1||
      = GET /f unknown 0 0
      < HTTP/1.1 206 F|Content-Length: 0||
      = error orphan_response
      ~ 11000
      > GET /g HTTP/1.1||
      < HTTP/1.1 207 G|Content-Length: 0||
      = GET /g 207 0 0
    )"},
    {"a_client_that_is_known_to_pipeline_is_refused", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /a 201 0 0
      = GET /b 202 0 0
      >? 20
      = error unseen_request
      > PUT /d HTTP/1.1|Content-Length: 1|Expect: 100-continue||
      = PUT /d unknown 0 0
      < HTTP/1.1 203 C|Content-Length: 0||HTTP/1.1 417 D|Content-Length: 0||
      = error orphan_response
      = error orphan_response
      > GET /e HTTP/1.1||
      = GET /e unknown 0 0
      < HTTP/1.1 205 E|Content-Length: 0||
      = error orphan_response
    )"},
    {"responses_to_a_client_that_is_known_to_pipeline", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /a 201 0 0
      = GET /b 202 0 0
      > GET /c HTTP/1.1||
      <? 20
      = error unseen_response
      > GET /d HTTP/1.1||
      < HTTP/1.1 203 C|Content-Length: 0||HTTP/1.1 204 D||
      = GET /c unknown 0 0
      = GET /d unknown 0 0
      = error orphan_response
      = error orphan_response
    )"},
    {"connect_whose_answer_cannot_be_told", R"(
      > GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /a 201 0 0
      = GET /b 202 0 0
      >? 20
      = error unseen_request
      > CONNECT a:1 HTTP/1.1||
      = CONNECT a:1 unknown 0 0
      < HTTP/1.1 200 OK||
      > GET /inside HTTP/1.1||
    )"},
    {"asks_while_an_answer_is_under_way", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 2||a
      > GET /b HTTP/1.1||
      < a
      = GET /a 201 0 2
      < HTTP/1.1 202 B|Content-Length: 0||
      = GET /b 202 0 0
      > GET /c HTTP/1.1||
      <- HTTP/1.1 203 C|Content-Length: 0||
      > GET /d HTTP/1.1||
      < HTTP/1.1 204 D||
      = GET /c unknown 0 0
      = GET /d unknown 0 0
      = error unseen_response
      = error orphan_response
    )"},
    {"request_lost_behind_one_that_waits", R"(
      > GET /a HTTP/1.1||GET /b
      >? 20
      = error unseen_request
      < HTTP/1.1 201 A|Content-Length: 0||
      = GET /a 201 0 0
      > GET /c HTTP/1.1||
      = GET /c unknown 0 0
      < HTTP/1.1 202 B|Content-Length: 0||HTTP/1.1 203 C|Content-Length: 0||
      = error orphan_response
      = error orphan_response
    )"},
    {"one_answer_too_many_shows_a_client_that_pipelines", R"(
      >? 1
      <? 1
      > GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = GET /b unknown 0 0
      = error orphan_response
      > GET /c HTTP/1.1||
      = GET /c unknown 0 0
      < HTTP/1.1 203 C|Content-Length: 0||
      = error orphan_response
    )"},
    {"two_answers_at_once_show_a_client_that_pipelines", R"(
      >- GET /a HTTP/1.1||GET /b HTTP/1.1||
      < HTTP/1.1 201 A|Content-Length: 0||HTTP/1.1 202 B|Content-Length: 0||
      = error orphan_response
      = error orphan_response
      > GET /c HTTP/1.1||
      = error unseen_request
      = GET /c unknown 0 0
    )"},
    {"asked_before_the_answer_though_it_ended_later", R"(
      >? 1
      <? 1
      > GET /c HTTP/1.1||GET /d HTTP/1.1|Host: a|
      < HTTP/1.1 202 B|Content-Length: 0||
      > |
      = GET /c unknown 0 0
      = GET /d unknown 0 0
    )"},
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

std::span<const Dialogue> gap_dialogues() { return kGaps; }

}  // namespace sockwatch
