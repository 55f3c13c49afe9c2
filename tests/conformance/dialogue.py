"""Runs exchanges between a real client and a real server socket in this process, and remembers what passed."""

import socket
import threading
from collections import Counter

from transport import Plain


class Exchange:
    """One request and its answer; `expect` is (method, path, status), or None where there is no transaction."""

    def __init__(self, request, response, expect):
        self.request, self.response, self.expect = request, response, expect


def get(path, status=200, body=b"hello", method="GET"):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return Exchange(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), head + body, (method, path, str(status)))


def listen(family=socket.AF_INET, address=None, protocol=0):
    s = socket.socket(family, socket.SOCK_STREAM, protocol)
    if address is None:
        address = {socket.AF_INET: ("127.0.0.1", 0), socket.AF_INET6: ("::1", 0)}[family]
    s.bind(address)
    s.listen(16)
    return s


def connect(listener):
    s = socket.socket(listener.family, socket.SOCK_STREAM, listener.proto)
    s.connect(listener.getsockname())
    return s


def on_connection(server, client, listener=None):
    """Runs server(sock) and client(sock) against each other to their ends."""
    listener = listener or listen()
    failures = []

    def serve():
        accepted, _ = listener.accept()
        try:
            server(accepted)
        except Exception as error:  # told below, on the main thread
            failures.append(error)
        finally:
            accepted.close()

    thread = threading.Thread(target=serve)
    thread.start()
    mine = connect(listener)
    try:
        client(mine)
    finally:
        mine.close()
        thread.join(60)
        listener.close()
    if failures:
        raise failures[0]


def check_same(way, received, sent):
    assert len(received) == len(sent) and (received == sent or not way.keeps_bytes), "it did not arrive as it was sent"


def run(exchanges, client_way=Plain, server_way=Plain, pipelined=False, at_once=False, listener=None):
    """The exchanges on one connection, one after the other or pipelined; `at_once`: all answers in one send."""

    def server(sock):
        way = server_way(sock)
        if pipelined:
            total = sum(len(e.request) for e in exchanges)
            assert len(way.receive(total)) == total
            if at_once:
                way.send(b"".join(e.response for e in exchanges))
            else:
                for e in exchanges:
                    way.send(e.response)
            return
        for e in exchanges:
            check_same(way, way.receive(len(e.request)), e.request)
            way.send(e.response)

    def client(sock):
        way = client_way(sock)
        if pipelined:
            way.send(b"".join(e.request for e in exchanges))
            way.receive(sum(len(e.response) for e in exchanges))
            return
        for e in exchanges:
            way.send(e.request)
            check_same(way, way.receive(len(e.response)), e.response)

    on_connection(server, client, listener)
    return Counter(e.expect for e in exchanges if e.expect)
