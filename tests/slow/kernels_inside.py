#!/usr/bin/env python3
"""Runs on another kernel, in a guest of kernels.sh or arm64.sh: kernels_inside.py SOCKWATCH [--uring SERVER] WHAT...

WHAT is `refused` (the agent says in words why it cannot run here, and leaves nothing loaded), a way to attach and to list, as `fexit/descriptors`
(a subset of the conformance tests), `core` (counts of live servers), `whole` (the whole matrix), or
`cost` (tests/bench/attach.py).
"""

import argparse
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from agent import Agent, free_port, wait_until  # noqa: E402

FOUND, MISSING = 20, 5
# Of the conformance cases: a shape with heads, bodies and what follows, carried in every way of row 13 by each end; sharing, row 16.
CASES = ("4 lengths; ", "2 pipeline of 2; ", "13 sendmmsg", "13 recvmmsg", "16 ")


def say(what, *details):
    print(what, *details, flush=True)


def expect(condition, what):
    if not condition:
        sys.exit(f"kernels: {what}")


def run(*command, **environment):
    done = subprocess.run(command, text=True, capture_output=True, timeout=10000, check=False, env={**os.environ, **environment})
    print(done.stdout + done.stderr, end="", flush=True)
    return done


def programs():
    """Names of the BPF programs that the kernel holds."""
    shown = subprocess.run(["bpftool", "prog", "show"], text=True, capture_output=True, check=False).stdout
    return sorted(re.findall(r" name (sw_\w+)", shown))


def check_explained(agent):
    """The agent cannot run here: it says so in words, ends with 1, and leaves nothing behind; so does run.sh, before it builds."""
    script = os.path.join(HERE, "..", "..", "scripts", "run.sh")
    for command in (agent, "doctor"), (agent, f"--web.listen-address=127.0.0.1:{free_port()}"), (script,):
        done = run(*command)
        said = done.stdout + done.stderr
        expect(done.returncode == 1, f"{command} ended with {done.returncode} instead of 1")
        expect("this kernel" in said or "too old" in said, f"{command} does not say that it is the kernel")
        for raw in "libbpf", "errno", "Invalid argument", "Operation not permitted":
            expect(raw not in said, f"{command} shows somebody else's words: {raw}")
        expect(command[-1] == "doctor" or said.count("\n") == 1, f"{command} says more than one line")
        expect(not programs(), f"{command} left programs loaded: {programs()}")


def check_counts(agent, server, serve):
    """A server and a client that know nothing of it are counted to the request."""
    with tempfile.TemporaryDirectory() as folder, serve(folder) as port:
        for target, times in ("", FOUND), ("missing", MISSING):
            subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/{target}?[1-{times}]"], timeout=300, check=True)
        expected = {("GET", "/", "200"): FOUND, ("GET", "/missing", "404"): MISSING}
        for metric, service in ("http_requests_total", server), ("http_client_requests_total", "curl"):
            def counted(metric=metric, service=service):
                found = {}
                for labels, value in agent.samples(metric):
                    if labels["service"] == service and labels.get("peer", server) == server:
                        key = labels["method"], labels["path"], labels["status"]
                        found[key] = found.get(key, 0) + int(value)
                return found
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: counted() == expected, f"{metric} of {service}", 20)
            expect(counted() == expected, f"{metric} of {service} with {server} is {counted()}, not {expected}")
            say(f"{metric} of {service} with {server}: {FOUND} found and {MISSING} missing, as sent")


@contextlib.contextmanager
def python_server(folder):
    server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"], text=True,
                              env=dict(os.environ, OTEL_SERVICE_NAME="shop"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield re.search(r" port (\d+) ", server.stdout.readline()).group(1)
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def nginx_server(folder):
    port = free_port()
    os.chmod(folder, 0o755)
    for name in "index.html", "log":
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("hello\n")
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(f"user root; daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
                   f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
                   f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n")
    server = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "nginx", 20)
        yield port
    finally:
        server.terminate()
        server.wait()


def check_way(agent, way, uring):
    """The agent in one way to attach and to list: conformance, starts in the middle, io_uring, databases."""
    wanted = dict(zip(("attach", "listing"), way.split("/")))
    environment = {"SOCKWATCH_TEST_OPTIONS": " ".join(f"--capture.{key}={value}" for key, value in wanted.items() if value != "auto")}
    conformance = [os.path.join(HERE, "..", "conformance", "run.py"), *(word for name in CASES for word in ("--only", name))]
    others = [os.path.join(HERE, "kernels_subset.py"), *(f"--{key}={value}" for key, value in wanted.items()), *(["--uring", uring] if uring else [])]
    for command in others, conformance:
        say(f"-- {way}: {os.path.basename(command[0])}")
        begun = time.monotonic()
        expect(played(agent, *command, **environment), f"{way} is not right")
        say(f"-- {way}: {time.monotonic() - begun:.0f} s")


def played(agent, *command, **environment):
    # Linux 7 leaves a program out while the same one is preempted on that CPU, and an emulated one is slow to leave: nobody preempts these.
    return run("chrt", "--fifo", "1", sys.executable, *command, "--agent", agent, **environment).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("agent")
    parser.add_argument("--uring", help="the server of row 14")
    parser.add_argument("what", nargs="+")
    options = parser.parse_args()
    agent = options.agent
    say(f"-- Linux {os.uname().release} {os.uname().machine}: sockwatch doctor")
    if options.what == ["refused"]:
        check_explained(agent)
        return
    expect(run(agent, "doctor").returncode == 0, "doctor says that it cannot run here")
    for what in options.what:
        if what == "core":
            with Agent(agent) as running:
                say(f"-- counts of live servers and their clients: {running.samples('sockwatch_capture_info')}")
                check_counts(running, "shop", python_server)
                check_counts(running, "nginx", nginx_server)
                lost = running.value("sockwatch_lost_segments_total")
                expect(lost == 0, f"{lost:.0f} segments were lost")
        elif what == "whole":
            say("-- the whole conformance matrix, sockets listed by their storage")
            expect(played(agent, os.path.join(HERE, "..", "conformance", "run.py"), SOCKWATCH_TEST_OPTIONS="--capture.listing=storage"),
                   "the whole matrix is not right")
        elif what == "cost":
            done = run(sys.executable, os.path.join(HERE, "..", "bench", "attach.py"), "--agent", agent)
            expect(done.returncode == 0, "the cost cannot be measured")
        else:
            check_way(agent, what, options.uring)


main()
