"""Tunnels, other protocols and address families (rows 7, 12 and 15)."""

import os
import socket
import tempfile
from collections import Counter

from dialogue import listen, on_connection, run
from shapes import keep_alive, pipeline
from talking import GET, OK, read_head


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


def unix_socket(exchanges, **how):
    with tempfile.TemporaryDirectory() as folder:
        return run(exchanges, listener=listen(socket.AF_UNIX, folder + "/s"), **how)


def abstract_socket():
    return run(keep_alive(), listener=listen(socket.AF_UNIX, f"\0conformance-{os.getpid()}"))


SPECIAL = {"7 websocket": websocket, "7 connect accepted": connect_accepted, "12 other protocols": other_protocols, "15 IPv6": ipv6,
           "15 v4-mapped": mapped, "15 AF_UNIX": lambda: unix_socket(keep_alive()),
           "15 AF_UNIX, pipeline": lambda: unix_socket(pipeline(16), pipelined=True),
           "15 AF_UNIX, abstract": abstract_socket}
