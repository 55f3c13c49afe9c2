"""The measures, each a function (options) -> [(what, value)]. Rounds with and without the agent take turns within one run, each pair in
the opposite order of the one before, so that a machine that slows down or speeds up weighs on both alike."""

import os
import subprocess
import tempfile
import time
from statistics import median

import host
import kernel_objects
from agent import Agent, wait_until
from nginx import Nginx, h2load, wrk

HERE = os.path.dirname(os.path.abspath(__file__))
BODIES = (("16 KiB", 16 << 10), ("1 MiB", 1 << 20))


def in_turns(options, measure):
    """([values without], [values with]) of measure(agent or None)."""
    without, with_agent = [], []
    for number in range(options.rounds):
        for observed in (False, True) if number % 2 == 0 else (True, False):
            if observed:
                with Agent(options.agent) as agent:
                    with_agent.append(measure(agent))
            else:
                without.append(measure(None))
    return without, with_agent


def ratio(without, with_agent):
    return f"{median(with_agent) / median(without):.3f}"


def all_of(values, form="{:.0f}"):
    return ", ".join(form.format(v) for v in values)


def counted(agent, at_least):
    """What the agent has counted of nginx, as soon as it is `at_least` or 5 s have passed."""
    def value():
        return agent.value("http_requests_total", service="nginx")
    try:
        wait_until(lambda: value() >= at_least, "the counts", 5)
    except TimeoutError:
        pass  # then some are missing, and the difference is the result
    return value()


def throughput(options):
    """At saturation: what nginx can do, what the agent takes for it, and whether it misses any."""
    cpu, missed, lost, idle, loaded = [], [], [], [], []
    with Nginx() as nginx:
        wrk(nginx.url(), 1)

        def measure(agent):
            if agent is None:
                return wrk(nginx.url(), options.seconds)
            pid = agent.process.pid
            idle.append(host.resident_mb(pid))
            first, cpu_first = nginx.served(), host.cpu_seconds(pid)
            counted_first = counted(agent, 1)
            rate = wrk(nginx.url(), options.seconds)
            served = nginx.served() - first
            missed.append(served - (counted(agent, counted_first + served) - counted_first))
            cpu.append((host.cpu_seconds(pid) - cpu_first) * 1e9 / served)
            lost.append(agent.value("sockwatch_lost_segments_total"))
            loaded.append(host.resident_mb(pid))
            return rate

        without, with_agent = in_turns(options, measure)
    return [("requests/s without the agent", f"{median(without):.0f}"),
            ("requests/s with it", f"{median(with_agent):.0f}"),
            ("ratio", ratio(without, with_agent)),
            ("requests/s of each round, without", all_of(without)),
            ("requests/s of each round, with", all_of(with_agent)),
            ("answered by nginx but not counted, each round", all_of(missed)),
            ("segments lost, each round", all_of(lost)),
            ("agent's CPU for a request, both ends seen, ns", f"{median(cpu):.0f}"),
            ("agent's CPU for a request and end, ns", f"{median(cpu) / 2:.0f}"),
            ("agent's RSS idle / after load, MB", f"{median(idle):.1f} / {median(loaded):.1f}")]


def bpf(options):
    """Time in the agent's BPF programs by the kernel's statistics: rounds of their own, for the statistics cost time themselves."""
    raw, runs, empty = [], [], []
    with Nginx() as nginx, host.BpfStatistics():
        for _ in range(options.rounds):
            with host.EmptyProgram() as program:
                wrk(nginx.url(), 1)
                empty.append(program.ns_per_run())
            with Agent(options.agent) as agent:
                pid = agent.process.pid
                first, before = nginx.served(), kernel_objects.programs(pid)
                wrk(nginx.url(), options.seconds)
                served, after = nginx.served() - first, kernel_objects.programs(pid)
                raw.append(sum(after[i][0] - before[i][0] for i in after) / (2 * served))
                runs.append(sum(after[i][1] - before[i][1] for i in after) / (2 * served))
    corrected = [time_ - count * nothing for time_, count, nothing in zip(raw, runs, empty)]
    return [("BPF for a request and end, ns, as the kernel counts", f"{median(raw):.0f}"),
            ("runs for a request and end", f"{median(runs):.2f}"),
            ("of which an empty program is charged, ns a run", f"{median(empty):.0f}"),
            ("BPF for a request and end, ns, without that", f"{median(corrected):.0f}")]


def timed(options, name, *arguments):
    """What the C program of that name prints, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/{name}"
        subprocess.run(["cc", "-O2", "-o", program, f"{HERE}/{name}.c"], check=True)
        return in_turns(options, lambda _: float(subprocess.run([program, *arguments], capture_output=True, check=True).stdout))


def exchange(options):
    """A request and its answer on one CPU with nothing else: what four runs of the programs add to them."""
    rows = []
    for name in ("send", "writev"):
        without, with_agent = timed(options, "exchange", name)
        added = median(with_agent) - median(without)
        rows.append((f"an exchange answered by {name} without / with it, ns", f"{median(without):.0f} / {median(with_agent):.0f}"))
        rows.append(("added to a request and end (two runs), ns", f"{added / 2:.0f}"))
    return rows


def getppid(options):
    without, with_agent = timed(options, "getppid")
    return [("getppid without the agent / with it, ns", f"{median(without):.1f} / {median(with_agent):.1f}"),
            ("ratio", ratio(without, with_agent))]


def rate(options):
    """At a constant rate: CPU of nginx and of the agent, and how long a request takes."""
    latency = {False: [], True: []}
    cpu = []
    with Nginx() as nginx:
        def measure(agent):
            pids = [nginx.worker] + ([agent.process.pid] if agent else [])
            before, began = [host.cpu_seconds(pid) for pid in pids], time.monotonic()
            done, mean_us = h2load(nginx.url(), options.rate, options.rate_seconds)
            took = time.monotonic() - began
            if done < 0.98 * options.rate * options.rate_seconds:
                raise RuntimeError(f"only {done} requests in {took:.1f} s: the machine does not keep up with the rate")
            used = [(host.cpu_seconds(pid) - first) / took for pid, first in zip(pids, before)]
            latency[agent is not None].append(mean_us)
            if agent:
                cpu.append(used[1])
            return used[0]

        without, with_agent = in_turns(options, measure)
    return [(f"agent's CPU at {options.rate} requests/s, cores", f"{median(cpu):.4f}"),
            ("nginx's CPU without / with it, cores", f"{median(without):.4f} / {median(with_agent):.4f}"),
            ("ratio", ratio(without, with_agent)),
            ("mean time of a request without / with it, us", f"{median(latency[False]):.0f} / {median(latency[True]):.0f}")]


def bodies(options):
    """Long responses: bodies are counted and not copied, so these should cost no more than short ones."""
    rows = []
    with Nginx([size for _, size in BODIES]) as nginx:
        for name, size in BODIES:
            for how, path in (("sendfile", f"/{size}"), ("copied", f"/copied/{size}")):
                without, with_agent = in_turns(options, lambda _, url=nginx.url(path): wrk(url, options.seconds))
                rows.append((f"{name}, {how}: requests/s without / with it, ratio",
                             f"{median(without):.0f} / {median(with_agent):.0f}, {ratio(without, with_agent)}"))
    return rows


ALL = {f.__name__: f for f in (throughput, bpf, exchange, getppid, rate, bodies)}
