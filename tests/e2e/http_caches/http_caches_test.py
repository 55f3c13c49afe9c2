"""Real caches in front of a real origin: what the agent counts as misses is what the origin was asked, and the rest are hits."""

import http.client
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent, free_port, wait_until  # noqa: E402
from caches import CACHES, installed  # noqa: E402

AGENT = sys.argv.pop(1)
PAGES, ROUNDS = 5, 8


class Origin(http.server.BaseHTTPRequestHandler):
    """/page/N may be kept, /fresh/N may not."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        Origin.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.send_header("Cache-Control", "max-age=600" if self.path.startswith("/page/") else "no-store")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class HttpCaches(unittest.TestCase):
    def setUp(self):
        origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        self.addCleanup(origin.server_close)
        thread = threading.Thread(target=origin.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(origin.shutdown)
        self.origin_port = origin.server_address[1]

    def start(self, name):
        """A cache that answers; its port."""
        if not installed(name):
            self.skipTest(f"{name} is not installed")
        folder = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o777)  # workers are other users
        port = free_port()
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen(CACHES[name][1](folder, port, self.origin_port), stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def answers():
            if process.poll() is not None:
                with open(f"{folder}/log", encoding="utf-8", errors="replace") as log:
                    self.fail(f"{name} ended: {log.read()[-2000:]}")
            try:
                return get(port, "/fresh/0") == 200
            except OSError:
                return False
        wait_until(answers, f"{name} to answer", 30)
        return port

    def check(self, name):
        port = self.start(name)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(f"{folder}/sockwatch.yml", "w", encoding="utf-8") as file:
            file.write(f"attribution: {{rules: [{{service: edge-{name}, ports: [{port}]}}]}}\n")
        agent = self.enterContext(Agent(AGENT, f"--config.file={folder}/sockwatch.yml"))
        before = Origin.asked
        for number in range(ROUNDS):
            for page in range(PAGES):
                self.assertEqual(get(port, f"/page/{page}"), 200)
            self.assertEqual(get(port, f"/fresh/{number}"), 200)
        asked = Origin.asked - before
        total = ROUNDS * (PAGES + 1)
        self.assertEqual(asked, PAGES + ROUNDS, "the cache does not cache")

        def counted(service):
            return tuple(agent.value(metric, service=service, cache_type="cdn") for metric in ("cache_hits_total", "cache_misses_total"))

        # Both who answered and who asked; the cache itself asks the origin, which says nothing of caches.
        for service in (f"edge-{name}", "http_caches_test"):
            try:
                wait_until(lambda s=service: counted(s) == (total - asked, asked), "every answer to be counted", 10)
            except TimeoutError:
                pass
            self.assertEqual(counted(service), (total - asked, asked), service)

    def test_nginx_says_x_cache(self):
        self.check("nginx")

    def test_apache_says_x_cache(self):
        self.check("apache")

    def test_squid_says_cache_status(self):
        self.check("squid")


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
