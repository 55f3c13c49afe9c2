#!/usr/bin/env python3
"""What an emulated machine can play of the tests with live servers, with one agent: it starts in the middle of connections; io_uring, Redis
and PostgreSQL. Run by kernels_inside.py."""

import argparse
import contextlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", folder) for folder in ("conformance", "support", "e2e/databases")]

import checks  # noqa: E402
import postgresql_test  # noqa: E402
import redis_test  # noqa: E402
import uring  # noqa: E402
from agent import Agent, wait_until  # noqa: E402
from database import PostgreSql, Redis, ROOM  # noqa: E402
from living import Client, server  # noqa: E402
from table import Table  # noqa: E402


class Middle:
    """A connection that is in the middle of something when the agent starts."""

    def __init__(self, what):
        self.what, self.service = what, "mid-" + what.replace(" ", "-")

    def begin(self, port):
        self.port, self.client = port, Client(port)
        self.client.socket.settimeout(None)  # nothing is read until the agent has started: minutes, where it is emulated
        if self.what == "connection":
            for _ in range(3):
                self.client.ask("/before")
        elif self.what == "head":
            self.client.socket.sendall(b"GET /be")
        elif self.what == "body":
            self.client.socket.sendall(b"GET /before HTTP/1.1\r\nContent-Length: 30\r\n\r\nGET /wrong")
        else:
            self.client.send("/bytes/30000000")
            self.client.rest = self.client.socket.recv(65536)

    def finish(self):
        if self.what == "head":
            self.client.socket.sendall(b"fore HTTP/1.1\r\nHost: a\r\n\r\n")
            self.client.receive()
        elif self.what == "body":
            self.client.socket.sendall(b" HTTP/1.1\r\n\r\n" + b" " * 5)
            self.client.receive()
            self.client = Client(self.port)
        elif self.what == "response":
            self.client.receive(size=1000000)
        for _ in range(3):
            self.client.ask("/after")

    def good(self, seen, attach):
        """Nothing is made up, and all that was asked since is there; by fexit but for what a receive took that had begun before."""
        if self.what == "connection":
            return seen == {("/after", "200"): 2 if attach == "fexit" else 3}
        if self.what == "response":  # whose the first answer is cannot be told for certain
            return sum(seen.values()) == 3 and seen.get(("/after", "200"), 0) >= 2 and seen.keys() <= {("/after", "200"), ("/after", "unknown")}
        return seen.get(("/after", "200")) == 3 and sum(seen.values()) <= 4 and seen.keys() <= {
            ("/after", "200"), ("/before", "200"), ("/before", "unknown")}


def check_middle(agent, table, middle, attach):
    def seen():
        return {key[1:]: n for key, n in agent.requests("http_requests_total", middle.service).items()}
    middle.finish()
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: middle.good(seen(), attach), "the requests", 5)
    table.check(f"17 the agent starts in the middle of a {middle.what}", seen(), lambda found: middle.good(found, attach))


def databases(agent, table, redis, postgresql):
    script = "\n".join(redis_test.COMMANDS.strip().replace("\n", "|").split("|")) + "\n"
    subprocess.run(["redis-cli", "-p", str(redis.port)], input=script.encode(), check=True, capture_output=True,
                   env={**os.environ, "SERVICE_NAME": "shop"})
    redis_test.compare(agent, redis, "Redis, every command")
    redis_test.resp3(redis)
    redis_test.compare(agent, redis, "Redis, RESP3 and inline commands")
    postgresql_test.pgbench(agent, postgresql)
    postgresql_test.psql(agent, postgresql)
    table.check("Redis and PostgreSQL: checks that are wrong", checks.wrong, [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--attach", default="auto")
    parser.add_argument("--listing", default="auto")
    parser.add_argument("--uring", help="the server of row 14")
    options = parser.parse_args()
    table = Table()
    middles = [Middle(what) for what in ("connection", "head", "body", "response")]
    with contextlib.ExitStack() as stack:
        for middle in middles:
            middle.begin(stack.enter_context(server(middle.service))[0])
        stores = stack.enter_context(Redis()), stack.enter_context(PostgreSql())  # what asks whether they are ready is not counted
        agent = stack.enter_context(Agent(options.agent, ROOM))
        used = agent.samples("sockwatch_capture_info")[0][0]
        for key in "attach", "listing":
            wanted = getattr(options, key)
            table.check(f"{key} is {used.get(key)}", wanted in ("auto", used.get(key)), True)
        for middle in middles:
            check_middle(agent, table, middle, used["attach"])
        if options.uring:
            for mode in uring.MODES:
                uring.run(agent, table, options.uring, mode)
        databases(agent, table, *stores)
        table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
