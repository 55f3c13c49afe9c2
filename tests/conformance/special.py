"""Cases that are more than exchanges: closes, tunnels, streams, sharing of sockets, other traffic (rows 6 to 16)."""

import array
import os
import socket
import struct
import tempfile
import threading
from collections import Counter

from dialogue import connect, listen, on_connection, run
from shapes import keep_alive
from transport import Plain

GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def read_head(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            break
        data += part
    return data


def drain(sock):
    total = 0
    while True:
        part = sock.recv(1 << 20)
        if not part:
            return total
        total += len(part)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


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


def other_protocols():
    for hello in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100),
                  os.urandom(500), b"GET foo\r\n", b"EHLO there\r\n", b"*1\r\n$4\r\nPING\r\n"):
        on_connection(lambda s: (s.recv(1000), s.sendall(b"220 hello\r\n"), s.recv(1000)),
                      lambda c, h=hello: (c.sendall(h), c.recv(100), c.sendall(GET % b"late")))
    return Counter()


def two_threads():
    """One thread receives, another answers."""
    requests = 50
    queue = threading.Semaphore(0)

    def server(s):
        def answer():
            for _ in range(requests):
                queue.acquire()
                s.sendall(OK)
        thread = threading.Thread(target=answer)
        thread.start()
        for _ in range(requests):
            assert Plain(s).receive(len(GET % b"both"))
            queue.release()
        thread.join()

    def client(c):
        for _ in range(requests):
            c.sendall(GET % b"both")
            Plain(c).receive(len(OK))

    on_connection(server, client)
    return Counter({("GET", "/both", "200"): requests})


def duplicated():
    def server(s):
        with s.dup() as other:
            Plain(s).receive(len(GET % b"dup"))
            other.sendall(OK)

    on_connection(server, lambda c: (c.sendall(GET % b"dup"), Plain(c).receive(len(OK))))
    return Counter({("GET", "/dup", "200"): 1})


def handed_over():
    """The accepted socket travels through SCM_RIGHTS."""
    def server(s):
        left, right = socket.socketpair()
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
        _, control, _, _ = right.recvmsg(1, socket.CMSG_SPACE(4))
        descriptor = array.array("i", control[0][2][:4])[0]
        with socket.socket(fileno=descriptor) as other:
            Plain(other).receive(len(GET % b"rights"))
            other.sendall(OK)
        left.close()
        right.close()

    on_connection(server, lambda c: (c.sendall(GET % b"rights"), Plain(c).receive(len(OK))))
    return Counter({("GET", "/rights", "200"): 1})


def reused_descriptors():
    """Connections that open and close so fast that one descriptor number serves them all."""
    listener = listen()
    rounds = 200
    thread = threading.Thread(target=lambda: [serve_one(listener) for _ in range(rounds)])
    thread.start()
    for _ in range(rounds):
        with connect(listener) as c:
            c.sendall(GET % b"reuse")
            Plain(c).receive(len(OK))
    thread.join()
    listener.close()
    return Counter({("GET", "/reuse", "200"): rounds})


def serve_one(listener):
    accepted, _ = listener.accept()
    with accepted:
        Plain(accepted).receive(len(GET % b"reuse"))
        accepted.sendall(OK)


def forked_child():
    """A child process answers on the connection that its parent accepted."""
    def server(s):
        ended, held = os.pipe()
        if os.fork() == 0:
            os.close(held)
            Plain(s).receive(len(GET % b"child"))
            s.sendall(OK)
            os.read(ended, 1)  # until the parent has gone: a process can be named only while it lives
            os._exit(0)
        os.close(ended)

    on_connection(server, lambda c: (c.sendall(GET % b"child"), Plain(c).receive(len(OK))))
    return Counter({("GET", "/child", "200"): 1})


def ipv6():
    return run(keep_alive(), listener=listen(socket.AF_INET6))


def mapped():
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::ffff:127.0.0.1", 0))
    s.listen()
    return run(keep_alive(), listener=s)


def unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        return run(keep_alive(), listener=listen(socket.AF_UNIX, folder + "/s"))


def abstract_socket():
    return run(keep_alive(), listener=listen(socket.AF_UNIX, f"\0conformance-{os.getpid()}"))


SPECIAL = {"9 no answer": no_answer, "9 reset without reply": reset_without_reply, "9 response cut off": cut_off,
           "4 close-delimited": close_delimited, "9 half-close": half_close, "9 answer is not HTTP": not_http_answer,
           "6 early answer": early_answer, "7 websocket": websocket, "7 connect accepted": connect_accepted,
           "10 100,000 small writes": small_writes, "10 sendfile, slow reader": sendfile_to_slow_reader,
           "13 spliced body": spliced_body, "12 other protocols": other_protocols, "16 threads share a socket": two_threads,
           "16 dup": duplicated, "16 SCM_RIGHTS": handed_over, "16 descriptors reused": reused_descriptors,
           "16 forked child answers": forked_child, "15 IPv6": ipv6, "15 v4-mapped": mapped,
           "15 AF_UNIX": unix_socket, "15 AF_UNIX, abstract": abstract_socket}
