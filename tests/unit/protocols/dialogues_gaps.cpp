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
};

}  // namespace

std::span<const Dialogue> gap_dialogues() { return kGaps; }

}  // namespace sockwatch
