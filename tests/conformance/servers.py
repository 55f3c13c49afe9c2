#!/usr/bin/env python3
"""Real servers under real clients: the agent's counts must equal what the clients asked for, and the servers' access logs, to the request."""

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent, free_port, wait_until  # noqa: E402
from clients import installed, numbered  # noqa: E402
from programs import PATHS, SERVERS, write  # noqa: E402
from table import Table  # noqa: E402

# They write their process titles over their environments, where nobody can read OTEL_SERVICE_NAME any longer: a rule names them.
WITHOUT_ENVIRONMENT = ("nginx", "php-fpm", "starman")


@contextlib.contextmanager
def agent_that_names(agent, ports):
    """An agent with a rule for each service of {service: the port that it listens on}."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        rules = "".join(f"    - {{service: {service}, ports: [{port}]}}\n" for service, port in ports.items())
        config.write(f"attribution:\n  rules:\n{rules}")
        config.flush()
        with Agent(agent, f"--config.file={config.name}") as running_agent:
            yield running_agent


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def running(command, port, name, service, folder):
    process = subprocess.Popen(command, env=dict(os.environ, OTEL_SERVICE_NAME=service), cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: listening(port), f"{name} to listen", 60)
        yield process
    finally:
        os.killpg(process.pid, 15)  # the group that we started: some servers are run by a launcher
        process.wait(20)


def counted(agent, role, **labels):
    metric = {"server": "http_requests_total", "client": "http_client_requests_total"}[role]
    counts = Counter()
    for found, n in agent.samples(metric):
        if all(found[k] == v for k, v in labels.items()):
            counts[(found["method"], found["path"], found["status"])] += int(n)
    return counts


def compare(agent, table, name, role, truth, before=Counter(), **labels):
    """What was counted since `before`."""
    def seen():
        return counted(agent, role, **labels) - before
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: seen() == truth, "the counts", 5)
    table.compare(name, role, truth, seen())


def logged(path):
    """Of "METHOD PATH STATUS" lines."""
    with open(path, encoding="utf-8") as file:
        return Counter(tuple(line.split()) for line in file)


def try_server(agent, table, name, port, needed, command):
    if not (shutil.which(needed) or os.path.exists(needed)):
        print(f"{name}: skipped, {needed} is not installed")
        return
    service = f"real-{name}"
    log = None
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for path in PATHS[:2]:
            write(folder, path[1:], "hello")
        with running(command(folder, port), port, name, service, folder):
            truth = Counter()
            clients = installed() if os.path.exists(f"{folder}/access.log") else {}
            for client, ask in {"Python": numbered, **clients}.items():
                # By whom they were answered: a client that lives for a moment may be gone before it is named.
                earlier = counted(agent, "client", peer=service)
                asked = ask(port)
                truth += asked
                compare(agent, table, f"{name}; {client}", "client", asked, earlier, peer=service)
            compare(agent, table, name, "server", truth, service=service)
        if os.path.exists(f"{folder}/access.log"):  # whole when its writer has gone
            log = logged(f"{folder}/access.log")
    if log is not None:
        compare(agent, table, f"{name}, by its access log", "server", log, service=service)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only")
    options = parser.parse_args()
    table = Table(options.output)
    ports = {name: free_port() for name in SERVERS}
    with agent_that_names(options.agent, {f"real-{name}": ports[name] for name in WITHOUT_ENVIRONMENT}) as agent:
        for name, server in SERVERS.items():
            if options.only in (None, name):
                try_server(agent, table, name, ports[name], *server)
        table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
