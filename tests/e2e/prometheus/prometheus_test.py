"""A real Prometheus scrapes the agent while real requests pass, and answers the queries that people ask of it."""

import http.client
import os
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402

AGENT = sys.argv.pop(1)
SERVER = 'service="shop"'
ORDERS = SERVER + ',method="GET",path="/orders/{id}",status="200"'
MISSING = SERVER + ',method="GET",path="/missing",status="404"'


class Customer(threading.Thread):
    """Asks on one connection until stopped; every tenth request is for something that is not there."""

    def __init__(self, port):
        super().__init__()
        self.found = self.missing = 0
        self.failed = None
        self.stopping = threading.Event()
        self._port = port

    def run(self):
        try:
            self._ask()
        except Exception as error:  # told to the main thread
            self.failed = error

    def _ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        number = 0
        while not self.stopping.wait(0.005):
            number += 1
            wrong = number % 10 == 0
            connection.request("GET", "/missing" if wrong else f"/orders/{number}?token=secret{number}")
            response = connection.getresponse()
            response.read()
            if response.status != (404 if wrong else 200):
                raise ValueError(response.status)
            if wrong:
                self.missing += 1
            else:
                self.found += 1
        connection.close()


class PrometheusScrapesTheAgent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = Agent(AGENT)
        cls.addClassCleanup(cls.agent.stop)
        cls.shop = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "shop.py")], stdout=subprocess.PIPE, text=True,
                                    env={**os.environ, "OTEL_SERVICE_NAME": "shop"})
        cls.addClassCleanup(cls.shop.communicate)
        cls.addClassCleanup(cls.shop.terminate)
        cls.prometheus = cls.enter(Prometheus(cls.agent.port))
        cls.customer = Customer(int(cls.shop.stdout.readline()))
        cls.customer.start()
        cls.addClassCleanup(cls.customer.join)
        cls.addClassCleanup(cls.customer.stopping.set)

    @classmethod
    def enter(cls, context):  # as enterClassContext of newer Pythons
        entered = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return entered

    def one(self, expression):
        """The one sample of a query, once there is one above 0."""
        def found():
            samples = self.prometheus.query(expression)
            self.assertLessEqual(len(samples), 1, samples)
            return samples if samples and samples[0][1] > 0 else None
        return wait_until(found, expression, 60)[0]

    def test_it_is_up(self):
        self.one('up{job="sockwatch"}')

    def test_rates_by_route_and_status(self):
        labels, _ = self.one(f"rate(http_requests_total{{{ORDERS}}}[1m])")
        self.assertEqual({"service", "method", "path", "status", "instance", "job"}, set(labels))
        self.one(f"rate(http_requests_total{{{MISSING}}}[1m])")
        _, share = self.one(f'sum(rate(http_requests_total{{{SERVER},status="404"}}[1m])) / sum(rate(http_requests_total{{{SERVER}}}[1m]))')
        self.assertGreater(share, 0.05)
        self.assertLess(share, 0.2)

    def test_clients_name_their_peer(self):
        labels, _ = self.one('rate(http_client_requests_total{peer="shop",path="/orders/{id}",status="200"}[1m])')
        self.assertEqual({"service", "method", "path", "status", "peer", "instance", "job"}, set(labels))

    def test_a_percentile_is_a_time(self):
        _, seconds = self.one(f'histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket{{{SERVER}}}[1m])))')
        self.assertLess(seconds, 1)

    def test_connections(self):
        _, value = self.one(f"active_connections{{{SERVER}}}")
        self.assertEqual(value, 1)

    def test_no_query_string_in_any_label(self):
        self.one(f"rate(http_requests_total{{{ORDERS}}}[1m])")
        for metric in ("http_requests_total", "http_client_requests_total", "http_request_duration_seconds_count"):
            samples = self.prometheus.query(metric)
            self.assertTrue(samples)
            self.assertNotIn("secret", repr(samples))

    def test_promtool_accepts_a_live_scrape(self):
        self.one(f"rate(http_requests_total{{{ORDERS}}}[1m])")
        text = self.agent.text()
        self.assertIn(f"http_requests_total{{{ORDERS}}}", text)
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_z_every_request_arrives(self):
        """Runs last (tests run by name): stops the customer and compares with what it counted."""
        self.customer.stopping.set()
        self.customer.join()
        self.assertIsNone(self.customer.failed)
        for labels, sent in ((ORDERS, self.customer.found), (MISSING, self.customer.missing)):
            wait_until(lambda q=f"http_requests_total{{{labels}}}", n=sent: self.one(q)[1] >= n, f"{sent} requests in Prometheus", 30)
            self.assertEqual(self.one(f"http_requests_total{{{labels}}}")[1], sent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
