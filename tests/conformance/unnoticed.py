#!/usr/bin/env python3
"""Rows 10 and 12: what must cost next to nothing. Long answers, whose end is known although the connection stays open and idle; and
connections that speak something else, of which nothing is counted, told or kept."""

import argparse
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from dialogue import connect, listen  # noqa: E402
from table import Table  # noqa: E402
from talking import GET, read_head  # noqa: E402

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MIB = 1 << 20


def small_writes(sock):
    sock.sendall(CHUNKED)
    for _ in range(100000):
        sock.send(b"3\r\nabc\r\n")
    sock.sendall(b"0\r\n\r\n")


def large_file(sock):
    """1 GiB, always of the same pages."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1024 * MIB))
    with tempfile.TemporaryFile() as file:
        file.truncate(32 * MIB)
        for _ in range(32):
            left, at = 32 * MIB, 0
            while left:
                sent = os.sendfile(sock.fileno(), file.fileno(), at, left)
                left -= sent
                at += sent


def events(sock):
    """Server-sent events for two seconds."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        sock.sendall(b"d\r\ndata: hello\n\n\r\n")
        time.sleep(0.02)
    sock.sendall(b"0\r\n\r\n")


# The answer, and how many segments may be told of it at most: what is captured of a run is bounded.
LONG = {"10 100,000 small writes": ("drops", small_writes, 40000), "10 1 GiB by sendfile": ("file", large_file, 500),
        "10 events for 2 s": ("events", events, 1000)}


def long_answer(agent, table, name, path, answer, most, service):
    def serve():
        accepted, _ = listener.accept()
        with accepted:
            read_head(accepted)
            answer(accepted)
            over.wait(60)

    over, listener = threading.Event(), listen()
    thread = threading.Thread(target=serve)
    thread.start()
    segments = agent.value("sockwatch_segments_total")

    def end(metric, suffix):
        return agent.value(f"{metric}_duration_seconds_{suffix}", service=service, path=f"/{path}")
    with connect(listener) as client:
        start = time.monotonic()
        client.sendall(GET % path.encode())
        seen, reads = client.recv(65536), 0
        if b"Content-Length" in seen:
            length = int(seen.split(b"Content-Length: ")[1].split(b"\r\n")[0]) + seen.index(b"\r\n\r\n") + 4 - len(seen)
            while length:
                length -= len(client.recv(min(length, MIB)))
                reads += 1
                if reads % 8 == 0:
                    time.sleep(0.001)  # a slow reader
        else:
            while not seen.endswith(b"\r\n0\r\n\r\n"):
                seen = seen[-16:] + client.recv(65536)
        own = time.monotonic() - start
        for role, metric in (("server", "http_request"), ("client", "http_client_request")):
            try:
                wait_until(lambda m=metric: end(m, "count") == 1, "the end of the answer", 10)
            except TimeoutError:
                pass
            table.check(f"{name}: known at the {role} while the connection idles", end(metric, "count"), 1)
        table.check(f"{name}: the duration of {own:.3f} s", end("http_client_request", "sum"), lambda s: abs(s - own) <= 0.05 * own + 0.05)
        table.check(f"{name}: segments told of, at most {most}", agent.value("sockwatch_segments_total") - segments, lambda n: n <= most)
        over.set()
        thread.join()
    listener.close()


def strangers(folder):
    """Pairs of functions, the client's and the server's, that speak anything but HTTP."""
    key = f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=x", "-keyout", key, "-out", key], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(key)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE

    def exchange(sock, rounds, first):
        """HTTP within, as a browser does: it must not show."""
        for _ in range(rounds):
            if first:
                sock.sendall(GET % b"within")
            assert sock.recv(65536)
            if not first:
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def tls(sock, rounds, first):
        context = client_context if first else server_context
        with context.wrap_socket(sock, server_side=not first, suppress_ragged_eofs=True) as wrapped:
            exchange(wrapped, rounds, first)

    def ssh(sock, rounds, first):
        sock.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        sock.recv(65536)
        for _ in range(rounds):
            sock.sendall(b"\0\0\0\x1c\x0a" + os.urandom(27))
            sock.recv(65536)

    def noise(sock, rounds, first):
        for _ in range(rounds):
            if first:
                sock.sendall(b"\xff" + os.urandom(200))
            assert sock.recv(65536)
            if not first:
                sock.sendall(b"\xfe" + os.urandom(200))
    return {"TLS": tls, "SSH": ssh, "noise": noise}


def talk(speak, connections, rounds):
    listener = listen()

    def serve():
        for _ in range(connections):
            accepted, _ = listener.accept()
            with accepted:
                speak(accepted, rounds, False)
    thread = threading.Thread(target=serve)
    thread.start()
    for _ in range(connections):
        with connect(listener) as client:
            speak(client, rounds, True)
    thread.join()
    listener.close()


def stranger(agent, table, name, speak, service):
    def told():
        return agent.value("sockwatch_segments_total")

    talk(speak, 20, 1)
    before = told()
    talk(speak, 20, 1)
    short = told() - before
    before = told()
    talk(speak, 20, 200)
    long = told() - before
    # Those of a few others, until they are left out, may be among them; 8,000 of ours would be more.
    table.check(f"12 {name}: segments told of 20 connections: {short:.0f}; with 200 times as much on each", long, lambda n: n <= short + 1000)
    memory = agent.value("process_resident_memory_bytes")
    talk(speak, 500, 1)
    table.check(f"12 {name}: bytes that the agent grew by 500 connections", agent.value("process_resident_memory_bytes") - memory,
                lambda n: n <= 2 * MIB)
    table.check(f"12 {name}: requests", agent.value("http_requests_total", service=service), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    options = parser.parse_args()
    service = "unnoticed"
    if os.environ.get("OTEL_SERVICE_NAME") != service:  # both ends are this process
        os.execve(sys.executable, [sys.executable, "-B", *sys.argv], {**os.environ, "OTEL_SERVICE_NAME": service})
    table = Table(options.output)
    with tempfile.TemporaryDirectory() as folder:
        config = f"{folder}/config.yml"  # what else is on this host is of no interest
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"filter: {{include: {{services: [{service}]}}}}\n")
        with Agent(options.agent, f"--config.file={config}") as agent:
            for name, speak in strangers(folder).items():
                stranger(agent, table, name, speak, service)
            for name, (path, answer, most) in LONG.items():
                long_answer(agent, table, name, path, answer, most, service)
            table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
