"""Bytes that pass a socket without lying in the program's memory, or with the kernel's leave to stay there."""

import os
import socket
import tempfile

from transport import Plain

MSG_ZEROCOPY, SO_ZEROCOPY = 0x4000000, 60


def head_and_body(data):
    """Cut after the last head of those that `data` begins with: in a file nobody could read it."""
    end = data.find(b"\r\n\r\n") + 4
    while end > 3 and data[end:].startswith(b"HTTP/"):
        end = data.find(b"\r\n\r\n", end) + 4
    return (data[:end], data[end:]) if end > 3 else (data, b"")


def in_a_file(data):
    file = tempfile.TemporaryFile()
    file.write(data)
    file.flush()
    file.seek(0)
    return file


class File(Plain):
    """Bodies by sendfile, heads by send."""

    def send(self, data):
        head, body = head_and_body(data)
        self.send_head(head, bool(body))
        if body:
            with in_a_file(body) as file:
                self.sock.sendfile(file)

    def send_head(self, head, more):
        self.sock.sendall(head)


class AnnouncedFile(File):
    """The same with MSG_MORE: head and body in one packet."""

    def send_head(self, head, more):
        self.sock.sendall(head, socket.MSG_MORE if more else 0)


class CorkedFile(File):
    """The same with TCP_CORK."""

    def send(self, data):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        super().send(data)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


class Pipe(Plain):
    """Bodies whose length is told go through a pipe by splice, both ways."""

    def send(self, data):
        head, body = head_and_body(data) if b"Content-Length" in data else (data, b"")
        self.sock.sendall(head)
        reader, writer = os.pipe()
        while body:
            moved = os.write(writer, body[:65536])
            body = body[moved:]
            while moved:
                moved -= os.splice(reader, self.sock.fileno(), moved)
        os.close(reader)
        os.close(writer)

    def receive(self, length):
        """One message: its heads by receives, a body whose length it tells as a body."""
        data, in_head = b"", True
        while len(data) < length:
            part = self.head() if in_head else self.body(length - len(data))
            if not part:
                break
            data += part
            if in_head and data.endswith(b"\r\n\r\n") and data != b"\r\n\r\n" and len(data) < length:
                in_head = b"Content-Length" not in data or self.sock.recv(5, socket.MSG_PEEK).startswith(b"HTTP/")
        return data

    def head(self):
        """Up to the end of a head, if that has come."""
        seen = self.sock.recv(65536, socket.MSG_PEEK)
        end = seen.find(b"\r\n\r\n")
        return self.sock.recv(end + 4 if end >= 0 else len(seen))

    def body(self, limit):
        reader, writer = os.pipe()
        moved = os.splice(self.sock.fileno(), writer, min(limit, 65536))
        part = os.read(reader, moved) if moved else b""
        os.close(reader)
        os.close(writer)
        return part


class Discarding(Pipe):
    """Bodies are thrown away by MSG_TRUNC."""

    keeps_bytes = False

    def send(self, data):
        self.sock.sendall(data)

    def body(self, limit):
        return self.sock.recv(limit, socket.MSG_TRUNC)


class ZeroCopy(Plain):
    """MSG_ZEROCOPY; the notices of what is free again are taken from the error queue."""

    def __init__(self, sock):
        super().__init__(sock)
        sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        self.kept = []

    def send(self, data):
        self.kept.append(data)
        while data:
            data = data[self.sock.send(data, MSG_ZEROCOPY):]
            try:
                while True:
                    self.sock.recvmsg(0, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass


ONE_MESSAGE = (Pipe, Discarding)  # these can only receive one message at a time
MOVING = (File, AnnouncedFile, CorkedFile, ZeroCopy, *ONE_MESSAGE)
