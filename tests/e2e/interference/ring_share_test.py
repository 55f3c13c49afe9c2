"""A small share of the rings costs bytes of long bodies, never an answer: what must be whole is, and what was left out is counted."""

import os
import socket
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402

ANSWERS = 40
COOKIES = 48 * 1024


def serve():
    """Answers each request with a chunked body of the size that its path names, in one send; prints its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection = listener.accept()[0]
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(1 << 20)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            size, chunk = (int(part) for part in head.split(b" ", 2)[1].split(b"/")[2:4])
            body = b"".join(b"%x\r\n%s\r\n" % (chunk, b"x" * chunk) for _ in range(size // chunk)) + b"0\r\n\r\n"
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


class Server:
    def __init__(self, service):
        self.process = subprocess.Popen([sys.executable, "-u", __file__, "serve"], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "OTEL_SERVICE_NAME": service})
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def ask(connection, size, chunk, cookies=0):
    field = b"Cookie: " + b"c" * cookies + b"\r\n" if cookies else b""
    connection.sendall(b"GET /size/%d/%d HTTP/1.1\r\n%sHost: x\r\n\r\n" % (size, chunk, field))
    end = b""
    while not end.endswith(b"0\r\n\r\n"):
        more = connection.recv(1 << 20)
        if not more:
            raise RuntimeError("the server is gone")
        end = (end + more)[-16:]


class Shares(unittest.TestCase):
    def statuses(self, ring, service, size, chunk, cookies=0):
        """The statuses of the service's answers, and the number of messages that were copied in part."""
        with Agent(AGENT, f"--capture.ring-bytes={ring}") as agent, Server(service) as server, \
                socket.create_connection(("127.0.0.1", server.port)) as connection:
            for _ in range(ANSWERS):
                # One after the other, and each told of before the next: a ring that is full is another matter.
                before = agent.value("sockwatch_segments_total")
                ask(connection, size, chunk, cookies)
                wait_until(lambda: agent.value("sockwatch_segments_total") >= before + 4, "the exchange to be told of")
            connection.close()
            wait_until(lambda: sum(agent.requests("http_requests_total", service).values()) >= ANSWERS, "every answer to be counted")
            found = {}
            for (_, _, status), count in agent.requests("http_requests_total", service).items():
                found[status] = found.get(status, 0) + count
            agent.log.seek(0)
            return found, agent.value("sockwatch_shortened_segments_total"), agent.log.read().decode()

    def check(self, ring, service, size, chunk, cookies=0):
        found, shortened, log = self.statuses(ring, service, size, chunk, cookies)
        self.assertEqual(found, {"200": ANSWERS})
        return shortened, log

    def test_a_chunk_longer_than_a_share(self):
        shortened, log = self.check("64KiB", "share-one-chunk", 100000, 100000)
        self.assertGreater(shortened, 0, "nothing says that less was copied")
        self.assertIn("only a part is copied; raise capture.ring_bytes", log)

    def test_chunks_that_fill_a_share(self):
        self.check("64KiB", "share-many-chunks", 63000, 1000)

    def test_a_share_of_two_pages(self):
        shortened, _ = self.check("8KiB", "share-tiny", 100000, 100000)
        self.assertGreater(shortened, 0)

    def test_a_head_that_nearly_fills_a_record_is_whole_in_the_share_of_many_cpus(self):
        # The least that a CPU of many gets by default; see userspace/capture/ring_layout.h.
        cpus = os.sysconf("SC_NPROCESSORS_CONF")
        _, log = self.check(f"{128 * cpus}KiB", "share-cookies", 100000, 100000, COOKIES)
        self.assertNotIn("only a part is copied", log)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        AGENT = sys.argv.pop(1)
        unittest.main(verbosity=2)
