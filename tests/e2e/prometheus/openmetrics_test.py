"""OpenMetrics from the live agent: read by another parser and by a real Prometheus, with exemplars, under each naming."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from database import PostgreSql, program  # noqa: E402
from prometheus import Prometheus  # noqa: E402

AGENT = sys.argv.pop(1)
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
ORDERS, PAGES = 20, 9
TRACES = [f"{number:032x}" for number in range(1, ORDERS + 1)]


def python_with_parser():
    """A Python that has prometheus_client: Debian's is not always the first of the path."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import prometheus_client.openmetrics.parser"], capture_output=True).returncode == 0:
            return python
    return None


def scrape(agent, accept, encoding="identity"):
    """(content type, text) of a scrape that asks so."""
    request = urllib.request.Request(f"http://127.0.0.1:{agent.port}/metrics", headers={"Accept": accept, "Accept-Encoding": encoding})
    with urllib.request.urlopen(request, timeout=10) as response:
        body = response.read()
        if response.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        return response.headers["Content-Type"], body.decode()


def agent_with(test, naming):
    folder = test.enterContext(tempfile.TemporaryDirectory())
    config = f"{folder}/sockwatch.yml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"metrics: {{naming: {naming}}}\n")
    return test.enterContext(Agent(AGENT, f"--config.file={config}"))


class Observed:
    """An agent under one naming, and a shop that has been asked what the constants say, each order in a trace of its own."""

    def __init__(self, test, naming):
        self.agent = agent_with(test, naming)
        shop = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "shop.py")], stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "OTEL_SERVICE_NAME": "shop"})
        test.addCleanup(shop.communicate)
        test.addCleanup(shop.terminate)
        self.started = time.time()
        self.connection = http.client.HTTPConnection("127.0.0.1", int(shop.stdout.readline()), timeout=30)
        test.addCleanup(self.connection.close)
        for number, trace in enumerate(TRACES):
            self.get(f"/orders/{number}", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        for number in range(PAGES):
            self.get(f"/pages/{number}")

    def get(self, path, **headers):
        self.connection.request("GET", path, headers=headers)
        self.connection.getresponse().read()

    def complete(self, text_of, sample):
        """The first of text_of() that has the line that begins so."""
        return wait_until(lambda: (lambda text: text if f"\n{sample}" in text else None)(text_of()), sample, 30)


class OpenMetrics(unittest.TestCase):
    def setUp(self):
        self.python = python_with_parser()

    def families(self, text):
        if not self.python:
            self.skipTest("no Python with prometheus_client (Debian: python3-prometheus-client)")
        parsed = subprocess.run([self.python, os.path.join(HERE, "openmetrics_families.py")], input=text, capture_output=True, text=True)
        self.assertEqual(parsed.returncode, 0, parsed.stderr)
        return {family["name"]: family for family in json.loads(parsed.stdout)}

    def of_shop(self, family, label="service"):
        return [sample for sample in family["samples"] if sample["labels"].get(label) == "shop" and not sample["name"].endswith("_created")]

    def test_another_parser_reads_a_live_scrape(self):
        observed = Observed(self, "classic")
        text = observed.complete(lambda: scrape(observed.agent, TYPE)[1],
                                 f'http_requests_total{{service="shop",method="GET",path="/pages/{{id}}",status="200"}} {PAGES}\n')
        families = self.families(text)
        self.assertEqual(families["http_requests"]["type"], "counter")
        self.assertEqual({s["name"] for s in families["http_requests"]["samples"]}, {"http_requests_total", "http_requests_created"})
        for family in "http_requests", "http_request_duration_seconds":
            for sample in families[family]["samples"]:
                if sample["labels"].get("service") == "shop" and sample["name"].endswith("_created"):
                    self.assertLess(abs(sample["value"] - observed.started), 60)
        self.assertEqual({s["labels"]["path"]: s["value"] for s in self.of_shop(families["http_requests"])},
                         {"/orders/{id}": ORDERS, "/pages/{id}": PAGES})
        self.assertEqual(families["http_request_duration_seconds"]["unit"], "seconds")
        self.assertEqual(families["process_resident_memory_bytes"]["unit"], "bytes")
        self.assertEqual({(s["labels"]["cache_type"], s["value"]) for s in self.of_shop(families["cache_hits"])}, {("cdn", (PAGES + 1) // 2)})
        self.assertEqual({(s["labels"]["cache_type"], s["value"]) for s in self.of_shop(families["cache_misses"])}, {("cdn", PAGES // 2)})
        # Every sample of the plain format is in this one too, but for what the agent says of itself and of who scrapes it.
        self.assertEqual(sorted(line.split(" # ")[0].replace('.0"', '"') for line in text.splitlines()
                                if 'service="shop"' in line and "_created{" not in line),
                         sorted(line for line in scrape(observed.agent, "text/plain")[1].splitlines() if 'service="shop"' in line))

    def test_exemplars_are_traces_that_passed(self):
        observed = Observed(self, "classic")
        text = observed.complete(lambda: scrape(observed.agent, TYPE)[1],
                                 f'http_requests_total{{service="shop",method="GET",path="/orders/{{id}}",status="200"}} {ORDERS}\n')
        buckets = [s for s in self.of_shop(self.families(text)["http_request_duration_seconds"])
                   if s["name"].endswith("_bucket") and s["labels"]["path"] == "/orders/{id}"]
        lower, before, found = 0, 0, []
        for bucket in buckets:
            upper = float(bucket["labels"]["le"].replace("+Inf", "inf"))
            self.assertEqual(bool(bucket["exemplar"]), bucket["value"] > before, "a bucket that has met a trace shows one")
            if bucket["exemplar"]:
                found.append(bucket["exemplar"]["labels"]["trace_id"])
                self.assertLess(lower, bucket["exemplar"]["value"])
                self.assertLessEqual(bucket["exemplar"]["value"], upper)
                self.assertLess(abs(bucket["exemplar"]["timestamp"] - observed.started), 60)
            lower, before = upper, bucket["value"]
        self.assertIn(TRACES[-1], found, "the latest is among them")
        self.assertLessEqual(set(found), set(TRACES))
        self.assertNotIn("trace_id", scrape(observed.agent, "text/plain")[1])

    def test_formats_and_encodings(self):
        agent = self.enterContext(Agent(AGENT))
        for encoding in ("identity", "gzip"):
            for accept, expected in (
                    (TYPE, TYPE),
                    ("application/openmetrics-text;version=0.0.1", "application/openmetrics-text; version=0.0.1; charset=utf-8"),
                    ("application/openmetrics-text;q=0.5,text/plain", PLAIN),
                    ("*/*;q=0.1, application/openmetrics-text;version=1.0.0;q=0.5", TYPE),
                    ("text/plain;q=0.2, application/openmetrics-text; q=0.3; version=1.0.0", TYPE),
                    ("application/openmetrics-text;version=1.0.0;q=0", PLAIN),
                    ("application/openmetrics-text;version=2.0.0, text/plain;version=1.0.0;q=0.9", PLAIN),
                    # Prometheus 2.42 and 3.5, a browser, curl
                    ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TYPE),
                    ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
                     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", TYPE),
                    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN),
                    ("*/*", PLAIN)):
                found, text = scrape(agent, accept, encoding)
                self.assertEqual(found, expected, accept)
                self.assertEqual(text.endswith("\n# EOF\n"), "openmetrics" in found)
        for encoding, packed in (("gzip", True), ("GZIP;q=0.5, br", True), ("*", True), ("gzip, identity;q=0.5", True), ("gzip;q=0", False),
                                 ("gzip;q=0.4, identity;q=0.5", False), ("identity", False), ("br, zstd", False), ("*;q=0, identity", False)):
            request = urllib.request.Request(f"http://127.0.0.1:{agent.port}/metrics", headers={"Accept-Encoding": encoding})
            with urllib.request.urlopen(request, timeout=10) as response:
                self.assertEqual(response.headers["Content-Encoding"], "gzip" if packed else None, encoding)
                self.assertEqual(response.read()[:2] == b"\x1f\x8b", packed, encoding)

    def test_each_naming_is_read(self):
        otel = 'http_server_request_duration_seconds_count{service_name="shop",http_request_method="GET",http_route="/pages/{id}",' \
               f'http_response_status_code="200",url_scheme="http"}} {PAGES}\n'
        for naming in ("otel", "both"):
            with self.subTest(naming=naming):
                observed = Observed(self, naming)
                text = observed.complete(lambda: scrape(observed.agent, TYPE)[1], otel)
                families = self.families(text)
                self.assertEqual(families["http_server_request_duration_seconds"]["unit"], "seconds")
                self.assertTrue(any(s["exemplar"] for s in self.of_shop(families["http_server_request_duration_seconds"], "service_name")))
                clients = families["http_client_request_duration_seconds"]["samples"]
                self.assertTrue(any(s["labels"].get("server_address") == "shop" for s in clients))
                self.assertEqual("http_requests" in families, naming == "both")
                self.assertEqual(any("peer" in s["labels"] for s in clients), naming == "both")
                self.assertEqual(len(self.of_shop(families["cache_hits"], "service_name")), naming == "otel")
                plain = scrape(observed.agent, "text/plain")[1]
                checked = subprocess.run(["promtool", "check", "metrics"], input=plain, capture_output=True, text=True)
                self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_a_database_under_each_name_of_otel(self):
        psql = program("psql", *PostgreSql.FOLDERS)
        if not psql or not program("initdb", *PostgreSql.FOLDERS):
            self.skipTest("PostgreSQL is not installed")
        agent = agent_with(self, "otel")
        server = self.enterContext(PostgreSql())
        session = subprocess.Popen(
            [psql, "-X", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", "bench", "-d", "bench"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "SERVICE_NAME": "reports", "PGSSLMODE": "disable"})
        self.addCleanup(session.wait)
        self.addCleanup(session.stdin.close)

        def say(text):
            session.stdin.write(text)
            session.stdin.flush()

        def samples(family, **labels):
            text = scrape(agent, TYPE)[1]
            found = self.families(text).get(family, {"samples": []})["samples"]
            return [s for s in found if labels.items() <= s["labels"].items()]

        def connections():
            return {s["labels"]["db_client_connection_state"]: s["value"]
                    for s in samples("db_client_connection_count", service_name="reports", db_system_name="postgresql")}

        say("BEGIN;\nSELECT 1;\nSELECT 2;\n")
        wait_until(lambda: connections() == {"used": 1, "idle": 0}, "a connection in use", 30)
        say("SELECT 1/0;\nROLLBACK;\n")
        wait_until(lambda: connections() == {"used": 0, "idle": 1}, "an idle connection", 30)
        counts = {s["labels"].get("error_type"): s for s in samples("db_client_operation_duration_seconds", service_name="reports", db_operation_name="SELECT")
                  if s["name"].endswith("_count")}
        self.assertEqual({error: s["value"] for error, s in counts.items()}, {None: 2, "_OTHER": 1})
        self.assertEqual(counts[None]["labels"]["db_system_name"], "postgresql")
        failed = samples("db_server_queries", service_name="postgres", operation="SELECT", status="error")
        self.assertEqual([s["value"] for s in failed if s["name"].endswith("_total")], [1])
        self.assertEqual(samples("db_queries") + samples("db_query_duration_seconds"), [])

    def test_prometheus_stores_the_exemplars(self):
        observed = Observed(self, "classic")
        prometheus = self.enterContext(Prometheus(observed.agent.port, "--enable-feature=exemplar-storage"))

        def stored():
            return prometheus.ask("query_exemplars", query='http_request_duration_seconds_bucket{service="shop",path="/orders/{id}"}',
                                  start=observed.started - 60, end=time.time() + 60)

        series = wait_until(stored, "exemplars in Prometheus", 60)
        exemplars = [(s["seriesLabels"], e) for s in series for e in s["exemplars"]]
        self.assertIn(TRACES[-1], [e["labels"]["trace_id"] for _, e in exemplars])
        for labels, exemplar in exemplars:
            self.assertIn(exemplar["labels"]["trace_id"], TRACES)
            self.assertLessEqual(float(exemplar["value"]), float(labels["le"].replace("+Inf", "inf")))
        # A later trace takes its place, though others have the bucket meanwhile.
        later = "f" * 32
        observed.get("/orders/1", b3=f"{later}-00f067aa0ba902b7-1")
        wait_until(lambda: later in json.dumps(stored()), "the later trace in Prometheus", 60)
        # Units are told by OpenMetrics alone: that is what was scraped.
        self.assertEqual(prometheus.ask("metadata", metric="http_request_duration_seconds")["http_request_duration_seconds"][0]["unit"], "seconds")


if __name__ == "__main__":
    unittest.main(verbosity=2)
