#!/usr/bin/env python3
"""What listing the sockets of a host costs: sudo tests/bench/listing.py --agent build/sockwatch [--sockets 10 1000 100000] [--processes 1000]

Idle TCP connections between processes of its own, on loopback; the agent with either listing that this kernel has. Prints a Markdown
table: the run time of the listing's program by socket (kernel.bpf_stats_enabled), how long one listing takes, the agent's
share of a CPU while the host idles and while one connection makes a request every 10 ms, and the worst age of a record when it was read.
Needs a limit of open files that allows the sockets, and a quiet host.
"""

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

import host  # noqa: E402
from agent import Agent  # noqa: E402

EACH = 2000  # sockets that one process holds
SECONDS = 15


def hold(sockets, pipe):
    """A process's work: so many sockets, both ends of connections; says when they are there, and waits to be ended."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (sockets + 100, max(sockets + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    kept = []
    with socket.create_server((f"127.{os.getpid() % 200 + 1}.{os.getpid() // 200 % 250}.1", 0), backlog=1024) as listener:
        for _ in range(sockets // 2):
            kept.append(socket.create_connection(listener.getsockname()))
            kept.append(listener.accept()[0])
    os.write(pipe, b".")
    time.sleep(3600)


class Holders:
    """Idle sockets, and processes without any."""

    def __init__(self, sockets, processes):
        read_end, write_end = os.pipe()
        self.pids = []
        for first in range(0, sockets, EACH):
            self._fork(lambda n=min(EACH, sockets - first): hold(n, write_end))
        holders = len(self.pids)
        for _ in range(processes):
            self._fork(lambda: time.sleep(3600))
        for _ in range(holders):
            os.read(read_end, 1)

    def _fork(self, work):
        pid = os.fork()
        if pid == 0:
            try:
                work()
            finally:
                os._exit(1)
        self.pids.append(pid)

    def end(self):
        for pid in self.pids:
            os.kill(pid, 9)
        for pid in self.pids:
            os.waitpid(pid, 0)


def share_of_cpu(agent):
    before = host.cpu_seconds(agent.process.pid)
    time.sleep(SECONDS)
    return (host.cpu_seconds(agent.process.pid) - before) / SECONDS


def run_time(agent, program):
    return (agent.value("sockwatch_bpf_run_seconds_total", program=program), agent.value("sockwatch_bpf_runs_total", program=program))


def measure(path, way, sockets, processes):
    holders = Holders(sockets, processes)
    try:
        with Agent(path, f"--capture.listing={way}") as agent:
            time.sleep(12)  # until nothing is taken for activity
            idle = share_of_cpu(agent)
            server = subprocess.Popen([sys.executable, "-u", "-c", TALK], stdout=subprocess.PIPE)
            try:
                agent.text()
                busy = share_of_cpu(agent)
                lag = agent.value("sockwatch_drain_lag_seconds_max")
                with host.BpfStatistics():
                    program = f"sw_list_{way}"
                    before = run_time(agent, program)
                    times = []
                    for _ in range(7):
                        time.sleep(0.3)
                        start = time.monotonic()
                        agent.text()
                        times.append(time.monotonic() - start)
                    after = run_time(agent, program)
            finally:
                server.kill()
                server.wait()
        runs = after[1] - before[1]
        each = (after[0] - before[0]) / runs * 1e9 if runs else 0
        return (f"| {way} | {sockets} | {processes} | {each:.0f} | {statistics.median(times) * 1000:.1f} "
                f"| {idle:.4f} | {busy:.4f} | {lag * 1000:.1f} |")
    finally:
        holders.end()


# One connection with a request every 10 ms, in a process of its own.
TALK = """
import socket, threading, time
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server = listener.accept()[0]
while True:
    client.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    server.recv(4096)
    server.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
    client.recv(4096)
    time.sleep(0.01)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the agent's binary")
    parser.add_argument("--sockets", type=int, nargs="+", default=[10, 1000, 100000])
    parser.add_argument("--processes", type=int, default=1000, help="that hold no socket (default 1000)")
    parser.add_argument("--ways", nargs="+", default=["storage", "descriptors"])
    options = parser.parse_args()
    print(f"{host.describe()}.\n\n| listing | sockets | processes | ns a visit | a scrape with a fresh listing, ms "
          "| CPUs, idle | CPUs, 100 requests/s | oldest record, ms |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for sockets in options.sockets:
        for way in options.ways:
            try:
                print(measure(options.agent, way, sockets, options.processes), flush=True)
            except RuntimeError as error:
                print(f"| {way} | {sockets} | {options.processes} | {str(error).splitlines()[0][:90]} | | | | |", flush=True)


if __name__ == "__main__":
    main()
