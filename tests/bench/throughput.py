#!/usr/bin/env python3
"""What the agent costs nginx: sudo tests/bench/throughput.py --agent build/sockwatch [--markdown]

nginx with one worker and a 5-byte response under wrk, both ends on this host, with and without the agent in turns. Needs nginx and
wrk (and h2load, package nghttp2-client, for the constant rate). Nothing is pinned.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

from agent import Agent, free_port, wait_until  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
STATISTICS = "/proc/sys/kernel/bpf_stats_enabled"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def wrk(port, seconds):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}", f"http://127.0.0.1:{port}/"], capture_output=True,
                         text=True, check=True).stdout
    return int(re.search(r"(\d+) requests in", out).group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    rates = {"without": [], "with": []}
    per_request, missed, memory, bpf = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
                       f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{ return 200 hello; }} }} }}")
        nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf"])
        try:
            wait_until(lambda: subprocess.run(["wrk", "-t1", "-c1", "-d1", f"http://127.0.0.1:{port}/"],
                                              capture_output=True).returncode == 0, "nginx to answer")
            for _ in range(options.rounds):
                rates["without"].append(wrk(port, options.seconds)[1])
                with Agent(options.agent) as agent:
                    before = cpu_seconds(agent.process.pid)
                    sent, rate = wrk(port, options.seconds)
                    wait_until(lambda a=agent, n=sent: a.value("sockwatch_transactions_total") >= 2 * n * 0.999,
                               "the counts to arrive", 5)
                    counted = agent.value("http_requests_total", service="nginx")
                    per_request.append((cpu_seconds(agent.process.pid) - before) * 1e9 / (2 * sent))
                    missed.append(sent - counted)
                    memory.append(resident_mb(agent.process.pid))
                    rates["with"].append(rate)
            with open(STATISTICS, "r+", encoding="utf-8") as switch:  # apart: the statistics cost about 60 ns a run
                was = switch.read().strip()
                switch.seek(0)
                switch.write("1")
            try:
                with Agent(options.agent) as agent:
                    sent, _ = wrk(port, options.seconds)
                    bpf = [sum(v for f, v in agent.samples("sockwatch_bpf_run_seconds_total")
                               if f["program"] in ("sw_send", "sw_recv")) * 1e9 / (2 * sent)]
            finally:
                with open(STATISTICS, "w", encoding="utf-8") as switch:
                    switch.write(was)
        finally:
            nginx.terminate()
            nginx.wait()
    without, with_agent = statistics.median(rates["without"]), statistics.median(rates["with"])
    print(f"| measure | median of {options.rounds} |\n| --- | --- |")
    print(f"| requests/s without the agent | {without:.0f} |\n| requests/s with it | {with_agent:.0f} |")
    print(f"| ratio | {with_agent / without:.2f} |")
    print(f"| requests answered and not counted, each round | {', '.join(f'{n:.0f}' for n in missed)} |")
    print(f"| agent CPU, ns a request and end | {statistics.median(per_request):.0f} |")
    print(f"| BPF, ns a request and end (two programs, kernel statistics, not corrected) | {bpf[0]:.0f} |")
    print(f"| agent RSS after load, MB | {statistics.median(memory):.1f} |")


if __name__ == "__main__":
    main()
