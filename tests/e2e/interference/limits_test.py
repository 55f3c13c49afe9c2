"""More connections than the agent tracks: every request is seen or counted as lost, whoever is refused comes back when there is room, and
one process that takes every place keeps nobody out."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402

AGENT = sys.argv[1]
PLACES = 20

# So many connections between two ends in one process. A line on standard input: "ask N" asks once on each of the first N, "close N"
# closes the first N.
PAIRS = """
import socket, sys
pairs = [socket.socketpair() for _ in range(int(sys.argv[1]))]
print("done", flush=True)
for line in sys.stdin:
    what, n = line.split()
    if what == "close":
        for pair in pairs[:int(n)]:
            for end in pair:
                end.close()
        del pairs[:int(n)]
    else:
        for client, server in pairs[:int(n)]:
            client.sendall(b"GET /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
            server.recv(4096)
            server.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
            client.recv(4096)
    print("done", flush=True)
"""


class Service:
    def __init__(self, name, connections):
        self.name = name
        self.asked = 0
        self.process = subprocess.Popen([sys.executable, "-c", PAIRS, str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, "OTEL_SERVICE_NAME": name})
        self._done()

    def _done(self):
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError(f"{self.name} has ended")

    def do(self, what, n):
        self.process.stdin.write(f"{what} {n}\n")
        self.process.stdin.flush()
        self._done()
        self.asked += 2 * n if what == "ask" else 0  # seen from either end

    def seen(self, agent):
        return sum(agent.value(metric, service=self.name) for metric in ("http_requests_total", "http_client_requests_total"))

    def end(self):
        self.process.communicate()


class Limits(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yml", delete=False) as file:
            # Other programs of the host would take places, too.
            file.write(f"capture: {{max_connections: {PLACES}}}\nfilter: {{include: {{services: ['limits-*']}}}}\n")
        self.addCleanup(os.unlink, file.name)
        self.agent = Agent(AGENT, f"--config.file={file.name}")
        self.addCleanup(self.agent.stop)

    def lost(self):
        return self.agent.value("sockwatch_lost_requests_total", reason="connection_limit")

    def service(self, name, connections):
        service = Service(name, connections)
        self.addCleanup(service.end)
        return service

    def test_what_has_no_place_is_counted_and_comes_back(self):
        many = self.service("limits-many", 2 * PLACES)
        for _ in range(20):
            many.do("ask", 2 * PLACES)
        wait_until(lambda: many.seen(self.agent) + self.lost() >= many.asked, "every request to be seen or lost")
        self.assertEqual(many.seen(self.agent) + self.lost(), many.asked)
        self.assertGreater(many.seen(self.agent), 0)
        many.do("close", 2 * PLACES - 4)

        def accounted_for():
            return many.seen(self.agent) + self.lost() == many.asked

        def all_seen():
            before = many.seen(self.agent)
            many.do("ask", 4)
            wait_until(accounted_for, "every request to be seen or lost")
            return many.seen(self.agent) - before == 8

        wait_until(all_seen, "connections that were refused to come back", 30)

    def test_one_process_keeps_nobody_out(self):
        greedy = self.service("limits-greedy", 3 * PLACES)
        greedy.do("ask", 3 * PLACES)
        modest = self.service("limits-modest", 1)
        for _ in range(50):
            modest.do("ask", 1)
        wait_until(lambda: modest.seen(self.agent) >= modest.asked, "the other service's requests")
        self.assertEqual(modest.seen(self.agent), modest.asked)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
