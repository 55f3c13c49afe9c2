"""Every dashboard: made by its generator, within the linter's rules, and with data on every panel from a real Prometheus."""

import argparse
import filecmp
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", "..", ".."))
TESTS = os.path.join(ROOT, "tests")
sys.path[:0] = [os.path.join(TESTS, "support"), os.path.join(TESTS, "e2e", "prometheus"), os.path.join(TESTS, "conformance"),
                os.path.join(ROOT, "dashboards")]
from agent import Agent, wait_until  # noqa: E402
from database import PostgreSql, Redis, program  # noqa: E402
from generate import GATEWAY  # noqa: E402
from living import server  # noqa: E402
from prometheus import Prometheus  # noqa: E402

wrong = []


def fail(what):
    print(f"WRONG: {what}", flush=True)
    wrong.append(what)


def made_by_generator():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-B", os.path.join(ROOT, "dashboards", "generate.py"), folder], check=True)
        for path in sorted(glob.glob(os.path.join(ROOT, "dashboards", "**", "*.json"), recursive=True)):
            name = os.path.relpath(path, os.path.join(ROOT, "dashboards"))
            made = os.path.join(folder, name)
            if not os.path.exists(made) or not filecmp.cmp(path, made, shallow=False):
                fail(f"{name} is not what dashboards/generate.py makes: run it")


def lint(name, board):
    panels = board["panels"]
    names = [v["name"] for v in board["templating"]["list"]]
    for wanted in ("datasource", "job", "instance"):
        if wanted not in names:
            fail(f"{name}: no variable {wanted}")
    if len({p["id"] for p in panels}) != len(panels):
        fail(f"{name}: panels share an id")
    for one in panels:
        where = f"{name}, {one['title']}"
        if not one.get("title") or not one.get("description"):
            fail(f"{where}: no title or description")
        if not one["fieldConfig"]["defaults"].get("unit"):
            fail(f"{where}: no unit")
        if one["datasource"]["uid"] != "${datasource}":
            fail(f"{where}: a fixed data source")
        for target in one["targets"]:
            expr = target["expr"]
            for counter in re.finditer(r"\b(\w+_(?:total|count|sum|bucket))\{", expr):
                before = expr[:counter.start()]
                if not before.endswith("rate("):
                    fail(f"{where}: {counter.group(1)} without rate")
            if "rate(" in expr and "[$__rate_interval]" not in expr:
                fail(f"{where}: a rate over a fixed time")
            for used in re.findall(r"\$(\w+)", expr):
                if used not in names and not used.startswith("__"):
                    fail(f"{where}: no variable {used}")
            if "$job" not in expr or "$instance" not in expr:
                fail(f"{where}: does not choose job and instance")


def boards():
    for path in sorted(glob.glob(os.path.join(ROOT, "dashboards", "**", "*.json"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, os.path.join(ROOT, "dashboards")), json.load(file)


ASK = """
import sys, time, urllib.request, subprocess
own, other = sys.argv[1:]
while True:
    for url in (own, other):
        urllib.request.urlopen(url + "/wait/1", timeout=5).read()
    time.sleep(0.1)
"""


def traffic(postgres, redis):
    """Processes of the seven services, each of which serves, asks the next, a database and a cache."""
    contexts, processes = [], []
    script = os.path.join(postgres.folder, "watch.sql")
    with open(script, "w") as file:
        file.write("SELECT 1;\n\\watch 0.2\n")
    for name in GATEWAY:
        context = server(name)
        contexts.append((context, context.__enter__()[0]))
    for number, name in enumerate(GATEWAY):
        environment = {**os.environ, "SERVICE_NAME": name, "PGSSLMODE": "disable"}
        own, other = (f"http://127.0.0.1:{contexts[(number + k) % len(GATEWAY)][1]}" for k in (0, 1))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        processes.append(subprocess.Popen([sys.executable, "-c", ASK, own, other], **quiet))
        processes.append(subprocess.Popen(["redis-cli", "-p", str(redis.port), "-r", "-1", "-i", "0.1", "mget", "here", "not-here"], **quiet))
        processes.append(subprocess.Popen([program("psql", *PostgreSql.FOLDERS), "-X", "-q", f"host=127.0.0.1 port={postgres.port} user=bench dbname=bench",
                                           "-f", script], stdin=subprocess.DEVNULL, **quiet))
    return contexts, processes


def with_data(path):
    with PostgreSql() as postgres, Redis() as redis, Agent(path) as agent:
        redis.cli("set", "here", "1")
        contexts, processes = traffic(postgres, redis)
        try:
            with Prometheus(agent.port) as prometheus:
                started = time.monotonic()
                for name, board in boards():
                    fixed = next((v["query"] for v in board["templating"]["list"] if v["type"] == "constant"), None)
                    service = fixed or ("|".join(GATEWAY) if name != "service.json" else "auth")
                    for one in board["panels"]:
                        for target in one["targets"]:
                            expr = (target["expr"].replace("$__rate_interval", "10s").replace("$service", service)
                                    .replace("$job", ".+").replace("$instance", ".+"))
                            try:
                                wait_until(lambda: [v for _, v in prometheus.query(expr) if v == v], f"data for {one['title']}", 60)
                            except (TimeoutError, urllib.error.HTTPError) as error:
                                fail(f"{name}, {one['title']}: {error}: {expr}")
                print(f"asked after {time.monotonic() - started:.0f} s")
        finally:
            for process in processes:
                process.kill()
                process.wait()
            for context, _ in contexts:
                context.__exit__(None, None, None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    made_by_generator()
    uids = []
    for name, board in boards():
        lint(name, board)
        uids.append(board["uid"])
    if len(set(uids)) != len(uids) or len(uids) != len(GATEWAY) + 3:
        fail(f"uids are not {len(GATEWAY) + 3} different ones: {uids}")
    missing = [name for name in ("postgres", "redis-server", "prometheus") if not program(name, *PostgreSql.FOLDERS)]
    if missing:
        print(f"skipped: no data without {', '.join(missing)}")
        return 1 if wrong else 77
    with_data(options.agent)
    print(f"{len(uids)} dashboards, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
