#!/usr/bin/env python3
"""Compares what the agent counts with what really passed. See README.md.

Every case runs as its own service (named by OTEL_SERVICE_NAME) and plays both client and server, so that each is checked
against http_requests_total and http_client_requests_total, to the request.
"""

import argparse
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent  # noqa: E402
from cases import all_cases  # noqa: E402

METRICS = ("http_requests_total", "http_client_requests_total")
SETTLE_SECONDS = 5


def play(name, service):
    environment = dict(os.environ, OTEL_SERVICE_NAME=service, PYTHONPATH=HERE)
    process = subprocess.Popen([sys.executable, os.path.join(HERE, "cases.py"), name], env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    truth = process.stdout.readline()
    if not truth:
        raise RuntimeError(f"the case itself failed: {process.communicate()[1].strip().splitlines()[-1]}")
    return process, {tuple(row[:3]): row[3] for row in json.loads(truth)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only", help="cases whose name contains this")
    options = parser.parse_args()

    names = [n for n in all_cases() if not options.only or options.only in n]
    rows, wrong, processes = [], 0, []
    with Agent(options.agent) as agent:
        truths = {}
        for number, name in enumerate(names):
            try:
                process, truth = play(name, f"case-{number}")
                processes.append(process)
                truths[name] = (f"case-{number}", truth)
            except RuntimeError as error:
                rows.append((name, "-", "-", "-", str(error)))
                wrong += 1

        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            counted = {name: [agent.requests(metric, service) for metric in METRICS] for name, (service, _) in truths.items()}
            good = all(c == truths[name][1] for name, both in counted.items() for c in both)
            if good or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        for name, both in counted.items():
            truth = truths[name][1]
            for metric, counts in zip(METRICS, both):
                differences = {k: (truth.get(k, 0), counts.get(k, 0)) for k in truth.keys() | counts.keys()
                               if truth.get(k, 0) != counts.get(k, 0)}
                wrong += bool(differences)
                role = "client" if "client" in metric else "server"
                rows.append((name, role, sum(truth.values()), sum(counts.values()), differences or ""))
        lost = agent.value("sockwatch_lost_segments_total")
    for process in processes:
        process.communicate()

    table = "\n".join("\t".join(map(str, row)) for row in [("case", "role", "sent", "counted", "wrong"), *rows]) + "\n"
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(table)
    print("\n".join(line for line in table.splitlines() if not line.endswith("\t")) if wrong == 0 or len(rows) > 60 else table)
    print(f"{len(rows)} cells, {wrong} wrong, {lost:.0f} segments lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
