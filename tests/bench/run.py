#!/usr/bin/env python3
"""What the agent costs: sudo tests/bench/run.py --agent build/sockwatch [--only throughput|bpf|exchange|getppid|rate|bodies]

nginx with one worker under wrk (or, at a constant rate, h2load), both ends on this host and both observed, the agent with its default
settings, nothing pinned. Prints Markdown tables of medians. Needs the packages nginx-light, wrk, nghttp2-client, gcc and bpftool, a
host without another sockwatch, and quiet: whatever else runs shows in the figures.
"""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

import host  # noqa: E402
import kernel_objects  # noqa: E402
import measures  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the agent's binary")
    parser.add_argument("--only", choices=measures.ALL, action="append", help="this measure alone; may be given again")
    parser.add_argument("--rounds", type=int, default=7, help="with and without the agent each (default 7)")
    parser.add_argument("--seconds", type=int, default=4, help="of saturated load a round (default 4)")
    parser.add_argument("--rate", type=int, default=10000, help="requests/s of the constant rate (default 10000)")
    parser.add_argument("--rate-seconds", type=int, default=10, help="of constant load a round (default 10)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run.py: the agent needs root; run it again with sudo")
    others = subprocess.run([kernel_objects.BPFTOOL, "prog", "list"], capture_output=True, text=True, check=True).stdout
    if "name sw_send" in others:
        sys.exit("run.py: another sockwatch runs on this host; with it there is no round without an agent")
    print(f"Medians of {options.rounds} rounds; {host.describe()}.")
    for name in options.only or measures.ALL:
        print(f"\n| {name} | |\n| --- | --- |")
        for what, value in measures.ALL[name](options):
            print(f"| {what} | {value} |", flush=True)


if __name__ == "__main__":
    main()
