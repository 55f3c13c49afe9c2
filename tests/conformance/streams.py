"""Row 10: long answers, and row 6: answers before the request has ended."""

import os
import tempfile
from collections import Counter

from dialogue import on_connection
from talking import GET, OK, drain, read_head
from transport import Plain


def early_answer():
    head = b"POST /early HTTP/1.1\r\nContent-Length: 300000\r\n\r\n"

    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")
        drain(s)

    def client(c):
        c.sendall(head)
        c.recv(100)
        c.sendall(b"b" * 300000)

    on_connection(server, client)
    return Counter({("POST", "/early", "413"): 1})


def small_writes():
    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100000):
            s.send(b"3\r\n0\r\n\r\n")
        s.send(b"0\r\n\r\n")
        read_head(s)
        s.sendall(OK)

    def client(c):
        c.sendall(GET % b"drops")
        seen = b""
        while not seen.endswith(b"\r\n0\r\n\r\n0\r\n\r\n"):  # an empty-looking chunk's content, then the end
            seen = seen[-32:] + c.recv(65536)
        c.sendall(GET % b"next")
        c.recv(100)

    on_connection(server, client)
    return Counter({("GET", "/drops", "200"): 1, ("GET", "/next", "200"): 1})


def sendfile_to_slow_reader():
    size = 200 << 20

    def server(s):
        read_head(s)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            s.sendfile(file)
        read_head(s)
        s.sendall(OK)

    def client(c):
        c.sendall(GET % b"large")
        left = size + len(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while left:
            left -= len(c.recv(min(left, 1 << 18)))
        c.sendall(GET % b"next")
        c.recv(100)

    on_connection(server, client)
    return Counter({("GET", "/large", "200"): 1, ("GET", "/next", "200"): 1})


def spliced_body():
    """The server takes a request's body by splice: no receive tells of it."""
    body = b"s" * 100000

    def server(s):
        assert len(Plain(s).receive(len(head))) == len(head)
        reader, writer = os.pipe()
        left = len(body)
        while left:
            moved = os.splice(s.fileno(), writer, left)
            left -= moved
            while moved:
                moved -= len(os.read(reader, moved))
        os.close(reader)
        os.close(writer)
        s.sendall(OK)
        read_head(s)
        s.sendall(OK)

    head = b"POST /spliced HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)

    def client(c):
        c.sendall(head)
        c.sendall(body)
        c.recv(100)
        c.sendall(GET % b"next")
        c.recv(100)

    on_connection(server, client)
    return Counter({("POST", "/spliced", "200"): 1, ("GET", "/next", "200"): 1})


def head_by_sendfile():
    """A head that was never in the server's memory: its status is not known there, and not made up."""
    rounds = 5

    def server(s):
        with tempfile.TemporaryFile() as file:
            file.write(OK)
            file.flush()
            for _ in range(rounds):
                Plain(s).receive(len(GET % b"whole"))
                assert os.sendfile(s.fileno(), file.fileno(), 0, len(OK)) == len(OK)

    def client(c):
        for _ in range(rounds):
            c.sendall(GET % b"whole")
            Plain(c).receive(len(OK))

    on_connection(server, client)
    return Counter({("GET", "/whole", "unknown"): rounds}), Counter({("GET", "/whole", "200"): rounds})


STREAMS = {"6 early answer": early_answer, "10 100,000 small writes": small_writes, "10 sendfile, slow reader": sendfile_to_slow_reader,
           "13 spliced body": spliced_body,
           "13 head by sendfile": head_by_sendfile}
