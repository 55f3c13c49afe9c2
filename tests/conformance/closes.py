"""Row 9: connections that end early, late, in part and by force."""

import select
import socket
import tempfile
import threading
from collections import Counter

from batches import libc
from dialogue import on_connection, listen
from talking import GET, OK, drain, read_head, reset
from transport import Plain


def no_answer():
    on_connection(read_head, lambda c: (c.sendall(GET % b"silent"), c.recv(10)))
    return Counter({("GET", "/silent", "aborted"): 1})


def reset_without_reply():
    def server(s):
        read_head(s)
        reset(s)

    def client(c):
        c.sendall(GET % b"reset")
        try:
            c.recv(10)
        except ConnectionResetError:
            pass

    on_connection(server, client)
    return Counter({("GET", "/reset", "aborted"): 1})


def cut_off():
    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.1 206 X\r\nContent-Length: 1000\r\n\r\nonly this")

    on_connection(server, lambda c: (c.sendall(GET % b"cut"), drain(c)))
    return Counter({("GET", "/cut", "206"): 1})


def close_delimited():
    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.0 203 X\r\n\r\n" + b"z" * 5000)

    on_connection(server, lambda c: (c.sendall(b"GET /closing HTTP/1.0\r\n\r\n"), drain(c)))
    return Counter({("GET", "/closing", "203"): 1})


def half_close():
    def server(s):
        drain(s)
        s.sendall(OK)

    def client(c):
        c.sendall(GET % b"half")
        c.shutdown(socket.SHUT_WR)
        drain(c)

    on_connection(server, client)
    return Counter({("GET", "/half", "200"): 1})


def not_http_answer():
    on_connection(lambda s: (read_head(s), s.sendall(b"this is no HTTP\r\n")), lambda c: (c.sendall(GET % b"odd"), drain(c)))
    return Counter({("GET", "/odd", "unknown"): 1})


def steps(*names):
    """Events by which the two ends wait for one another."""
    return [threading.Event() for _ in names]


def wait(event):
    assert event.wait(30), "the other end did not come so far"


def gone(sock, data=OK):
    """Sends until the connection's reset has been noticed."""
    try:
        while True:
            sock.sendall(data)
    except OSError:
        pass


def until_reset(sock):
    """Waits for the other end's reset without reading what came before it."""
    poller = select.poll()
    poller.register(sock, select.POLLERR)
    assert poller.poll(30000), "no reset came"


def client_resets_before():
    asked, left = steps("asked", "left")

    def server(s):
        read_head(s)
        asked.set()
        wait(left)
        until_reset(s)
        gone(s)

    def client(c):
        c.sendall(GET % b"left")
        wait(asked)
        reset(c)
        left.set()

    on_connection(server, client)
    return Counter({("GET", "/left", "aborted"): 1})


def client_resets_in_head():
    """A request whose head has not ended is none."""
    on_connection(lambda s: (s.recv(20, socket.MSG_WAITALL), until_reset(s)), lambda c: (c.sendall((GET % b"unfinished")[:20]), reset(c)))
    return Counter()


def client_resets_in_body():
    asked, = steps("asked")

    def server(s):
        read_head(s)
        asked.set()
        until_reset(s)

    def client(c):
        c.sendall(b"POST /part HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"b" * 100)
        wait(asked)
        reset(c)

    on_connection(server, client)
    return Counter({("POST", "/part", "aborted"): 1})


def client_resets_during():
    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 1000)
        until_reset(s)
        gone(s, b"x" * 1000)

    def client(c):
        c.sendall(GET % b"during")
        read_head(c)
        reset(c)

    on_connection(server, client)
    return Counter({("GET", "/during", "200"): 1})


def client_resets_after():
    def server(s):
        for _ in range(2):
            read_head(s)
            s.sendall(OK)
        until_reset(s)

    def client(c):
        for _ in range(2):
            c.sendall(GET % b"after")
            Plain(c).receive(len(OK))
        reset(c)

    on_connection(server, client)
    return Counter({("GET", "/after", "200"): 2})


def server_resets_early_answer():
    """It answers and closes with the body unread: the answer arrives before the reset and is read after it."""
    def server(s):
        s.recv(20, socket.MSG_WAITALL)
        s.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")

    def client(c):
        c.sendall(b"POST /much HTTP/1.1\r\nContent-Length: 100\r\n\r\n" + b"b" * 100)
        until_reset(c)
        c.recv(100)

    on_connection(server, client)
    # What the server has not read it has not been asked.
    return Counter(), Counter({("POST", "/much", "413"): 1})


def server_resets_after_head():
    """The same with the head read: both ends have a request and its answer."""
    head = b"POST /more HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"

    def server(s):
        Plain(s).receive(len(head))
        s.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")

    def client(c):
        c.sendall(head + b"b" * 100000)
        until_reset(c)
        c.recv(100)

    on_connection(server, client)
    return Counter({("POST", "/more", "413"): 1})


def client_loses_patience():
    """The client closes after its timeout; the server's late answer is sent, and read by nobody."""
    left, = steps("left")

    def server(s):
        read_head(s)
        wait(left)
        assert s.recv(10) == b""
        s.sendall(OK)

    def client(c):
        c.settimeout(0.05)
        c.sendall(GET % b"late")
        try:
            c.recv(10)
        except TimeoutError:
            pass
        c.close()
        left.set()

    on_connection(server, client)
    return Counter({("GET", "/late", "200"): 1}), Counter({("GET", "/late", "aborted"): 1})


def server_loses_patience(said):
    """408 by a server that has waited in vain: it answers nothing, as there was no request."""
    def server(s):
        if said:
            s.recv(len(said), socket.MSG_WAITALL)
        s.settimeout(0.05)
        try:
            s.recv(10)
        except TimeoutError:
            s.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    on_connection(server, lambda c: (c.sendall(said), drain(c)))
    return Counter()


def patience_between_requests():
    """The same after a request that was answered: 408 is no second answer to it."""
    def server(s):
        read_head(s)
        s.sendall(OK)
        s.settimeout(0.05)
        try:
            s.recv(10)
        except TimeoutError:
            s.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    on_connection(server, lambda c: (c.sendall(GET % b"once"), drain(c)))
    return Counter({("GET", "/once", "200"): 1})


def server_half_closes():
    """It says that it will answer no more, and is asked once more."""
    def server(s):
        read_head(s)
        s.sendall(OK)
        s.shutdown(socket.SHUT_WR)
        drain(s)

    def client(c):
        c.sendall(GET % b"first")
        assert len(Plain(c).receive(len(OK) + 1)) == len(OK)
        c.sendall(GET % b"second")

    on_connection(server, client)
    return Counter({("GET", "/first", "200"): 1, ("GET", "/second", "aborted"): 1})


def half_closed_with_body(listener=None):
    """The end of what the client sends comes before the server has read any of it; a receive of nothing is not the end."""
    def server(s):
        poller = select.poll()
        poller.register(s, select.POLLRDHUP)
        assert poller.poll(30000)
        libc.recv(s.fileno(), None, 0, 0)
        drain(s)
        s.sendall(OK)

    def client(c):
        c.sendall(b"POST /all HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" + GET % b"also")
        c.shutdown(socket.SHUT_WR)
        drain(c)

    on_connection(server, client, listener)
    return Counter({("POST", "/all", "200"): 1, ("GET", "/also", "aborted"): 1})


def half_closed_with_body_unix():
    with tempfile.TemporaryDirectory() as folder:
        return half_closed_with_body(listen(socket.AF_UNIX, folder + "/s"))


def pipeline_cut_off():
    """Five are asked, two are answered, the third in part."""
    def server(s):
        Plain(s).receive(5 * len(GET % b"five"))
        s.sendall(2 * OK + OK[:-1])

    def client(c):
        c.sendall(5 * (GET % b"five"))
        drain(c)

    on_connection(server, client)
    return Counter({("GET", "/five", "200"): 3, ("GET", "/five", "aborted"): 2})


CLOSES = {"4 close-delimited": close_delimited, "9 no answer": no_answer, "9 reset without reply": reset_without_reply,
          "9 response cut off": cut_off, "9 half-close": half_close, "9 answer is not HTTP": not_http_answer,
          "9 client resets before the answer": client_resets_before, "9 client resets in its head": client_resets_in_head,
          "9 client resets in its body": client_resets_in_body, "9 client resets during the answer": client_resets_during,
          "9 client resets after the answer": client_resets_after,
          "9 server resets, request unread": server_resets_early_answer, "9 server resets, body unread": server_resets_after_head,
          "9 client's timeout": client_loses_patience, "9 server's timeout, nothing asked": lambda: server_loses_patience(b""),
          "9 server's timeout in a head": lambda: server_loses_patience(b"GET /slow HTTP/1.1\r\nHo"),
          "9 server's timeout between requests": patience_between_requests, "9 server half-closes": server_half_closes,
          "9 half-close before the request is read": half_closed_with_body,
          "9 half-close before the request is read, AF_UNIX": half_closed_with_body_unix, "9 pipeline cut off": pipeline_cut_off}
