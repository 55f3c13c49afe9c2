#!/usr/bin/env python3
"""What the agent costs Redis and PostgreSQL: throughput with and without it, in turns. Prints a table; needs root and a quiet machine.

    tests/bench/databases.py --agent build/sockwatch [--rounds 5]
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from agent import Agent  # noqa: E402
from database import PostgreSql, Redis, program  # noqa: E402


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def redis_rate(server, *options):
    out = subprocess.run(["redis-benchmark", "-p", str(server.port), "-q", "-t", "get", "-c", "20", *options], check=True,
                         capture_output=True, text=True).stdout
    return float(re.findall(r"GET: ([\d.]+) requests per second", out.replace("\r", "\n"))[-1])


def pgbench_rate(server):
    out = subprocess.run([program("pgbench", *PostgreSql.FOLDERS), "-h", "127.0.0.1", "-p", str(server.port), "-U", "bench", "-S", "-n", "-M",
                          "prepared", "-c", "4", "-j", "1", "-T", "3", "bench"], check=True, capture_output=True, text=True,
                         env={**os.environ, "PGSSLMODE": "disable"}).stdout
    return float(re.search(r"tps = ([\d.]+)", out).group(1))


def measure(options, name, rate):
    without, with_agent, ratios, cost, missed = [], [], [], [], []
    rate()  # warm
    for _ in range(options.rounds):
        without.append(rate())
        with Agent(options.agent) as agent:
            before = cpu_seconds(agent.process.pid)
            with_agent.append(rate())
            time.sleep(0.5)
            queries = agent.value("db_server_queries_total")
            cost.append((cpu_seconds(agent.process.pid) - before) / max(1, queries) * 1e9 / 2)
            missed.append(agent.value("db_server_queries_total", status="unknown") + agent.value("sockwatch_lost_segments_total"))
        ratios.append(with_agent[-1] / without[-1])
    print(f"| {name} | {statistics.median(without):.0f} | {statistics.median(with_agent):.0f} | {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f}) | {statistics.median(cost):.0f} | {max(missed):.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| load | without the agent, 1/s | with it, 1/s | ratio, median (range) | agent CPU, ns a query and end | lost or unknown, most |")
    print("| --- | --- | --- | --- | --- | --- |")
    with Redis() as redis:
        measure(options, "redis-benchmark GET, 20 connections", lambda: redis_rate(redis, "-n", "200000"))
        measure(options, "the same, pipelines of 16", lambda: redis_rate(redis, "-n", "1500000", "-P", "16"))
    with PostgreSql() as postgres:
        subprocess.run([program("pgbench", *PostgreSql.FOLDERS), "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "bench", "-i", "-q", "bench"],
                       check=True, capture_output=True)
        measure(options, "pgbench -S -M prepared, 4 connections", lambda: pgbench_rate(postgres))


if __name__ == "__main__":
    main()
