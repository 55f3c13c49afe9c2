#!/usr/bin/env python3
"""What needs a live agent at a given moment: durations, open connections, an agent that starts in the middle of things, two agents,
network namespaces, shared ports, units. The truth is the client's own: its clock, and what it asked for.
"""

import argparse
import contextlib
import http.server
import os
import select
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
from agent import Agent, wait_until  # noqa: E402
from cgroup import cgroup  # noqa: E402
from table import Table  # noqa: E402

TABLE = Table()
check = TABLE.check


class Handler(http.server.BaseHTTPRequestHandler):
    """/wait/MS answers late, /stream/MS in pieces, /bytes/N with a long body."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        kind, _, number = self.path.strip("/").partition("/")
        number = int(number or 0)
        if kind == "wait":
            time.sleep(number / 1000)
        if kind == "stream":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            end = time.monotonic() + number / 1000
            while time.monotonic() < end:
                self.wfile.write(b"5\r\nhello\r\n")
                time.sleep(0.02)
            self.wfile.write(b"0\r\n\r\n")
            return
        body = b"x" * (number if kind == "bytes" else 2)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def log_message(self, *_):
        pass


def serve(family, address, port, shared):
    class Server(http.server.ThreadingHTTPServer):
        address_family = family
        daemon_threads = True
        request_queue_size = 128

        def server_bind(self):
            if shared:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            super().server_bind()

        def handle_error(self, *_):
            pass  # a client that goes in the middle is what some tests are about
    with Server((address, port), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextlib.contextmanager
def server(service, address="127.0.0.1", port=0, shared=False, prefix=(), family=socket.AF_INET, cgroup=None, name=True):
    """A server process of its own; yields its port and pid."""
    environment = {**os.environ, **({"SERVICE_NAME": service} if name else {})}
    join = (lambda: open(os.path.join(cgroup, "cgroup.procs"), "w").write(str(os.getpid()))) if cgroup else None
    process = subprocess.Popen([*prefix, sys.executable, os.path.abspath(__file__), "--serve", address, str(port), str(int(shared)),
                                str(int(family))], stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=join)
    try:
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Client:
    """One keep-alive connection."""

    def __init__(self, port, address="127.0.0.1"):
        self.socket = socket.create_connection((address, port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, path):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    def receive(self, pause=0.0, size=65536, splice=False):
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(size)
        head, _, body = self.rest.partition(b"\r\n\r\n")
        if b"chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += self.socket.recv(size)
        else:
            left = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) - len(body)
            while left > 0:
                time.sleep(pause)
                left -= self.splice(left) if splice else len(self.socket.recv(size))
        self.rest = b""

    def splice(self, size):
        """Reads as a proxy does that passes a body on without looking at it."""
        out, into = os.pipe()
        select.select([self.socket], [], [], 20)
        try:
            moved = os.splice(self.socket.fileno(), into, min(size, 4096))
            os.read(out, moved)
            return moved
        finally:
            os.close(out)
            os.close(into)

    def ask(self, path, **options):
        """Seconds from the first byte sent to the last received."""
        start = time.monotonic()
        self.send(path)
        self.receive(**options)
        return time.monotonic() - start


def durations(agent):
    """Within 5 % and 200 us of the client's own measurement, the median of seven."""
    with server("clock") as (port, _):
        client = Client(port)
        for what, path, options in [("no delay", "/wait/0", {}), ("1 ms", "/wait/1", {}), ("10 ms", "/wait/10", {}),
                                    ("100 ms", "/wait/100", {}), ("a stream of 1 s", "/stream/1000", {}),
                                    ("a slow reader", "/bytes/2000000", {"pause": 0.01}),
                                    ("a body read by splice", "/bytes/200000", {"splice": True}),
                                    ("the same, slowly", "/bytes/200000", {"splice": True, "pause": 0.02})]:
            for metric in ("http_client_request_duration_seconds", "http_request_duration_seconds"):
                side = "client" if "client" in metric else "server"
                if side == "server" and options:
                    continue  # what it has sent it has done with

                def total(suffix):
                    labels = {"peer": "clock"} if side == "client" else {"service": "clock"}
                    return agent.value(f"{metric}_{suffix}", **labels)
                errors = []
                for _ in range(3 if "1 s" in what else 7):
                    count, seconds = total("count"), total("sum")
                    own = client.ask(path, **options)
                    wait_until(lambda: total("count") == count + 1, f"{what} to be counted")
                    errors.append((abs(total("sum") - seconds - own) - 0.05 * own, total("sum") - seconds, own))
                error, seen, own = sorted(errors)[len(errors) // 2]
                check(f"{what}, {side}: {seen * 1000:.3f} ms of {own * 1000:.3f} ms; over the 5 % by us", round(error * 1e6),
                      lambda e: e <= 200)


def connections(path):
    """active_connections equals the connections that are open, older ones too."""
    with server("pool") as (port, _):
        older = [Client(port) for _ in range(4)]
        for client in older[:2]:
            client.ask("/")
        with Agent(path) as agent:
            def gauge_becomes(n, what):
                try:
                    wait_until(lambda: agent.value("active_connections", service="pool") == n, what, 5)
                except TimeoutError:
                    pass
                check(f"17 open connections, {what}", agent.value("active_connections", service="pool"), n)
            fresh = [Client(port) for _ in range(7)]
            for client in fresh[:3]:
                client.ask("/")
            gauge_becomes(11, "4 older than the agent, 7 younger, most of them idle")
            for client in [*older[:2], *fresh[:1]]:
                client.socket.close()
            gauge_becomes(8, "3 closed")
            fresh[1].socket.shutdown(socket.SHUT_WR)  # the server closes then
            gauge_becomes(7, "one half-closed by its client")
            fresh[2].send("/stream/3000")
            gauge_becomes(7, "one busy")


def multipath(agent):
    """Of a connection of Multipath TCP those of TCP that carry it are not counted."""
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)
    except OSError as error:
        print(f"skipped: no Multipath TCP: {error}")
        return
    ends = [listener]
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    for _ in range(3):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        ends += [client, accepted]
        client.sendall(b"GET /multipath HTTP/1.1\r\nHost: a\r\n\r\n")
        accepted.recv(1000)
        accepted.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        client.recv(1000)

    def gauge_becomes(n, what):
        def open_connections():
            services = [f["service"] for f, _ in agent.samples("http_requests_total") if f["path"] == "/multipath"]
            return agent.value("active_connections", service=services[0]) if services else None
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: open_connections() == n, what, 5)
        check(f"17 open connections of Multipath TCP, {what}", open_connections(), n)
    gauge_becomes(3, "3 opened")
    for end in ends:
        end.close()
    gauge_becomes(0, "all closed")


def middles(path):
    """The agent starts in the middle; what it did not see it does not make up."""
    def counted(agent, service):
        return {key[1:]: n for key, n in agent.requests("http_requests_total", service).items()}

    def settle(agent, service, n):
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: counted(agent, service).get(("/after", "200")) == n, "the requests", 5)
        return counted(agent, service)

    with server("mid-connection") as (port, _):
        client = Client(port)
        for _ in range(3):
            client.ask("/before")
        with Agent(path) as agent:
            for _ in range(5):
                client.ask("/after")
            check("17 in the middle of a connection", settle(agent, "mid-connection", 5), {("/after", "200"): 5})
        client.ask("/between")
        with Agent(path) as agent:
            for _ in range(4):
                client.ask("/after")
            check("17 after a restart", settle(agent, "mid-connection", 4), {("/after", "200"): 4})
        with Agent(path) as one, Agent(path) as two:
            for _ in range(50):
                client.ask("/after")
            check("17 two agents at once", [settle(one, "mid-connection", 50), settle(two, "mid-connection", 50)],
                  [{("/after", "200"): 50}] * 2)
    for what, first, second in [("head", "GET /be", "fore HTTP/1.1\r\nHost: a\r\n\r\n"),
                                ("body", "GET /before HTTP/1.1\r\nContent-Length: 30\r\n\r\nGET /wrong", " HTTP/1.1\r\n\r\n" + " " * 5)]:
        with server(f"mid-{what}") as (port, _):
            client = Client(port)
            client.socket.sendall(first.encode())
            with Agent(path) as agent:
                client.socket.sendall(second.encode())
                if what == "head":
                    client.receive()
                else:
                    client.receive()
                    client = Client(port)
                for _ in range(3):
                    client.ask("/after")
                seen = settle(agent, f"mid-{what}", 3)
                check(f"17 in the middle of a request's {what}: nothing is made up", seen,
                      lambda s: s.get(("/after", "200")) == 3 and sum(s.values()) <= 4 and all(k in (("/after", "200"), ("/before", "200"), ("/before", "unknown")) for k in s))
    with server("mid-response") as (port, _):
        client = Client(port)
        thread = threading.Thread(target=client.ask, args=("/stream/4000",))
        thread.start()
        with Agent(path) as agent:
            thread.join()
            for _ in range(3):
                client.ask("/after")
            # Whose the first answer is cannot be told for certain: the one before may have been answered too.
            check("17 in the middle of a response: nothing is missing, nothing made up", settle(agent, "mid-response", 3),
                  lambda s: sum(s.values()) == 3 and s.get(("/after", "200"), 0) >= 2 and s.keys() <= {("/after", "200"), ("/after", "unknown")})


def under_load(path):
    """The agent starts while connections are at work: what is asked once it is ready is counted to the request, what was asked before is
    never made more of."""
    with server("busy") as (port, _):
        asked, now, stopped = {"/before": 0, "/after": 0}, ["/before"], threading.Event()
        lock = threading.Lock()

        def work():
            client = Client(port)
            while not stopped.wait(0.005):
                with lock:
                    path = now[0]
                    asked[path] += 1
                client.ask(path)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            with Agent(path) as agent:
                with lock:
                    now[0] = "/after"
                wait_until(lambda: asked["/after"] >= 200, "200 more requests", 60)
                stopped.set()
                for thread in threads:
                    thread.join()

                def counted(which):
                    return {key[1:]: n for key, n in agent.requests("http_requests_total", "busy").items() if key[1] == which}
                with contextlib.suppress(TimeoutError):
                    wait_until(lambda: counted("/after") == {("/after", "200"): asked["/after"]}, "the counts", 5)
                check("17 at work when the agent starts: asked since", counted("/after"), {("/after", "200"): asked["/after"]})
                check(f"17 at work when the agent starts: of the {asked['/before']} before, no more", sum(counted("/before").values()),
                      lambda n: n <= asked["/before"])
        finally:
            stopped.set()


def places(agent):
    """Shared ports, network namespaces, units."""
    with server("shared", shared=True) as (port, _), server("shared", port=port, shared=True), server("shared", port=port, shared=True):
        for _ in range(40):
            Client(port).ask("/")
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: agent.value("http_requests_total", service="shared") == 40, "40 requests", 5)
        check("16 three processes on one port (SO_REUSEPORT)", agent.value("http_requests_total", service="shared", status="200"), 40)

    with server("mapped", address="::", family=socket.AF_INET6) as (port, _):
        Client(port).ask("/")
        Client(port, "::1").ask("/")
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: agent.value("http_requests_total", service="mapped") == 2, "2 requests", 5)
        check("15 IPv6 and v4-mapped", agent.value("http_client_requests_total", peer="mapped", status="200"), 2)

    space = f"sockwatch-{os.getpid()}"
    here, there = (f"sw{os.getpid()}-{end}" for end in "ab")
    net = f"10.251.{os.getpid() % 256}"
    try:
        subprocess.run(["ip", "netns", "add", space], check=True, capture_output=True)
        subprocess.run(["ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", space], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"skipped: network namespaces and veth cannot be made here: {getattr(error, 'stderr', error)}")
    else:
        try:
            for command in (["addr", "add", f"{net}.1/30", "dev", here], ["link", "set", here, "up"],
                            ["-n", space, "addr", "add", f"{net}.2/30", "dev", there], ["-n", space, "link", "set", there, "up"]):
                subprocess.run(["ip", *command], check=True)
            with server("apart", address=f"{net}.2", prefix=("ip", "netns", "exec", space)) as (port, _):
                for _ in range(5):
                    Client(port, f"{net}.2").ask("/")
                with contextlib.suppress(TimeoutError):
                    wait_until(lambda: agent.value("http_requests_total", service="apart") == 5, "5 requests", 5)
                check("15 another network namespace, by veth: server", agent.value("http_requests_total", service="apart", status="200"), 5)
                check("15 another network namespace, by veth: client", agent.value("http_client_requests_total", peer="apart", status="200"), 5)
        finally:
            subprocess.run(["ip", "link", "del", here], capture_output=True)
    finally:
        subprocess.run(["ip", "netns", "del", space], capture_output=True)

    name = f"shop{os.getpid()}"
    with cgroup(f"system.slice/{name}.service") as folder:
        if not folder:
            return
        with server("", cgroup=folder, name=False) as (port, _):
            for _ in range(3):
                Client(port).ask("/")
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: agent.value("http_requests_total", service=name) == 3, "3 requests", 5)
            check("19 a unit's name", agent.value("http_requests_total", service=name), 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent")
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--serve", nargs=4)
    options = parser.parse_args()
    if options.serve:
        serve(int(options.serve[3]), options.serve[0], int(options.serve[1]), options.serve[2] == "1")
        return 0
    TABLE.path = options.output
    with Agent(options.agent) as agent:
        durations(agent)
        places(agent)
        multipath(agent)
        check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    connections(options.agent)
    middles(options.agent)
    under_load(options.agent)
    return TABLE.finish()


if __name__ == "__main__":
    sys.exit(main())
