#!/usr/bin/env python3
"""scripts/demo.sh on free ports: demo_test.py AGENT. A real Prometheus must answer that all seven services have requests, errors and
slow requests are there, the calls between services too, and the databases; every panel of every dashboard must have data, but for what a
service does not have; a SIGTERM must leave nothing running and no file behind."""

import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SERVICES = {"api-gateway", "discovery", "sona", "auth", "sync", "ingestion", "playback"}
# Panels that are empty for all others: these have a database, a cache, somebody to ask.
ONLY_FOR = {"Database pool": {"sona", "ingestion"}, "Queries": {"sona", "ingestion"}, "Cache hit rate": {"sona", "auth", "discovery"},
            "Peers": {"api-gateway", "sync", "playback"}}
START_S, DATA_S, STOP_S = 180, 90, 40


def ask(prometheus, query):
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return [(row["metric"], float(row["value"][1])) for row in json.load(answer)["data"]["result"]]


def services_of(prometheus, query):
    return {labels.get("service") for labels, value in ask(prometheus, query) if value > 0}


def panels():
    """(dashboard and panel, query) of all that Grafana would ask for and there should be an answer to."""
    for path in sorted(glob.glob(f"{REPOSITORY}/dashboards/**/*.json", recursive=True)):
        with open(path, encoding="utf-8") as file:
            board = json.load(file)
        name = os.path.basename(path).removesuffix(".json")
        services = {name} if name in SERVICES else SERVICES
        for panel in board["panels"]:
            if services.isdisjoint(ONLY_FOR.get(panel["title"], services)):
                continue
            for target in panel["targets"]:
                query = target["expr"]
                for variable, value in (("$__rate_interval", "1m"), ("$service", "|".join(sorted(services))), ("$job", ".+"), ("$instance", ".+")):
                    query = query.replace(variable, value)
                yield f"{name}, {panel['title']}", query


def wait_for(what, seconds, condition):
    end, seen = time.monotonic() + seconds, None
    while time.monotonic() < end:
        missing = condition()
        if not missing:
            print(f"ok: {what}", flush=True)
            return
        seen = missing
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds} s in vain for {what}: missing {seen}")


def descendants(root):
    """Process ids of root's descendants, by /proc."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry))
    found, open_ = [], [root]
    while open_:
        for child in children.get(open_.pop(), []):
            found.append(child)
            open_.append(child)
    return found


def started_at(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
            return None if fields[0] in "ZX" else fields[19]
    except OSError:
        return None


def run(agent, folder):
    environment = {**os.environ, "SOCKWATCH": agent, "TMPDIR": folder}
    demo = subprocess.Popen([f"{REPOSITORY}/scripts/demo.sh", "--free-ports"], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    lines = []
    threading.Thread(target=lambda: lines.extend(iter(demo.stdout.readline, "")), daemon=True).start()
    family = {}
    try:
        def address():
            return re.search(r"Prometheus +(http\S+)", "".join(lines))

        def starting():
            assert demo.poll() is None, "the demo ended:\n" + "".join(lines)
            return "" if address() else "the address of Prometheus in its output"

        wait_for("the demo's start", START_S, starting)
        prometheus = address().group(1)
        family = {pid: started_at(pid) for pid in descendants(demo.pid)}
        assert len(family) >= 12, f"only {len(family)} processes"
        wait_for("requests of all seven services", DATA_S, lambda: SERVICES - services_of(prometheus, "sum by (service) (http_requests_total)"))
        wait_for("4xx of all seven", DATA_S, lambda: SERVICES - services_of(
            prometheus, 'sum by (service) (http_requests_total{status=~"4.."})'))
        wait_for("5xx of all seven", DATA_S, lambda: SERVICES - services_of(
            prometheus, 'sum by (service) (http_requests_total{status=~"5.."})'))
        wait_for("slow requests of all seven", DATA_S, lambda: SERVICES - services_of(
            prometheus, 'sum by (service) (http_request_duration_seconds_count) - sum by (service) (http_request_duration_seconds_bucket{le="0.25"})'))
        wait_for("calls of the services to each other", DATA_S, lambda: {"api-gateway", "sync", "playback"} - services_of(
            prometheus, "sum by (service) (http_client_requests_total)"))
        wait_for("statements of PostgreSQL", DATA_S, lambda: {"sona", "ingestion"} - services_of(
            prometheus, "sum by (service) (db_query_duration_seconds_count)"))
        wait_for("hits of Redis", DATA_S, lambda: {"sona", "auth", "discovery"} - services_of(
            prometheus, "sum by (service) (cache_hits_total)"))
        wanted = set(panels())
        assert len(wanted) > 100, len(wanted)
        wait_for(f"data for all {len(wanted)} queries of the dashboards", DATA_S, lambda: {
            (panel, query) for panel, query in wanted if not any(value == value for _, value in ask(prometheus, query))})
    finally:
        demo.send_signal(signal.SIGTERM)
        try:
            demo.wait(STOP_S)
        except subprocess.TimeoutExpired:
            family.update({pid: started_at(pid) for pid in descendants(demo.pid)})
            os.killpg(demo.pid, signal.SIGKILL)
            raise
    assert demo.returncode == 0, f"ended with {demo.returncode}:\n" + "".join(lines)
    left = [pid for pid, began in family.items() if began is not None and started_at(pid) == began]
    assert not left, f"still running: {left}"
    assert not os.listdir(folder), f"files left: {os.listdir(folder)}"
    print("ok: nothing is left", flush=True)


with tempfile.TemporaryDirectory(prefix="sockwatch-demo-test.") as place:
    os.chmod(place, 0o755)
    run(sys.argv[1], place)
