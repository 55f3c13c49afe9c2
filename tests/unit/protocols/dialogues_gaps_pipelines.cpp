#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kPipelineGaps[] = {
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
};

}  // namespace

std::span<const Dialogue> pipeline_gap_dialogues() { return kPipelineGaps; }

}  // namespace sockwatch
