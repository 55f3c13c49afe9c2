"""What the configuration says of which connections are counted, and how, on the running agent; and how it is read anew."""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support"), os.path.join(HERE, "..", "prometheus")]

from agent import Agent, wait_until  # noqa: E402
from cgroup import cgroup  # noqa: E402

AGENT = sys.argv.pop(1)
SHOP = os.path.join(HERE, "..", "prometheus", "shop.py")


class Shop:
    """A server of a given service name on a free port, in the cgroup of that folder if one is given."""

    def __init__(self, name, folder=None):
        command = [sys.executable, "-B", SHOP]
        if folder:  # before Python opens a socket
            command = ["sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"', folder, *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "OTEL_SERVICE_NAME": name})
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.communicate()

    def ask(self, times, path="/orders/1"):
        """So many requests on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for _ in range(times):
            connection.request("GET", path)
            connection.getresponse().read()
        connection.close()


class Customer(threading.Thread):
    """Asks on one connection until stopped."""

    def __init__(self, port):
        super().__init__()
        self.asked = 0
        self.stopping = threading.Event()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.start()

    def run(self):
        while not self.stopping.wait(0.001):
            self._connection.request("GET", "/orders/1")
            self._connection.getresponse().read()
            self.asked += 1
        self._connection.close()

    def stop(self):
        self.stopping.set()
        self.join()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "sockwatch.yml")

    def write(self, text):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, text, *flags):
        self.write(text)
        self.agent = Agent(AGENT, "--config.file=" + self.file, *flags)
        self.addCleanup(self.agent.stop)
        return self.agent

    def shop(self, name):
        shop = Shop(name)
        self.addCleanup(shop.stop)
        return shop

    def counted(self, service):
        return self.agent.value("http_requests_total", service=service)

    def expect(self, service, requests):
        wait_until(lambda: self.counted(service) == requests, f"{requests} requests of {service}, not {self.counted(service)}")

    def post(self, path="/-/reload", method="POST"):
        connection = http.client.HTTPConnection("127.0.0.1", self.agent.port, timeout=30)
        connection.request(method, path)
        self.addCleanup(connection.close)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def hang_up(self):
        """SIGHUP, and waits until it has been acted on."""
        name = "sockwatch_config_last_reload_success_timestamp_seconds"
        before = self.agent.value(name), self.agent.value("sockwatch_config_last_reload_successful")
        self.agent.process.send_signal(signal.SIGHUP)
        wait_until(lambda: (self.agent.value(name), self.agent.value("sockwatch_config_last_reload_successful")) != before,
                   "the configuration to be read anew")


class Filter(Case):
    def test_what_is_excluded_by_name_makes_no_series_and_is_counted(self):
        agent = self.start('filter: {exclude: {services: ["secret-*"]}}')
        secret, shop = self.shop("secret-shop"), self.shop("open-shop")
        secret.ask(20)
        shop.ask(7)
        self.expect("open-shop", 7)
        self.assertEqual(agent.value("sockwatch_excluded_connections_total"), 1)
        self.assertNotIn('service="secret-shop"', agent.text())
        self.assertEqual([labels for labels, _ in agent.samples("active_connections") if "secret" in labels["service"]], [])

    def test_only_what_is_included_is_counted(self):
        shop, other = self.shop("by-port"), self.shop("other-port")
        agent = self.start(f"filter: {{include: {{ports: [{shop.port}]}}}}")
        other.ask(5)
        shop.ask(3)
        self.expect("by-port", 3)
        self.assertNotIn('service="other-port"', agent.text())

    def test_a_cgroup_is_excluded(self):
        path = f"sockwatch-test-{os.getpid()}"
        with cgroup(path) as folder:
            if not folder:
                self.skipTest("no cgroup of version 2 can be made here")
            agent = self.start(f'filter: {{exclude: {{cgroups: ["/{path}"]}}}}')
            inside, outside = Shop("inside", folder), self.shop("outside")
            try:
                inside.ask(5)
                outside.ask(3)
                self.expect("outside", 3)
                wait_until(lambda: agent.value("http_client_requests_total", peer=f"127.0.0.1:{inside.port}") == 5,
                           "the client's end, which is in another cgroup")
                self.assertEqual(agent.value("sockwatch_excluded_connections_total"), 1)
                self.assertNotIn('service="inside"', agent.text())
            finally:
                inside.stop()


class Labels(Case):
    def test_every_series_has_them(self):
        agent = self.start('metrics: {labels: {cluster: "eu \\"1\\"", zone: b}}')
        shop = self.shop("labelled")
        shop.ask(2)
        self.expect("labelled", 2)
        lines = [line for line in agent.text().splitlines() if not line.startswith("#")]
        self.assertGreater(len(lines), 50)
        for line in lines:
            self.assertIn('{cluster="eu \\"1\\"",zone="b"', line)


class Reload(Case):
    RULE = 'attribution: {{rules: [{{service: {0}, args: "*shop.py*"}}]}}\nroutes: {{patterns: ["{1}"]}}\nmetrics: {{labels: {{run: "{2}"}}}}\n'

    def test_nothing_is_lost_under_load_and_what_is_new_holds(self):
        agent = self.start(self.RULE.format("before", "/orders/*", 1))
        shop = self.shop("unused")
        customer = Customer(shop.port)
        self.addCleanup(customer.stop)
        wait_until(lambda: self.counted("before") > 100, "requests to be counted")
        for turn in range(5):
            self.write(self.RULE.format("after" if turn % 2 == 0 else "before", "/orders/{order}", turn + 2))
            self.hang_up()
        wait_until(lambda: self.counted("after") > 100, "requests to be counted under the new name")
        customer.stop()
        wait_until(lambda: self.counted("before") + self.counted("after") == customer.asked,
                   f"{customer.asked} requests, not {self.counted('before')} + {self.counted('after')}")
        self.assertEqual(agent.value("sockwatch_lost_segments_total"), 0)
        self.assertEqual({labels["path"] for labels, _ in agent.samples("http_requests_total") if labels["service"] == "after"},
                         {"/orders/{order}"})
        self.assertEqual({labels["run"] for labels, _ in agent.samples("http_requests_total")}, {"6"})

    def test_a_file_with_mistakes_changes_nothing(self):
        agent = self.start("metrics: {labels: {run: one}}", "--web.enable-lifecycle")
        self.write("metrics: {labels: {run: two, path: x}}\ncolour: red\n")
        status, text = self.post()
        self.assertEqual(status, 500)
        self.assertIn(f"{self.file}:1: metrics.labels.path: ", text)
        self.assertIn(f"{self.file}:2: colour: ", text)
        self.assertEqual(agent.value("sockwatch_config_last_reload_successful"), 0)
        self.assertEqual(len(agent.samples("sockwatch_build_info")), 1)
        self.assertEqual(agent.samples("sockwatch_build_info")[0][0]["run"], "one")
        self.write("metrics: {labels: {run: two}}")
        self.assertEqual(self.post(), (200, "The configuration has been read anew.\n"))
        self.assertEqual(agent.value("sockwatch_config_last_reload_successful", run="two"), 1)

    def test_reloading_over_http_must_be_switched_on(self):
        agent = self.start("metrics: {labels: {run: one}}")
        self.write("metrics: {labels: {run: two}}")
        self.assertEqual(self.post()[0], 403)
        self.assertEqual(self.post(method="GET")[0], 405)
        self.assertEqual(self.post("/metrics")[0], 405)
        self.assertEqual(agent.samples("sockwatch_build_info")[0][0]["run"], "one")
        self.hang_up()
        self.assertEqual(agent.samples("sockwatch_build_info")[0][0]["run"], "two")

    def test_a_service_that_is_excluded_loses_its_series(self):
        agent = self.start("")
        shop = self.shop("leaving")
        customer = Customer(shop.port)
        self.addCleanup(customer.stop)
        wait_until(lambda: self.counted("leaving") > 10, "requests to be counted")
        self.write("filter: {exclude: {services: [leaving]}}")
        self.hang_up()
        self.assertNotIn('service="leaving"', agent.text())
        asked = customer.asked
        wait_until(lambda: customer.asked > asked + 100, "more requests")
        self.assertNotIn('service="leaving"', agent.text())

    def test_what_needs_another_start_is_told(self):
        agent = self.start("capture: {max_connections: 100}")
        self.write("capture: {max_connections: 200}")
        self.hang_up()
        agent.log.seek(0)
        self.assertIn("key=capture.max_connections", agent.log.read().decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
