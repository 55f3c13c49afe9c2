#!/usr/bin/env python3
"""What one layer costs beside the other: sudo tests/bench/attach.py --agent build/sockwatch, on a kernel that has both.

The same exchanges over one connection while the agent is attached by the tracepoints, then by fexit, in turns; the time in its BPF programs
by the kernel's statistics for each segment that it counts. In an emulated machine the nanoseconds say nothing, their ratio does.
"""

import argparse
import os
import socket
import statistics
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

import host  # noqa: E402
import kernel_objects  # noqa: E402
from agent import Agent  # noqa: E402

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: attach\r\nAccept: */*\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nServer: attach\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
WAYS = ("tracepoint", "fexit")


def exchange(times):
    """Requests and answers over a connection, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            connection, _ = listener.accept()
            with connection:
                while connection.recv(4096):
                    connection.sendall(RESPONSE)
        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(listener.getsockname()) as client:
            for _ in range(times):
                client.sendall(REQUEST)
                client.recv(4096)
        thread.join()


def measure(path, way, times):
    """(nanoseconds, runs) of the agent's programs for a segment."""
    with Agent(path, f"--capture.attach={way}", "--capture.ring-bytes=64MiB") as agent:
        exchange(100)
        before, segments = kernel_objects.programs(agent.process.pid), agent.value("sockwatch_segments_total")
        exchange(times)
        after = kernel_objects.programs(agent.process.pid)
        passed = agent.value("sockwatch_segments_total") - segments
        return [sum(after[program][i] - before[program][i] for program in after) / passed for i in (0, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--rounds", type=int, default=3, help="by each layer (default 3)")
    parser.add_argument("--exchanges", type=int, default=3000, help="a round (default 3000)")
    options = parser.parse_args()
    seen = {way: [] for way in WAYS}
    with host.BpfStatistics():
        for number in range(options.rounds):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                seen[way].append(measure(options.agent, way, options.exchanges))
                print(f"{way}: {seen[way][-1][0]:.0f} ns, {seen[way][-1][1]:.2f} runs a segment", flush=True)
    cost = {way: statistics.median(ns for ns, _ in seen[way]) for way in WAYS}
    print(f"medians of {options.rounds}: tracepoint {cost['tracepoint']:.0f} ns, fexit {cost['fexit']:.0f} ns a segment, "
          f"ratio {cost['fexit'] / cost['tracepoint']:.2f}")


if __name__ == "__main__":
    main()
