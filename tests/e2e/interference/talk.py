"""One connection of TCP on loopback whose two ends a process of its own plays by rote, so that it has a name of its own.

As a program: reads from its standard input a line a step, "c", "s" or "o" (the client's or the server's bytes; one urgent byte of the client's)
and the bytes in hexadecimal, and plays them, each after the other has come."""

import os
import socket
import subprocess
import sys
import time


def client(text):
    return "c", text


def server(text):
    return "s", text


def urgent(byte):
    return "o", byte


def talk(service, steps):
    """Plays the steps as a process of that name."""
    lines = "".join(f"{who} {text.hex()}\n" for who, text in steps)
    subprocess.run([sys.executable, os.path.abspath(__file__)], input=lines, text=True, check=True, timeout=60, env={**os.environ, "OTEL_SERVICE_NAME": service})


def receive(end, length):
    while length > 0:
        length -= len(end.recv(min(length, 1 << 16)))


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(listener.getsockname())
    theirs = listener.accept()[0]
    for end in ours, theirs:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.settimeout(30)
    for line in sys.stdin:
        who, text = line.split(" ")
        text = bytes.fromhex(text)
        if who == "o":
            ours.send(text, socket.MSG_OOB)
            time.sleep(0.05)  # it is passed over by the receive that comes behind it
            continue
        sender, receiver = (ours, theirs) if who == "c" else (theirs, ours)
        sender.sendall(text)
        receive(receiver, len(text))
    ours.close()
    theirs.close()


if __name__ == "__main__":
    main()
