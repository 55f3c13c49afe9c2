"""The ways in which bytes can pass a socket, one class each, all with send(data) and receive(length): one call after the other."""

import os
import select
import socket


class Plain:
    """send, recv."""

    keeps_bytes = True  # what receive() returns is what came

    def __init__(self, sock):
        self.sock = sock

    def send(self, data):
        self.sock.sendall(data)

    def some(self, limit):
        return self.sock.recv(limit)

    def receive(self, length):
        data = b""
        while len(data) < length:
            part = self.some(length - len(data))
            if not part:
                break
            data += part
        return data


class ShortReads(Plain):
    """No more than 16 KiB a receive."""

    def some(self, limit):
        return self.sock.recv(min(limit, 16384))


class ReadWrite(Plain):
    """read, write."""

    def send(self, data):
        while data:
            data = data[os.write(self.sock.fileno(), data):]

    def some(self, limit):
        return os.read(self.sock.fileno(), limit)


class OneByte(Plain):
    """One byte a call."""

    def send(self, data):
        for byte in data:
            self.sock.send(bytes([byte]))

    def some(self, limit):
        return self.sock.recv(1)


class Vectors(Plain):
    """readv, writev with `count` buffers, the first of them empty where there is more than one."""

    count = 2
    most = 1000  # a call

    def parts(self, data):
        step = max(1, -(-len(data) // max(1, self.count - 1)))
        parts = [b""] * (self.count > 1) + [data[i:i + step] for i in range(0, len(data), step)]
        return [parts[i:i + self.most] for i in range(0, len(parts), self.most)]

    def buffers(self, limit):
        step = max(1, limit // self.count)
        return [bytearray(0)] * (self.count > 1) + [bytearray(step) for _ in range(max(1, self.count - 1))]

    def send(self, data):
        for parts in self.parts(data):
            assert self.write(parts) == sum(map(len, parts)), "a short write"

    def some(self, limit):
        buffers = self.buffers(limit)
        n = self.read(buffers)
        return b"".join(buffers)[:n]

    def write(self, parts):
        return os.writev(self.sock.fileno(), parts)

    def read(self, buffers):
        return os.readv(self.sock.fileno(), buffers)


class Vectors1(Vectors):
    count = 1


class Vectors16(Vectors):
    count = 16


class Vectors64(Vectors):
    count = 64


class Vectors1000(Vectors):
    count = 1000


class Positioned(Vectors16):
    """preadv2 and pwritev2, as they are for sockets: at no position."""

    def write(self, parts):
        return os.pwritev(self.sock.fileno(), parts, -1)

    def read(self, buffers):
        return os.preadv(self.sock.fileno(), buffers, -1)


class Messages(Plain):
    """sendmsg, recvmsg."""

    def send(self, data):
        half = len(data) // 2
        sent = self.sock.sendmsg([data[:half], b"", data[half:]])
        if sent < len(data):
            self.sock.sendall(data[sent:])

    def some(self, limit):
        first, second = bytearray(limit // 2), bytearray(limit - limit // 2)
        n = self.sock.recvmsg_into([first, second])[0]
        return bytes(first + second)[:n]


class Messages1000(Vectors1000):
    """sendmsg, recvmsg with a thousand buffers."""

    def write(self, parts):
        return self.sock.sendmsg(parts)

    def read(self, buffers):
        return self.sock.recvmsg_into(buffers)[0]


class Peeking(Plain):
    """Looks before it takes: MSG_PEEK, then MSG_WAITALL."""

    def some(self, limit):
        seen = self.sock.recv(limit, socket.MSG_PEEK)
        return self.sock.recv(len(seen), socket.MSG_WAITALL) if seen else b""


class PeekingMix(Plain):
    """Looks by every call that can, at less and at more than it then takes by another."""

    def some(self, limit):
        self.sock.recv(1, socket.MSG_PEEK)
        seen = self.sock.recvmsg(limit, 0, socket.MSG_PEEK | socket.MSG_DONTWAIT)[0]
        self.sock.recvfrom(limit, socket.MSG_PEEK)
        first = self.sock.recvmsg(max(1, len(seen) // 2))[0]
        if len(first) == limit:
            return first
        with_rest = self.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) if len(seen) > len(first) else b""
        return first + (os.read(self.sock.fileno(), len(seen) - len(first)) if with_rest else b"")


class WaitingForAll(Plain):
    """MSG_WAITALL: one receive for what several sends have sent."""

    def send(self, data):
        third = len(data) // 3
        for part in (data[:third], data[third:2 * third], data[2 * third:]):
            self.sock.sendall(part)

    def some(self, limit):
        return self.sock.recv(limit, socket.MSG_WAITALL)


class NeverWaiting(Plain):
    """A socket that does not block, with little room: EAGAIN before what comes, short sends."""

    def __init__(self, sock):
        super().__init__(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        sock.setblocking(False)

    def when(self, readable, call):
        while True:
            try:
                return call()
            except BlockingIOError:
                select.select([self.sock] * readable, [self.sock] * (not readable), [])

    def send(self, data):
        while data:
            data = data[self.when(False, lambda rest=data: self.sock.send(rest)):]

    def some(self, limit):
        return self.when(True, lambda: self.sock.recv(limit))


ONE_CALL = (Plain, ReadWrite, OneByte, Vectors1, Vectors, Vectors16, Vectors64, Vectors1000, Positioned, Messages, Messages1000,
            Peeking, PeekingMix, WaitingForAll, NeverWaiting)
