"""Tunnels, other protocols and address families (rows 7, 12 and 15)."""

import contextlib
import os
import socket
import sys
import tempfile
from collections import Counter

from closes import half_closed_with_body, steps, wait
from dialogue import listen, on_connection, run
from shapes import bodies, keep_alive, pipeline
from talking import GET, OK, drain, read_head, reset


def tunnel(first, answer, expect):
    def server(s):
        read_head(s)
        s.sendall(answer)
        s.recv(1000)
        s.sendall(OK)

    def client(c):
        c.sendall(first)
        read_head(c)
        c.sendall(GET % b"inside")
        c.recv(1000)

    on_connection(server, client)
    return Counter({expect: 1})


def websocket():
    return tunnel(b"GET /socket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                  b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", ("GET", "/socket", "101"))


def connect_accepted():
    return tunnel(b"CONNECT h:1 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", ("CONNECT", "_authority", "200"))


def other_protocols():
    for hello in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100),
                  os.urandom(500), b"GET foo\r\n", b"EHLO there\r\n", b"*1\r\n$4\r\nPING\r\n"):
        on_connection(lambda s: (s.recv(1000), s.sendall(b"220 hello\r\n"), s.recv(1000)),
                      lambda c, h=hello: (c.sendall(h), c.recv(100), c.sendall(GET % b"late")))
    return Counter()


def ipv6():
    return run(keep_alive(), listener=listen(socket.AF_INET6))


def mapped():
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::ffff:127.0.0.1", 0))
    s.listen()
    return run(keep_alive(), listener=s)


def multipath(case):
    """Multipath TCP at both ends, which a kernel need not have."""
    try:
        listener = listen(protocol=socket.IPPROTO_MPTCP)
    except OSError as error:
        print(f"not played, no Multipath TCP: {error}", file=sys.stderr)
        return Counter()
    return case(listener)


def multipath_aborts(listener):
    on_connection(read_head, lambda c: (c.sendall(GET % b"silent"), c.recv(10)), listener)
    return Counter({("GET", "/silent", "aborted"): 1})


def multipath_resets(listener):
    asked, = steps("asked")

    def server(s):
        read_head(s)
        asked.set()
        with contextlib.suppress(ConnectionResetError):
            drain(s)

    def client(c):
        c.sendall(GET % b"left")
        wait(asked)
        reset(c)

    on_connection(server, client, listener)
    return Counter({("GET", "/left", "aborted"): 1})


def unix_socket(exchanges, **how):
    with tempfile.TemporaryDirectory() as folder:
        return run(exchanges, listener=listen(socket.AF_UNIX, folder + "/s"), **how)


def abstract_socket():
    return run(keep_alive(), listener=listen(socket.AF_UNIX, f"\0conformance-{os.getpid()}"))


MULTIPATH = {"15 Multipath TCP": lambda s: run(keep_alive(), listener=s),
             "15 Multipath TCP, long bodies": lambda s: run(bodies(300000), listener=s),
             "15 Multipath TCP, pipeline": lambda s: run(pipeline(16), pipelined=True, listener=s),
             "15 Multipath TCP, half-close": half_closed_with_body,
             "15 Multipath TCP, no answer": multipath_aborts,
             "15 Multipath TCP, client resets": multipath_resets}

SPECIAL = {"7 websocket": websocket, "7 connect accepted": connect_accepted, "12 other protocols": other_protocols, "15 IPv6": ipv6,
           "15 v4-mapped": mapped, "15 AF_UNIX": lambda: unix_socket(keep_alive()),
           "15 AF_UNIX, pipeline": lambda: unix_socket(pipeline(16), pipelined=True),
           "15 AF_UNIX, abstract": abstract_socket,
           **{name: (lambda c=case: multipath(c)) for name, case in MULTIPATH.items()}}
