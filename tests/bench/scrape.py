#!/usr/bin/env python3
"""What a scrape takes: sudo tests/bench/scrape.py --agent build/sockwatch [--series 10000 --series 100000]

Makes as many series as asked with real requests to nginx, one to each of many paths, and then scrapes: one client alone, and 40 at once,
while nginx goes on being asked at a constant rate and all of that must be counted. Prints a Markdown table; a time is from the request
to the last byte of the answer. The clients (wrk) keep a connection each and ask again as soon as they were answered, which no scraper does:
it is the worst that so many can do. Needs the packages nginx-light, wrk and nghttp2-client, and a quiet host.
"""

import argparse
import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

import host  # noqa: E402
from agent import Agent, wait_until  # noqa: E402
from nginx import UNITS, Nginx, h2load  # noqa: E402

ASKED = {
    "Prometheus (OpenMetrics, gzip)": {
        "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "Accept-Encoding": "gzip"},
    "plain text": {"Accept-Encoding": "identity"},
}
# The name is for this nginx alone: others on the host are not to be counted with it.
CONFIG = """routes: {{max_children: 1000000, max_nodes: 1000000}}
metrics: {{max_series: 1000000}}
attribution: {{rules: [{{service: scraped-nginx, ports: [{port}]}}]}}
"""
LETTERS = "abcdefghijklmnopqrst"  # of which words are made that look like no identifier


def scrape(port, fields, clients, seconds):
    """{what: value} of so many connections that ask, and ask again as soon as they have the whole answer."""
    fields = [word for name, value in fields.items() for word in ("-H", f"{name}: {value}")]
    out = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}", "--timeout=10", "--latency", *fields, f"http://127.0.0.1:{port}/metrics"],
                         capture_output=True, text=True, check=True).stdout
    times = {share: float(number) * UNITS[unit] / 1e3 for share, number, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s) *\n", out)}
    most = re.search(r"Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)", out)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out), re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    return {"scrapes": int(re.search(r"(\d+) requests in", out).group(1)), "failed": sum(int(n) for found in bad if found for n in found.groups()),
            "median": times["50"], "p99": times["99"], "most": float(most.group(1)) * UNITS[most.group(2)] / 1e3}


def word(number):
    letters = ""
    for _ in range(5):
        letters += LETTERS[number % len(LETTERS)]
        number //= len(LETTERS)
    return letters


def make_series(agent, nginx, wanted):
    """One request for each of so many paths that the page has the wanted number of lines; returns that number."""
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=30)
    paths = 0

    def lines():
        return sum(not line.startswith("#") for line in agent.text().splitlines())

    while (missing := wanted - lines()) > 0:
        for _ in range(max(1, missing // 40)):  # each path has some 34 series, of both ends
            connection.request("GET", "/series/" + word(paths))
            connection.getresponse().read()
            paths += 1
        wait_until(lambda: agent.value("http_client_requests_total", peer="scraped-nginx") >= paths, "the requests to be counted")
    connection.close()
    return lines()


def measure(options, agent, nginx, clients, fields):
    """What scrape() tells while nginx is asked at a constant rate, and of that: requests not counted, segments lost; with the agent's CPU."""
    def told(name, **labels):
        """The agent's number, as soon as it has done with those who have just gone: until then they count as 40 requests being answered."""
        def ask():
            try:
                return (agent.value(name, **labels),)
            except urllib.error.HTTPError:
                return None
        return wait_until(ask, name)[0]

    def lost():
        return told("sockwatch_lost_segments_total")

    def counted():
        return told("http_requests_total", service="scraped-nginx")

    served, counted_first, lost_first, cpu = nginx.served(), counted(), lost(), host.cpu_seconds(agent.process.pid)
    load = threading.Thread(target=h2load, args=(nginx.url(), options.rate, options.seconds))
    load.start()
    found = scrape(agent.port, fields, clients, options.seconds)
    load.join()
    found["cpu"] = (host.cpu_seconds(agent.process.pid) - cpu) / options.seconds
    served = nginx.served() - served
    try:
        wait_until(lambda: counted() - counted_first >= served, "the counts", 5)
    except TimeoutError:
        pass  # then some are missing, and the difference is the result
    return {**found, "missed": served - (counted() - counted_first), "lost": lost() - lost_first}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the agent's binary")
    parser.add_argument("--series", type=int, action="append", help="lines of the page; may be given again (default 10000 and 100000)")
    parser.add_argument("--clients", type=int, default=40, help="of the storm (default 40)")
    parser.add_argument("--seconds", type=int, default=10, help="of each measure (default 10)")
    parser.add_argument("--rate", type=int, default=1000, help="requests/s to nginx meanwhile (default 1000)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("scrape.py: the agent needs root; run it again with sudo")
    print(f"{host.describe()}; {options.rate} requests/s to nginx meanwhile, {options.seconds} s each.\n")
    print("| series | asked for | clients | scrapes | failed | median, ms | p99, ms | most, ms | agent's CPU, cores | requests not counted "
          "| segments lost |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for wanted in options.series or (10_000, 100_000):
        with Nginx() as nginx, tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
            config.write(CONFIG.format(port=nginx.port))
            config.flush()
            with Agent(options.agent, "--config.file=" + config.name) as agent:
                series = make_series(agent, nginx, wanted)
                for name, fields in ASKED.items():
                    for clients in (1, options.clients):
                        found = measure(options, agent, nginx, clients, fields)
                        print("| {series} | {name} | {clients} | {scrapes} | {failed} | {median:.1f} | {p99:.1f} | {most:.1f} | {cpu:.2f} | {missed:.0f} "
                              "| {lost:.0f} |".format(series=series, name=name, clients=clients, **found), flush=True)
                refused = {labels["reason"]: int(count) for labels, count in agent.samples("sockwatch_web_refused_connections_total") if count}
                print(f"\nThe agent's memory with {series} series: {host.resident_mb(agent.process.pid):.0f} MB. Turned away: {refused or 'nobody'}.\n")


if __name__ == "__main__":
    main()
