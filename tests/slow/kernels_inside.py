#!/usr/bin/env python3
"""Runs on another kernel, in a guest of kernels.sh: kernels_inside.py SOCKWATCH works|too-old."""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from agent import Agent, free_port, wait_until  # noqa: E402

FOUND, MISSING = 20, 5
CONFORMANCE = ("pipeline of 2", "9 ", "16 ")  # of the cases' names: emulated, all of them take too long


def say(what, *details):
    print(what, *details, flush=True)


def expect(condition, what):
    if not condition:
        sys.exit(f"kernels: {what}")


def run(*command):
    done = subprocess.run(command, text=True, capture_output=True, timeout=3000, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    return done


def check_explained(agent):
    """Too old: the agent says so, in words, and ends with 1; so does run.sh, before it builds."""
    script = os.path.join(HERE, "..", "..", "scripts", "run.sh")
    for command in (agent, "doctor"), (agent, f"--web.listen-address=127.0.0.1:{free_port()}"), (script,):
        done = run(*command)
        said = done.stdout + done.stderr
        expect(done.returncode == 1, f"{command} ended with {done.returncode} instead of 1")
        expect(f"Linux {os.uname().release} is too old" in said, f"{command} does not say that the kernel is too old")
        expect("boot Linux 6.3 or later" in said, f"{command} does not say what to do")
        expect("libbpf" not in said, f"{command} shows the library's own words")
        expect(command[-1] == "doctor" or said.count("\n") == 1, f"{command} says more than one line")


def check_counts(path):
    """A server and a client that know nothing of it are counted to the request."""
    with Agent(path) as agent, tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"], text=True,
                                  env=dict(os.environ, OTEL_SERVICE_NAME="shop"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            port = re.search(r" port (\d+) ", server.stdout.readline()).group(1)
            for target, times in ("", FOUND), ("missing", MISSING):
                subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/{target}?[1-{times}]"], timeout=300, check=True)
            expected = {("GET", "/", "200"): FOUND, ("GET", "/missing", "404"): MISSING}
            for metric, service in ("http_requests_total", "shop"), ("http_client_requests_total", "curl"):
                wait_until(lambda: agent.requests(metric, service).keys() >= expected.keys() and
                           sum(agent.requests(metric, service).values()) >= FOUND + MISSING, f"{metric} of {service}", 60)
                counted = agent.requests(metric, service)
                expect(counted == expected, f"{metric} of {service} is {counted}, not {expected}")
                say(f"{metric} of {service}: {FOUND} found and {MISSING} missing, as sent")
            lost = agent.value("sockwatch_lost_segments_total")
            expect(lost == 0, f"{lost:.0f} segments were lost")
        finally:
            server.terminate()
            server.wait()


def main():
    agent, expected = sys.argv[1:]
    say(f"-- Linux {os.uname().release}: sockwatch doctor")
    if expected == "too-old":
        check_explained(agent)
        return
    expect(run(agent, "doctor").returncode == 0, "doctor says that it cannot run here")
    say("-- counts of a live server and its client")
    check_counts(agent)
    for name in CONFORMANCE:
        say(f"-- conformance: {name}")
        # Linux 7 leaves a program out while the same one is preempted on that CPU, and an emulated one is slow to leave: nobody preempts these.
        done = run("chrt", "--fifo", "1", sys.executable, os.path.join(HERE, "..", "conformance", "run.py"), "--agent", agent, "--only", name)
        expect(done.returncode == 0, f"the conformance cases of {name} are not right")


main()
