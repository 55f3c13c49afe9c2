"""What any process may do to the agent: names of any bytes, floods of everything. Its page stays one that Prometheus takes, its memory
stays bounded, every bound says so when it is hit, and a well-behaved service is counted to the request all the while."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from prometheus_client.parser import text_string_to_metric_families

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from load import ANSWER, Load, exactly  # noqa: E402

AGENT = sys.argv.pop(1)
ODD = b'a\nb"c\\d\r\t\x01\xff\xfe\xc3( {}=,#\xe2\x80'
# A server that is left out is called by its socket's name.
WITHOUT_US = """
filter: {exclude: {services: ["*hostile_test*"]}}
"""
# The flood and the load are one service, whose other paths collapse.
LIMITS = """
routes: {patterns: [/load]}
metrics: {max_series: 50, max_services: 20}
capture: {max_connections: 300}
"""
MOST_RESIDENT = 64 << 20
# Three requests over AF_UNIX or TCP, whatever the process is called.
CLIENT = """
import socket, sys
family, address = socket.AF_UNIX, sys.stdin.buffer.readline()[:-1]
if address.isdigit(): family, address = socket.AF_INET, ("127.0.0.1", int(address))
else: address = bytes.fromhex(address[1:].decode())
with socket.socket(family) as s:
    s.connect(address)
    for _ in range(3):
        s.sendall(b"GET /odd HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        if not s.recv(65536): sys.exit(1)
print("done", flush=True)
sys.stdin.read()
"""


class Answering:
    """Answers every piece that it receives with the same bytes, on TCP or at a name of AF_UNIX; closes with its client."""

    def __init__(self, answer, unix_name=None):
        self.answer = answer
        if unix_name is None:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(unix_name)
            self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(1 << 16):
                if self.answer:
                    connection.sendall(self.answer)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def parsed(agent):
    """The page as Prometheus' own client reads it; strict about UTF-8, as the server is."""
    return {family.name: family.samples for family in text_string_to_metric_families(agent.text())}


@contextlib.contextmanager
def client(address, argv0=b"odd-client", environment=None, arguments=()):
    """A process that has made its three requests and lives until the block ends."""
    process = subprocess.Popen([argv0, b"-c", CLIENT, *arguments], executable=sys.executable, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env={**os.environb, **(environment or {})})
    try:
        process.stdin.write(address + b"\n")
        process.stdin.flush()
        if process.stdout.readline() != b"done\n":
            raise RuntimeError("the client failed")
        yield
    finally:
        process.communicate()


def configured(text):
    """An agent with a configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        return Agent(AGENT, "--config.file=" + file.name)


class Names(unittest.TestCase):
    """Nothing that a process calls itself or its sockets breaks the page."""

    def setUp(self):
        self.agent = configured(WITHOUT_US if "socket" in self._testMethodName else "")
        self.addCleanup(self.agent.stop)

    def requests(self):
        return sum(s.value for s in parsed(self.agent).get("http_client_requests", []) if s.labels["path"] == "/odd")

    def check(self, address, **how):
        before = self.requests()
        with client(address, **how):
            wait_until(lambda: self.requests() == before + 3, f"three requests to {address}", 60)

    def test_the_name_of_a_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in (os.path.join(folder.encode(), ODD.replace(b"/", b"_")), b"\0" + ODD + os.urandom(8), b"\0" + bytes(range(1, 100))):
                server = Answering(ANSWER, name)
                self.addCleanup(server.close)
                self.check(b"@" + name.hex().encode(), environment={b"OTEL_SERVICE_NAME": b"odd-client"})  # else it is what we are
        peers = {s.labels["peer"] for s in parsed(self.agent)["http_client_requests"] if s.labels["path"] == "/odd"}
        self.assertEqual({peer[:5] for peer in peers}, {"unix:"})

    def test_the_name_of_a_process(self):
        server = Answering(ANSWER)
        self.addCleanup(server.close)
        address = str(server.port).encode()
        self.check(address, argv0=ODD)
        self.check(address, argv0=b"x" * 2_000)
        self.check(address, arguments=[ODD, b"y" * 100_000])
        self.check(address, environment={b"OTEL_SERVICE_NAME": ODD})
        self.check(address, environment={b"OTEL_SERVICE_NAME": b"z" * 100_000})
        self.check(address, environment={b"A" + ODD.replace(b"=", b""): b"v" * 100_000, b"OTEL_SERVICE_NAME": b"\xff"})
        self.assertGreater(self.agent.value("sockwatch_limits_hit_total", limit="name_length"), 0)
        self.assertGreater(self.agent.value("sockwatch_limits_hit_total", limit="proc_file_size"), 0)

    def test_what_is_asked_for(self):
        """Methods and targets of any bytes; those of a host do not matter."""
        server = Answering(ANSWER)
        self.addCleanup(server.close)
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            for target in (b"/a\xff\xfe\"\\{}", b"/%ff%00%0a", b"/\xe2\x80\xa8", b"*", b"http://\xff/\xff", b"//\"//", b"/" + b"\xc3" * 5000):
                for method in (b"GET", b"G\xff", b"m!#$%&'*+-.^_`|~"):
                    s.sendall(method + b" " + target + b" HTTP/1.1\r\nHost: \xff\"\r\n\r\n")
                    exactly(s, len(ANSWER))
        self.assertIn("http_client_requests", parsed(self.agent))


class Floods(unittest.TestCase):
    def setUp(self):
        self.agent = configured(LIMITS)
        self.addCleanup(self.agent.stop)
        self.load = Load()
        self.addCleanup(self.load.stop)
        # It has its names and its series before the flood, as a service on a host has.
        wait_until(lambda: self.agent.value("http_requests_total", path="/load") > 0, "the load to be counted", 60)

    def tearDown(self):
        self.load.stop()
        self.assertIsNone(self.load.failed)
        for metric in ("http_requests_total", "http_client_requests_total"):
            wait_until(lambda m=metric: self.agent.value(m, path="/load", status="200") >= self.load.answered, "the load to be counted", 60)
            self.assertEqual(self.agent.value(metric, path="/load"), self.load.answered)
        parsed(self.agent)
        self.assertLess(self.agent.value("process_resident_memory_bytes"), MOST_RESIDENT)

    def moves(self, metric, what, seconds=60, **labels):
        wait_until(lambda: self.agent.value(metric, **labels) > 0, what, seconds)

    def server(self, answer=ANSWER):
        server = Answering(answer)
        self.addCleanup(server.close)
        return server.port

    def connect(self, port):
        connection = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(connection.close)
        return connection

    def test_paths_and_methods_without_end(self):
        with self.connect(self.server()) as s:
            for i in range(3000):
                s.sendall(b"M%d /%x/p%dx/%d HTTP/1.1\r\nHost: h%d\r\n\r\n" % (i, i, i * 7919, i, i))
                exactly(s, len(ANSWER))
        self.moves("sockwatch_series_overflowed_total", "series that overflow")
        self.assertGreater(self.agent.value("http_requests_total", path="_overflow") + self.agent.value("http_requests_total", path="/{var}"), 0)

    def test_a_pipeline_without_end(self):
        port = self.server(b"")
        with self.connect(port) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n" * 7_000)  # as many as are copied of a run
            self.moves("sockwatch_parse_errors_total", "the bound of a pipeline", reason="pipeline_limit")

    def test_heads_without_end(self):
        port = self.server(b"")
        heads = [self.connect(port) for _ in range(50)]
        for _ in range(20):
            for s in heads:
                s.sendall(b"X-Filler: " + b"f" * 4000 + b"\r\n" if _ else b"GET /" + b"t" * 20_000 + b" HTTP/1.1\r\n")
        for s in heads:
            s.sendall(b"\r\n")
        self.moves("sockwatch_parse_errors_total", "targets that were too long", reason="target_cut")

    def test_more_connections_than_are_followed(self):
        port = self.server()
        for _ in range(400):
            s = self.connect(port)
            s.sendall(b"GET /many HTTP/1.1\r\nHost: x\r\n\r\n")
            exactly(s, len(ANSWER))
        self.moves("sockwatch_lost_segments_total", "connections beyond the limit", reason="connection_limit")

    def test_all_protocols_at_once(self):
        port = self.server(b"$-1\r\nHTTP/1.1 200 OK\r\n\r\nEND\r\nZ\0\0\0\x05I\x07\0\0\x01\0\0\0\x02\0\0\0")
        chance = random.Random(7)
        openings = [b"*1\r\n$4\r\nPING\r\n", b"get a b c\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x08\x04\xd2\x16\x2f", b"\x01\0\0\0\x0e",
                    b"\0\0\0\x0c\0\x03\0\0a\0b\0", b"Q\0\0\0\x0dSELECT 1\0", b"\x16\x03\x01\0\xa5\x01", b"*2147483647\r\n", b"SSH-2.0-x\r\n"]
        for _ in range(300):
            with socket.create_connection(("127.0.0.1", port)) as s, contextlib.suppress(ConnectionError):
                for _ in range(chance.randint(1, 6)):
                    piece = chance.choice(openings) + chance.randbytes(chance.choice((0, 0, 1, 50)))
                    for part in (piece[:3], piece[3:]):
                        s.sendall(part)
        self.assertGreater(sum(v for _, v in self.agent.samples("sockwatch_parse_errors_total")), 0)

    def test_services_without_end(self):
        port = str(self.server()).encode()
        for i in range(25):
            with client(port, environment={b"OTEL_SERVICE_NAME": b"short-lived-%d" % i}):
                pass
        self.moves("sockwatch_limits_hit_total", "services beyond the limit", limit="services")
        total = self.agent.value("http_client_requests_total", path="/odd")
        self.assertEqual(total, 75)
        self.assertGreater(self.agent.value("http_client_requests_total", service="_overflow", path="/odd"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
