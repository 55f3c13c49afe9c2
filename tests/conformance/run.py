#!/usr/bin/env python3
"""Compares what the agent counts with what really passed. See README.md.

Every case runs as its own service (named by OTEL_SERVICE_NAME) and plays both client and server, so that each is checked
against http_requests_total and http_client_requests_total, to the request.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from cases import all_cases  # noqa: E402
from playing import Players, with_place_for_a_name  # noqa: E402
from table import Table  # noqa: E402

METRICS = {"server": "http_requests_total", "client": "http_client_requests_total"}
SETTLE_SECONDS = 60  # at most
AT_ONCE = 3
BATCH = 60


@contextlib.contextmanager
def agent_for_many(path):
    """An agent whose page has room for a service of every case."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write("metrics: {max_total_lines: 1000000}\n")
        config.flush()
        with Agent(path, f"--config.file={config.name}") as agent:
            yield agent


def by_service(agent, metric):
    counted = {}
    for labels, n in agent.samples(metric):
        counts = counted.setdefault(labels["service"], Counter())
        counts[(labels["method"], labels["path"], labels["status"])] += int(n)
    return counted


def play(agent, cases, first, table):
    """Plays the cases and compares them; the services' numbers begin with `first`."""
    players, truths = Players(), {}
    names = list(cases)
    for i in range(0, len(names), AT_ONCE):
        started = [(name, f"case-{first + i + k:04}") for k, name in enumerate(names[i:i + AT_ONCE])]
        readers = [players.start(cases[name], service) for name, service in started]
        for (name, service), reader in zip(started, readers):
            truth = players.told(reader)
            if truth is None:
                table.failed(name, "the case itself failed")
            else:
                truths[name] = service, dict(zip(METRICS, truth))

    def counted():
        return {role: by_service(agent, metric) for role, metric in METRICS.items()}

    def settled():
        seen = counted()
        return all(seen[role].get(service, {}) == truth[role] for service, truth in truths.values() for role in METRICS)
    with contextlib.suppress(TimeoutError):
        wait_until(settled, "the counts", SETTLE_SECONDS)
    seen = counted()
    for name, (service, truth) in truths.items():
        for role in METRICS:
            table.compare(name, role, truth[role], seen[role].get(service, {}))
    players.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only", action="append", help="cases whose name contains this; may be given several times")
    options = parser.parse_args()
    with_place_for_a_name()

    table = Table(options.output)
    with agent_for_many(options.agent) as agent:
        attach = agent.samples("sockwatch_capture_info")[0][0]["attach"]
        cases = {name: case for name, case in all_cases(attach).items() if not options.only or any(part in name for part in options.only)}
        names = list(cases)
        for first in range(0, len(names), BATCH):
            play(agent, {name: cases[name] for name in names[first:first + BATCH]}, first + 1, table)
        table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
