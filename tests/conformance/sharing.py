"""Row 16: sockets that several threads, processes or descriptors share."""

import array
import contextlib
import os
import select
import socket
import threading
from collections import Counter

from dialogue import connect, listen, on_connection
from talking import GET, OK
from transport import Plain


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


def many_threads():
    """Four threads take turns at one socket, each reads a request and answers it."""
    rounds = 40

    def server(s):
        turn, left = threading.Lock(), [rounds]

        def work():
            while True:
                with turn:
                    if not left[0]:
                        return
                    left[0] -= 1
                    Plain(s).receive(len(GET % b"turns"))
                    s.sendall(OK)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def client(c):
        for _ in range(rounds):
            c.sendall(GET % b"turns")
            Plain(c).receive(len(OK))

    on_connection(server, client)
    return Counter({("GET", "/turns", "200"): rounds})


def both_ways_at_once():
    """A thread reads on while another still answers: pipelined without an end to the requests."""
    requests = 200

    def server(s):
        ready = threading.Semaphore(0)

        def answer():
            for _ in range(requests):
                ready.acquire()
                s.sendall(OK)
        thread = threading.Thread(target=answer)
        thread.start()
        for _ in range(requests):
            Plain(s).receive(len(GET % b"ways"))
            ready.release()
        thread.join()

    def client(c):
        thread = threading.Thread(target=lambda: [c.sendall(GET % b"ways") for _ in range(requests)])
        thread.start()
        Plain(c).receive(len(OK) * requests)
        thread.join()

    on_connection(server, client)
    return Counter({("GET", "/ways", "200"): requests})


def replaced_descriptor():
    """dup2 puts another connection under the number of one whose answer is still to come."""
    listener = listen()

    def serve():
        first, second = listener.accept()[0], listener.accept()[0]
        with first, second, first.dup() as kept:
            Plain(first).receive(len(GET % b"one"))
            os.dup2(second.fileno(), first.fileno())
            Plain(first).receive(len(GET % b"two"))
            kept.sendall(b"HTTP/1.1 201 X\r\nContent-Length: 0\r\n\r\n")
            first.sendall(b"HTTP/1.1 202 X\r\nContent-Length: 0\r\n\r\n")
    thread = threading.Thread(target=serve)
    thread.start()
    with connect(listener) as one, connect(listener) as two:
        one.sendall(GET % b"one")
        two.sendall(GET % b"two")
        assert b" 201 " in one.recv(100) and b" 202 " in two.recv(100)
        thread.join()
    listener.close()
    return Counter({("GET", "/one", "201"): 1, ("GET", "/two", "202"): 1})


def inherited_listener():
    """Three children accept on the listener that they have inherited, as long as their parent lives: only then can they be named."""
    listener, rounds = listen(), 30
    ended, held = os.pipe()
    for _ in range(3):
        if os.fork() == 0:
            os.close(held)
            listener.settimeout(0.05)
            while not select.select([ended], [], [], 0)[0]:
                with contextlib.suppress(TimeoutError):
                    serve_one(listener)
            os._exit(0)
    os.close(ended)
    for _ in range(rounds):
        with connect(listener) as c:
            c.sendall(GET % b"reuse")
            Plain(c).receive(len(OK))
    listener.close()
    return Counter({("GET", "/reuse", "200"): rounds})


def outlived_by_child():
    """The parent reads a request and closes; its child, which has inherited the connection, answers, and the next one too."""
    closed, told = os.pipe()
    ended, held = os.pipe()

    def server(s):
        Plain(s).receive(len(GET % b"heir"))
        if os.fork() == 0:
            os.close(held)
            os.read(closed, 1)
            s.sendall(OK)
            Plain(s).receive(len(GET % b"heir"))
            s.sendall(OK)
            os.read(ended, 1)  # as long as its parent lives
            os._exit(0)
        s.close()
        os.write(told, b"x")

    def client(c):
        for _ in range(2):
            c.sendall(GET % b"heir")
            Plain(c).receive(len(OK))

    on_connection(server, client)
    return Counter({("GET", "/heir", "200"): 2})


SHARING = {"16 threads share a socket": two_threads, "16 dup": duplicated, "16 SCM_RIGHTS": handed_over,
           "16 descriptors reused": reused_descriptors, "16 forked child answers": forked_child, "16 threads take turns": many_threads,
           "16 threads read and answer at once": both_ways_at_once, "16 dup2 over a connection": replaced_descriptor,
           "16 inherited listener": inherited_listener, "16 child outlives its parent's socket": outlived_by_child}
