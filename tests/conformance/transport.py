"""The ways in which bytes can pass a socket: one class each, all with send(data) and receive(length)."""

import ctypes
import os
import socket
import tempfile

libc = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.POINTER(Iovec)),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint32)]


class Plain:
    """send, recv."""

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
    """readv, writev with `count` buffers, the first of them empty."""

    count = 2

    def send(self, data):
        step = max(1, -(-len(data) // (self.count - 1)))
        parts = [b""] + [data[i:i + step] for i in range(0, len(data), step)]
        for i in range(0, len(parts), 1000):
            wanted = sum(map(len, parts[i:i + 1000]))
            sent = os.writev(self.sock.fileno(), parts[i:i + 1000])
            assert sent == wanted, "a short write"

    def some(self, limit):
        step = max(1, limit // self.count)
        buffers = [bytearray(0)] + [bytearray(step) for _ in range(self.count - 1)]
        n = os.readv(self.sock.fileno(), buffers)
        return b"".join(buffers)[:n]


class Vectors16(Vectors):
    count = 16


class Vectors1000(Vectors):
    count = 1000


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


class Batches(Plain):
    """sendmmsg, recvmmsg with four messages a call."""

    def _vector(self, buffers):
        messages = (Mmsghdr * len(buffers))()
        for message, buffer in zip(messages, buffers):
            message.hdr.iov = ctypes.pointer(Iovec(ctypes.cast(buffer, ctypes.c_void_p), len(buffer)))
            message.hdr.iovlen = 1
        return messages

    def send(self, data):
        step = max(1, -(-len(data) // 4))
        buffers = [ctypes.create_string_buffer(data[i:i + step], len(data[i:i + step])) for i in range(0, len(data), step)]
        messages = self._vector(buffers)
        assert libc.sendmmsg(self.sock.fileno(), messages, len(buffers), 0) == len(buffers)

    def some(self, limit):
        buffers = [ctypes.create_string_buffer(max(1, limit // 8)) for _ in range(4)]
        messages = self._vector(buffers)
        MSG_WAITFORONE = 0x10000
        n = libc.recvmmsg(self.sock.fileno(), messages, 4, MSG_WAITFORONE, None)
        if n < 0:
            raise OSError(ctypes.get_errno(), "recvmmsg")
        return b"".join(buffers[i].raw[:messages[i].len] for i in range(n))[:limit]


class Peeking(Plain):
    """Looks before it takes: MSG_PEEK, then MSG_WAITALL."""

    def some(self, limit):
        seen = self.sock.recv(limit, socket.MSG_PEEK)
        return self.sock.recv(len(seen), socket.MSG_WAITALL) if seen else b""


class File(Plain):
    """Bodies by sendfile, heads by send."""

    def send(self, data):
        end = data.find(b"\r\n\r\n")
        head, body = (data[:end + 4], data[end + 4:]) if end >= 0 else (data, b"")
        self.sock.sendall(head)
        if body.startswith(b"HTTP/"):  # another head: in a file nobody could read it
            self.sock.sendall(body)
        elif body:
            with tempfile.TemporaryFile() as file:
                file.write(body)
                file.flush()
                file.seek(0)
                self.sock.sendfile(file)


TRANSPORTS = {cls.__name__: cls for cls in
              (Plain, ReadWrite, OneByte, Vectors, Vectors16, Vectors1000, Messages, Batches, Peeking, File)}
