"""Row 16: sockets that several threads, processes or descriptors share."""

import array
import os
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


SHARING = {"16 threads share a socket": two_threads, "16 dup": duplicated, "16 SCM_RIGHTS": handed_over,
           "16 descriptors reused": reused_descriptors, "16 forked child answers": forked_child}
