"""Starts the agent and reads its metrics. For the tests that need a live one."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

SERIES = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
# How much longer than usual everything may take: in an emulated machine.
PATIENCE = float(os.environ.get("SOCKWATCH_TEST_PATIENCE", 1))
READY_SECONDS = 90  # the kernel checks its programs
# What every agent is started with besides: another way of attaching, of listing.
OPTIONS = os.environ.get("SOCKWATCH_TEST_OPTIONS", "").split()
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, what, seconds=10.0):
    """Polls until condition() is true; what is named when it never is."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class Agent:
    """A running agent on a free port of the address (empty: of every address); use as a context manager."""

    def __init__(self, path, *options, wait=True, address="127.0.0.1"):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [path, f"--web.listen-address={address}:{self.port}", *OPTIONS, *options], stdout=self.log, stderr=self.log)
        if wait:
            try:
                wait_until(self._ready, "the agent to be ready", READY_SECONDS)
            except BaseException:
                self.stop(signal.SIGKILL)
                raise

    def _ready(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise RuntimeError("the agent ended: " + self.log.read().decode())
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def text(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10).read().decode()

    def samples(self, name):
        """[(labels, value)] of every series of the metric."""
        found = []
        for line in self.text().splitlines():
            match = SERIES.match(line)
            if match and match.group(1) == name:
                found.append((dict(LABEL.findall(match.group(2) or "")), float(match.group(3))))
        return found

    def value(self, name, **labels):
        return sum(v for found, v in self.samples(name) if all(found.get(k) == w for k, w in labels.items()))

    def requests(self, name, service):
        """{(method, path, status): count} of one service."""
        return {(f["method"], f["path"], f["status"]): int(v)
                for f, v in self.samples(name) if f["service"] == service}

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(20 * PATIENCE)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
