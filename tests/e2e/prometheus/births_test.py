"""The first events of a series are in the rates of every Prometheus that scrapes, however often it does: two real ones, of one address
and one version, at intervals of one second and of three."""

import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402

AGENT = sys.argv.pop(1)
SERVICE = f"births-{os.getpid()}"
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
CRON = """
import sys, http.client
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for _ in range(5):
    connection.request("GET", "/fine")
    connection.getresponse().read()
"""


class FirstEventsAreInTheRates(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = f"{folder.name}/sockwatch.yml"
        with open(config, "w", encoding="utf-8") as file:
            file.write("metrics: {expire_after: 1s}\n")
        self.agent = Agent(AGENT, f"--config.file={config}")
        self.addCleanup(self.agent.stop)
        self.server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True,
                                       env={**os.environ, "OTEL_SERVICE_NAME": SERVICE})
        self.addCleanup(self.server.communicate)
        self.addCleanup(self.server.terminate)
        self.port = int(self.server.stdout.readline())
        self.scrapers = []
        for seconds in (1, 3):
            prometheus = Prometheus(self.agent.port, interval=f"{seconds}s")
            self.addCleanup(prometheus.__exit__)
            self.scrapers.append(prometheus)
        self.in_both('up{job="sockwatch"}', 1)  # who comes for the first time is shown what is

    def get(self, path):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10).read()
        except urllib.error.HTTPError:
            pass

    def in_both(self, expression, expected, seconds=60):
        """The query's one value, rounded, comes to be the same in both."""
        for prometheus in self.scrapers:
            seen = []

            def right():
                seen[:] = [value for _, value in prometheus.query(f"round({expression})")]
                return seen == [expected]
            try:
                wait_until(right, expression, seconds)
            except TimeoutError:
                self.fail(f"{expression} is {seen} rather than {expected}")

    def test_three_errors_of_a_service_that_had_none(self):
        self.get("/fine")
        fine = f'http_requests_total{{service="{SERVICE}",status="200"}}'
        self.in_both(fine, 1)
        for _ in range(3):
            self.get("/fail")
        failed = f'http_requests_total{{service="{SERVICE}",status="500"}}'
        self.in_both(failed, 3)
        time.sleep(20)  # increase() extrapolates by up to an interval: little beside what it has seen
        self.in_both(f"increase({failed}[2m])", 3)
        self.in_both(f'increase(http_request_duration_seconds_count{{service="{SERVICE}",path="/fail"}}[2m])', 3)
        self.in_both(f'increase(http_request_duration_seconds_bucket{{service="{SERVICE}",path="/fail",le=~"10|10[.]0"}}[2m])', 3)
        for prometheus in self.scrapers:
            self.assertEqual(prometheus.query(f'http_requests_created{{service="{SERVICE}"}}'), [], "a series more for each")

    def test_what_runs_for_a_moment_and_comes_back(self):
        name = f"cron-{os.getpid()}"
        calls = f'http_client_requests_total{{service="{name}"}}'
        for _ in range(3):
            subprocess.run([sys.executable, "-c", CRON, str(self.port)], check=True, timeout=60,
                           env={**os.environ, "OTEL_SERVICE_NAME": name})
            self.in_both(f"sum({calls})", 5)
            wait_until(lambda: not self.agent.samples("http_client_requests_total") or
                       all(found["service"] != name for found, _ in self.agent.samples("http_client_requests_total")),
                       "the service that has gone to be forgotten", 60)
        time.sleep(4)  # the last values have been scraped
        for prometheus in self.scrapers:
            values = [float(value) for series in prometheus.ask("query", query=f"{calls}[5m]")["result"] for _, value in series["values"]]
            grown = sum(after - before if after >= before else after for before, after in zip(values, values[1:]))
            self.assertEqual(values[0], 0, values)
            self.assertEqual(grown, 15, values)


if __name__ == "__main__":
    unittest.main(verbosity=2)
