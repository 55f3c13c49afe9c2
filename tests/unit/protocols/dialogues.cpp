#include "dialogues.h"

namespace sockwatch {
namespace {

constexpr Dialogue kFraming[] = {
    {"one_request", R"(
      > GET /a?x=1 HTTP/1.1|Host: a||
      < HTTP/1.1 200 OK|Content-Length: 2||hi
      = GET /a?x=1 200 0 2
    )"},
    {"keep_alive", R"(
      > GET /a HTTP/1.1|Host: a||
      < HTTP/1.1 200 OK|Content-Length: 2||hi
      = GET /a 200 0 2
      > POST /b HTTP/1.1|Content-Length: 5||hello
      < HTTP/1.1 201 Created|Content-Length: 0||
      = POST /b 201 5 0
      > GET /c HTTP/1.1||
      < HTTP/1.1 404 Not Found|Transfer-Encoding: chunked||3|abc|0||
      = GET /c 404 0 13
    )"},
    {"http10_closed", R"(
      > GET /a HTTP/1.0||
      < HTTP/1.0 200 OK||hello
      <.
      = GET /a 200 0 5
    )"},
    {"http10_keep_alive", R"(
      > GET /a HTTP/1.0|Connection: keep-alive||
      < HTTP/1.0 200 OK|Connection: keep-alive|Content-Length: 1||a
      = GET /a 200 0 1
      > GET /b HTTP/1.0|Connection: keep-alive||
      < HTTP/1.0 200 OK|Content-Length: 1||b
      = GET /b 200 0 1
    )"},
    {"pipelined_with_head_in_the_middle", R"(
      > GET /a HTTP/1.1||HEAD /b HTTP/1.1||GET /c HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 1||aHTTP/1.1 200 OK|Content-Length: 1000||HTTP/1.1 404 No|Content-Length: 1||c
      = GET /a 200 0 1
      = HEAD /b 200 0 0
      = GET /c 404 0 1
    )"},
    {"pipelined_answers_interleave_with_requests", R"(
      > GET /a HTTP/1.1||POST /b HTTP/1.1|Content-Length: 6||abc
      < HTTP/1.1 200 OK|Content-Length: 1||a
      = GET /a 200 0 1
      > defGET /c HTTP/1.1||
      < HTTP/1.1 201 OK|Content-Length: 1||b
      = POST /b 201 6 1
      < HTTP/1.1 202 OK|Content-Length: 1||c
      = GET /c 202 0 1
    )"},
    {"chunked_both_ways", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||5|hello|0||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|world|A|0123456789|0||
      = POST /a 200 15 30
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"chunk_extensions_and_trailers", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||5;name="va;lue"|hello|0005 ; x|world|00000000000000000000;last|Trailer: 1|Other: 2||
      = GET /a 200 0 92
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"chunked_with_bare_line_feeds", R"(
      > GET /a HTTP/1.1\n\n
      < HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n0\nT: 1\n\n
      = GET /a 200 0 14
      > GET /b HTTP/1.1\n\n
      < HTTP/1.1 200 OK\nContent-Length: 1\n\nb
      = GET /b 200 0 1
    )"},
    {"content_that_ends_like_a_chunked_body", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||7||0||
      < |0||
      = GET /a 200 0 17
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 7|||0||
      = GET /b 200 0 7
    )"},
    {"content_that_looks_like_heads", R"(
      > POST /a HTTP/1.1|Content-Length: 40||
      > GET /not HTTP/1.1||HTTP/1.1 500 No
      > ||
      < HTTP/1.1 200 OK|Content-Length: 58||
      < HTTP/1.1 500 No|Content-Length: 3||GET /no HTTP/1
      < .1||
      = POST /a 200 40 58
    )"},
    {"no_body_whatever_the_head_says", R"(
      > HEAD /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 500||
      = HEAD /a 200 0 0
      > HEAD /b HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||
      = HEAD /b 200 0 0
      > GET /c HTTP/1.1|If-None-Match: x||
      < HTTP/1.1 304 Not Modified|Content-Length: 500||
      = GET /c 304 0 0
      > DELETE /d HTTP/1.1||
      < HTTP/1.1 204 No Content||
      = DELETE /d 204 0 0
      > GET /e HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 1||e
      = GET /e 200 0 1
    )"},
    {"transfer_encoding_before_content_length", R"(
      > POST /a HTTP/1.1|Content-Length: 500|Transfer-Encoding: chunked||0||
      < HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked|Content-Length: 500||1|a|0||
      = POST /a 200 5 11
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: gzip|Transfer-Encoding: chunked||0||
      = GET /b 200 0 5
    )"},
    {"identity_is_no_coding", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: identity|Content-Length: 1||a
      < HTTP/1.1 200 OK|Transfer-Encoding: identity|Content-Length: 2||ok
      = POST /a 200 1 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"another_coding_ends_with_the_connection", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Transfer-Encoding: gzip|Content-Length: 2||xyz
      <.
      = GET /a 200 0 3
    )"},
    {"request_with_unknown_framing_ends_with_its_answer", R"(
      > POST /a HTTP/1.1|Content-Length: twelve||twelve bytes
      < HTTP/1.1 400 Bad|Content-Length: 2||no
      = POST /a 400 12 2
      > POST /b HTTP/1.1|Transfer-Encoding: gzip||123
      < HTTP/1.1 501 Not|Content-Length: 0||
      = POST /b 501 3 0
    )"},
    {"equal_lengths_joined_or_repeated", R"(
      > POST /a HTTP/1.1|Content-Length: 3, 3||abc
      < HTTP/1.1 200 OK|Content-Length: 2|content-length:2||ok
      = POST /a 200 3 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|CONTENT-LENGTH :  2  ||ok
      = GET /b 200 0 2
    )"},
    {"folded_fields", R"(
      > POST /a HTTP/1.1|Transfer-Encoding:|  gzip,|\tchunked|X: y||0||
      < HTTP/1.1 200 OK|Content-Length:|  2|X: y|  Content-Length: 9||ok
      = POST /a 200 5 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"interim_heads", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 3||
      < HTTP/1.1 100 Continue||
      > abc
      < HTTP/1.1 103 Early Hints|Link: </x>||HTTP/1.1 102 Processing||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = POST /a 200 3 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 103 Early Hints|Link: </x>||HTTP/1.1 103 Early Hints||HTTP/1.1 500 No|Content-Length: 0||
      = GET /b 500 0 0
    )"},
    {"expect_refused_then_the_next_request", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 300||
      < HTTP/1.1 417 Expectation Failed|Content-Length: 2||no
      > GET /b HTTP/1.1||
      = POST /a 417 0 2
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"expect_refused_and_half_a_minute_later_the_next_request", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 300||
      < HTTP/1.1 417 Expectation Failed|Content-Length: 2||no
      ~ 30000
      = POST /a 417 0 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"expect_refused_and_the_body_sent_nevertheless", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 11||
      < HTTP/1.1 417 Expectation Failed|Content-Length: 2||no
      > hello=world
      > GET /b HTTP/1.1||
      = POST /a 417 11 2
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"expect_refused_and_a_chunked_body_sent_nevertheless", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Transfer-Encoding: chunked||
      < HTTP/1.1 417 Expectation Failed|Content-Length: 2||no
      > 5|hello|0||GET /b HTTP/1.1||
      = POST /a 417 15 2
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"expect_answered_at_once", R"(
      > POST /a HTTP/1.1|Expect: 100-continue|Content-Length: 5||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      > hello
      = POST /a 200 5 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 204 No||
      = GET /b 204 0 0
    )"},
    {"answer_before_the_request_has_ended", R"(
      > POST /a HTTP/1.1|Content-Length: 10||01234
      < HTTP/1.1 413 Too Large|Content-Length: 2||no
      > 56789
      = POST /a 413 10 2
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 2||ok
      = GET /b 200 0 2
    )"},
    {"answer_and_request_stream_at_once", R"(
      > POST /a HTTP/1.1|Transfer-Encoding: chunked||1|a|
      < HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|
      > 1|b|
      < 1|b|0||
      > 0||
      = POST /a 200 17 17
    )"},
    {"upgrade_to_websocket", R"(
      > GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > GET /ws HTTP/1.1|Upgrade: websocket|Connection: Upgrade||
      < HTTP/1.1 101 Switching Protocols|Upgrade: websocket||\x81\x05hello
      = GET /ws 101 0 0
      > \x81\x85abcdGET /inside HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
    )"},
    {"upgrade_refused", R"(
      > GET /ws HTTP/1.1|Upgrade: websocket||
      < HTTP/1.1 426 No|Content-Length: 0||
      = GET /ws 426 0 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"connect_accepted", R"(
      > CONNECT example.org:443 HTTP/1.1|Content-Length: 7||
      < HTTP/1.1 200 Connection established|Content-Length: 9||
      = CONNECT example.org:443 200 0 0
      > GET /inside HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
    )"},
    {"connect_sends_before_it_is_accepted", R"(
      > CONNECT example.org:80 HTTP/1.1||GET /inside HTTP/1.1||
      < HTTP/1.1 200 Connection established||HTTP/1.1 200 OK|Content-Length: 0||
      = CONNECT example.org:80 200 0 0
    )"},
    {"connect_refused_then_more_requests", R"(
      > CONNECT example.org:443 HTTP/1.1|Content-Length: 7||
      < HTTP/1.1 407 Proxy Authentication Required|Content-Length: 2||no
      = CONNECT example.org:443 407 0 2
      > CONNECT example.org:443 HTTP/1.1|Proxy-Authorization: x||
      < HTTP/1.1 503 No|Content-Length: 0||
      = CONNECT example.org:443 503 0 0
      > GET http://example.org/ HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 1||a
      = GET http://example.org/ 200 0 1
    )"},
    {"methods_and_targets", R"(
      > OPTIONS * HTTP/1.1||
      < HTTP/1.1 204 No||
      = OPTIONS * 204 0 0
      > PROPFIND /dav/ HTTP/1.1|Content-Length: 2||<>
      < HTTP/1.1 207 Multi|Content-Length: 1||a
      = PROPFIND /dav/ 207 2 1
      > get /lower HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = get /lower 400 0 0
      > M-SEARCH!#$%&'*+-.^_`\|~9 /odd HTTP/1.1||
      < HTTP/1.1 501 Not|Content-Length: 0||
      = M-SEARCH!#$%&'*+-.^_`|~9 /odd 501 0 0
      > GET http://user:secret@example.org:8080/x?y#z HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET http://user:secret@example.org:8080/x?y#z 200 0 0
      > TRACE / HTTP/1.1||
      < HTTP/1.1 405 Not|Content-Length: 0||
      = TRACE / 405 0 0
      > H HTTP/1.1 HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = H HTTP/1.1 200 0 0
    )"},
    {"blanks_in_the_request_line", R"(
      > GET  /a b\t HTTP/1.1 ||
      < HTTP/1.1  200  OK|Content-Length: 0||
      = GET /a\x20b 200 0 0
      > GET\t/c\tHTTP/1.0||
      < HTTP/1.1 200|Content-Length: 0||
      = GET /c 200 0 0
    )"},
    {"empty_lines_before_messages", R"(
      > ||\n\r\nGET /a HTTP/1.1||
      < ||HTTP/1.1 200 OK|Content-Length: 1||a
      = GET /a 200 0 1
      > |GET /b HTTP/1.1||||GET /c HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||||HTTP/1.1 201 OK|Content-Length: 0||
      = GET /b 200 0 0
      = GET /c 201 0 0
    )"},
    {"proxy_line_before_the_first_request", R"(
      > PROXY TCP4 192.0.2.1 192.0.2.2 40000 80|GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"proxy_header_before_the_first_request", R"(
      > ||\0|QUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x9c\x40\0\x50GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
      > |GET /b HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /b 200 0 0
    )"},
    {"local_proxy_header_without_addresses", R"(
      > ||\0|QUIT\n\x20\0\0\0GET /a HTTP/1.1||
      < HTTP/1.1 200 OK|Content-Length: 0||
      = GET /a 200 0 0
    )"},
    {"almost_a_proxy_header", R"(
      > ||\0|QUIT \x21\x11\0\x0cGET /a HTTP/1.1||
      < HTTP/1.1 400 Bad|Content-Length: 0||
      = error bad_request_line
      = _OTHER _other 400 0 0
    )"},
    {"long_heads", R"(
      > GET /\{a*9000} HTTP/1.1|Cookie: \{x=y; *3000}|Host: a||
      < HTTP/1.1 200 OK|Set-Cookie: \{z*9000}|Content-Length: 2||ok
      = GET /aaaa...[9001] 200 0 2
    )"},
    {"version_0_and_odd_reasons", R"(
      > GET /a HTTP/0.9||
      < HTTP/1.1 200|Content-Length: 0||
      = GET /a 200 0 0
      > GET /b HTTP/1.1||
      < HTTP/1.1 999 \xff\x00|Content-Length: 0||
      = GET /b 999 0 0
      > GET /c HTTP/1.1||
      < HTTP/1.1 200ok|Content-Length: 0||
      = GET /c 200 0 0
    )"},
};

}  // namespace

std::span<const Dialogue> framing_dialogues() { return kFraming; }

}  // namespace sockwatch
