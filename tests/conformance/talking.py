"""What the cases say to one another, and how they read it."""

import socket
import struct

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
