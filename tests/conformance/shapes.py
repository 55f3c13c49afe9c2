"""Request and response shapes: lists of exchanges that any transport can carry (rows 1 to 8 and 11)."""

from dialogue import Exchange, get


def ok(request, path, response=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", method="GET", status="200"):
    return Exchange(request, response, (method, path, status))


def keep_alive():
    return [get("/alpha"), get("/beta", 404), get("/gamma", 500, b""), get("/alpha", 201)]


def lengths():
    chunked = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n7\r\n0\r\n\r\nab\r\n"
               b"0\r\nTrailer: t\r\n\r\n")
    request = b"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n"
    post = (b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n6\r\n/x HTT\r\n0\r\n\r\n")
    return [ok(request, "/chunked", chunked), ok(post, "/upload", method="POST"),
            get("/none", 204, b""),
            ok(b"GET /cached HTTP/1.1\r\n\r\n", "/cached", b"HTTP/1.1 304 X\r\nContent-Length: 500\r\n\r\n", status="304"),
            ok(b"HEAD /head HTTP/1.1\r\n\r\n", "/head", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", method="HEAD"),
            get("/after")]


def interim():
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
    request = b"PUT /interim HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
    return [ok(request, "/interim", answer, "PUT", "201"), get("/next")]


def refused_expectation():
    request = b"POST /refused HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
    return [ok(request, "/refused", b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", "POST", "417"), get("/again")]


def methods():
    known = ["DELETE", "OPTIONS", "TRACE", "PATCH"]
    other = ["PROPFIND", "BREW", "VERSION-CONTROL", "M-SEARCH"]
    exchanges = [get("/m", method=m) for m in known + other]
    for e in exchanges[len(known):]:
        e.expect = ("_OTHER",) + e.expect[1:]
    return exchanges


def targets():
    return [ok(b"GET http://host.example/abs?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "/abs"),
            ok(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*", method="OPTIONS"),
            ok(b"GET /query?token=secret HTTP/1.1\r\n\r\n", "/query"),
            ok(b"GET /lf HTTP/1.1\nHost: x\n\n", "/lf"),
            ok(b"\r\nGET /crlf HTTP/1.1\r\n\r\n", "/crlf"),
            ok(b"POST /fold HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "/fold", method="POST")]


def cookies(size):
    return [ok(b"GET /cookies HTTP/1.1\r\nCookie: c=" + b"x" * size + b"\r\nHost: x\r\n\r\n", "/cookies"), get("/small")]


def request_line(size):
    line = b"GET /lengthy?" + b"q" * size + b" HTTP/1.1\r\n"
    return [ok(line + b"Host: x\r\n\r\n", "/lengthy"), get("/small"),
            ok(line + b"Host: x\r\n\r\n", "/lengthy", b"HTTP/1.1 414 Too Long\r\nContent-Length: 0\r\n\r\n", status="414")]


def bodies(size):
    """A long body each way, and what follows it."""
    put = b"PUT /long HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + b"p" * size
    return [ok(put, "/long", method="PUT"), get("/long", 200, b"f" * size), get("/end", 200, b""),
            ok(put, "/long", b"HTTP/1.1 201 X\r\nContent-Length: %d\r\n\r\n" % size + b"f" * size, "PUT", "201"), get("/end")]


def lookalikes():
    fake = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\nGET /fake HTTP/1.1\r\n\r\n0\r\n\r\n"
    post = b"POST /real HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(fake) + fake
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(fake) + fake
    return [ok(post, "/real", answer, "POST"), ok(post, "/real", answer, "POST"), get("/end")]


def refused_tunnel():
    return [ok(b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", "_authority",
               b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", "CONNECT", "403"), get("/later")]


def pipeline(depth):
    exchanges = [get("/deep", 200 + i % 4, b"x" * (i % 50)) for i in range(depth)]
    if depth > 4:
        exchanges[depth // 2] = ok(b"HEAD /deep HTTP/1.1\r\n\r\n", "/deep",
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", method="HEAD")
    return exchanges


SHAPES = {"1 keep-alive": keep_alive, "4 lengths": lengths, "5 interim": interim, "6 expectation refused": refused_expectation,
          "7 tunnel refused": refused_tunnel, "8 methods": methods, "8 targets": targets, "11 lookalikes": lookalikes}
