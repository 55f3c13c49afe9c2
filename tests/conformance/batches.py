"""Several messages a call: sendmmsg and recvmmsg, with arrays that are used again as a server would, ended early in every way."""

import ctypes
import os
import select
import socket

from transport import Plain

libc = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.POINTER(Iovec)),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint32)]
MSG_WAITFORONE = 0x10000


class Batches(Plain):
    """Four messages a call; a receive ends early when there is no more."""

    count = 4

    def __init__(self, sock):
        super().__init__(sock)
        self.outgoing, self.incoming = (Mmsghdr * self.count)(), (Mmsghdr * self.count)()

    def put(self, array, buffers):
        for message, buffer in zip(array, buffers):
            message.hdr.iov = ctypes.pointer(Iovec(ctypes.cast(buffer, ctypes.c_void_p), len(buffer)))
            message.hdr.iovlen = 1

    def result(self, n):
        if n < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return n

    def send(self, data):
        step = max(1, -(-len(data) // self.count))
        buffers = [ctypes.create_string_buffer(data[i:i + step], len(data[i:i + step])) for i in range(0, len(data), step)]
        self.put(self.outgoing, buffers)
        assert self.result(libc.sendmmsg(self.sock.fileno(), self.outgoing, len(buffers), 0)) == len(buffers)

    def some(self, limit):
        buffers = [ctypes.create_string_buffer(max(1, limit // (2 * self.count))) for _ in range(self.count)]
        self.put(self.incoming, buffers)
        n = self.result(self.receive_some(limit))
        return b"".join(buffers[i].raw[:self.incoming[i].len] for i in range(n))[:limit]

    def receive_some(self, limit):
        count = min(self.count, limit)  # of buffers of a byte, no more than what is to come
        return libc.recvmmsg(self.sock.fileno(), self.incoming, count, MSG_WAITFORONE, None)


class Batches64(Batches):
    count = 64


class EmptyBatches(Batches):
    """The first message and every other one is empty."""

    def put(self, array, buffers):
        super().put(array, buffers)
        for i in range(0, len(buffers), 2):
            array[i].hdr.iov[0].len = 0

    def send(self, data):
        half = -(-len(data) // 2)
        parts = [part for part in (data[:half], data[half:]) if part]
        buffers = [ctypes.create_string_buffer(part, len(part)) for part in parts for _ in range(2)]
        self.put(self.outgoing, buffers)
        assert self.result(libc.sendmmsg(self.sock.fileno(), self.outgoing, len(buffers), 0)) == len(buffers)

    def receive_some(self, limit):
        return libc.recvmmsg(self.sock.fileno(), self.incoming, 2 if limit < 2 else 4, MSG_WAITFORONE, None)


class ShortBatches(Batches):
    """Sends that end in the middle of a message; what is left goes by the same array."""

    def __init__(self, sock):
        super().__init__(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    def send(self, data):
        while data:
            step = max(1, -(-len(data) // self.count))
            buffers = [ctypes.create_string_buffer(data[i:i + step], len(data[i:i + step])) for i in range(0, len(data), step)]
            self.put(self.outgoing, buffers)
            select.select([], [self.sock], [])  # so that no error comes between two short sends
            n = self.result(libc.sendmmsg(self.sock.fileno(), self.outgoing, len(buffers), socket.MSG_DONTWAIT))
            data = data[sum(self.outgoing[i].len for i in range(n)):]


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class FixedBatches(Batches):
    """Receives messages of one size, a message a buffer, always by the same buffers."""

    def __init__(self, sock, size):
        super().__init__(sock)
        self.buffers = [ctypes.create_string_buffer(size) for _ in range(self.count)]
        self.put(self.incoming, self.buffers)

    def receive_messages(self, timeout=None):
        n = self.result(libc.recvmmsg(self.sock.fileno(), self.incoming, self.count, 0, timeout and ctypes.byref(timeout)))
        return [buffer.raw for buffer in self.buffers[:n]]


BATCHES = (Batches, Batches64, EmptyBatches, ShortBatches)
