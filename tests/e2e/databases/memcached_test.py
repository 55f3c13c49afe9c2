"""What the agent counts of a real memcached equals what memcached counts of itself: `stats`."""

import argparse
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from agent import Agent, wait_until  # noqa: E402
from checks import check, wrong  # noqa: E402
from database import Memcached, ROOM, program  # noqa: E402


def truth(server):
    """Reads of values are hits or misses, also those that touch (gat)."""
    stats = {name: int(value) for name, value in server.stats().items() if value.isdigit()}
    return {"hits": stats["get_hits"] + stats["touch_hits"], "misses": stats["get_misses"] + stats["touch_misses"],
            "sets": stats["cmd_set"]}


STORING = {"SET", "ADD", "REPLACE", "APPEND", "PREPEND", "CAS", "MS"}


def seen(agent, side):
    name = "cache_server_{}_total" if side == "server" else "cache_{}_total"
    counts = {what: int(agent.value(name.format(what), cache_type="memcached")) for what in ("hits", "misses")}
    if side == "server":
        counts["sets"] = sum(int(v) for labels, v in agent.samples("db_server_queries_total")
                             if labels["db_system"] == "memcached" and labels["operation"] in STORING)
    return counts


def compare(agent, server, what):
    wanted = truth(server)
    try:
        wait_until(lambda: seen(agent, "server") == wanted, what, 5)
    except TimeoutError:
        pass
    check(f"{what}, by the server", seen(agent, "server"), wanted)
    del wanted["sets"]
    check(f"{what}, by the client", seen(agent, "client"), wanted)


class Raw:
    """A client that writes the protocol itself."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 10)
        self.answers = self.socket.makefile("rb")

    def talk(self, text, last, pieces=1):
        """Sends in so many pieces; reads up to the line that is the last answer."""
        data = text.replace("\n", "\r\n").encode()
        step = max(1, -(-len(data) // pieces))
        for at in range(0, len(data), step):
            self.socket.sendall(data[at:at + step])
        while True:
            line = self.answers.readline()
            if not line:
                raise RuntimeError(f"the server left before it said {last}")
            if line.strip() == last.encode():
                return


TEXT = """set a 0 0 5
hello
set b 7 100 5 noreply
world
add a 0 0 1
x
append a 0 0 1
!
get a
get a b nothing
gets a nothing nothing2
incr a 1
set n 0 0 1
5
incr n 2
decr n 1
decr nothing 1
cas a 0 0 1 1
y
delete b
delete nothing
get b
set big 0 0 31
END
VALUE x 0 1
STORED
get a
get big
version
verbosity 1
bogus command
get big big a
"""

META = """ms m 2 T0
hi
mg m v
mg m t f s
mg nothing v
ms m 2 q
ho
mg m v q
mg nothing v q
mg nothing2 v q
mg m s q k
md nothing q
ma counter N0 J5
ma counter
me m
md m
mg m v q
mn
"""

PYTHON = """
import sys
from pymemcache.client.base import Client
c = Client(("127.0.0.1", int(sys.argv[1])), no_delay=True)
for i in range(100): c.set(f"k{i}", "v" * i * 37, noreply=i % 2 == 0)
for i in range(150): c.get(f"k{i}")
c.get_many([f"k{i}" for i in range(50, 200)])
c.set("big", "z" * 3_000_000); c.get("big"); c.get("big")
c.gets("k1"); c.delete("k1"); c.get("k1"); c.incr("none", 1); c.touch("k2", 100, noreply=False); c.stats(); c.version()
try: c.set("k" * 251, "1")
except Exception: pass
"""


def counted(agent):
    """Of all clients: a tool that is gone in a moment may be named by its command."""
    return {name: int(agent.value(f"cache_{name}_total", cache_type="memcached")) for name in ("hits", "misses")}


def tools(agent, server):
    """libmemcached's, in both protocols."""
    if not program("memcslap") or not program("memccat"):
        print("skipped: libmemcached-tools is not installed")
        return
    for protocol in ([], ["--binary"]):
        service = "tools" + "".join(protocol)
        before, already = truth(server), counted(agent)
        for command in (["memcslap", "--test=get", "--execute-number=100", "--initial-load=100", "--concurrency=2"], ["memccat", "no-such-key"]):
            subprocess.run([command[0], f"--servers=127.0.0.1:{server.port}", *protocol, *command[1:]], capture_output=True,
                           env={**os.environ, "SERVICE_NAME": service})
        wanted = {name: n - before[name] for name, n in truth(server).items() if name != "sets"}
        check(f"{service}: it had hits and misses", wanted["hits"] >= 200 and wanted["misses"] >= 1, True)

        def client():
            return {name: counted(agent)[name] - already[name] for name in ("hits", "misses")}
        try:
            wait_until(lambda: client() == wanted, service, 5)
        except TimeoutError:
            pass
        check(f"{service}: memcslap, memccat", client(), wanted)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    if not program("memcached"):
        print("skipped: memcached is not installed")
        return 77
    with Memcached() as server, Agent(options.agent, ROOM) as agent:
        for pieces in (1, 7, 100000):
            raw = Raw(server)
            raw.talk(TEXT, "VALUE big 0 31", pieces)
            raw.talk("mn\n", "MN")
        compare(agent, server, "text commands, whole and in pieces")
        for pieces in (1, 100000):
            raw = Raw(server)
            raw.talk(META, "MN", pieces)
        compare(agent, server, "meta commands, quiet ones too")
        raw = Raw(server)
        raw.talk("gat 100 a nothing\nmn\n", "MN")
        raw.talk("".join(f"get a k{i}\n" for i in range(2000)) + "mn\n", "MN")
        compare(agent, server, "2,000 pipelined")
        touches = int(server.stats()["cmd_touch"])
        subprocess.run(["/usr/bin/python3", "-c", PYTHON, str(server.port)], check=True, env={**os.environ, "SERVICE_NAME": "python"})
        touched = int(server.stats()["cmd_touch"]) - touches
        wanted = truth(server)
        wanted["hits"] -= touched  # of the command that touches alone
        try:
            wait_until(lambda: seen(agent, "server") == wanted, "pymemcache", 5)
        except TimeoutError:
            pass
        check("pymemcache: many keys, big values, no reply", seen(agent, "server"), wanted)
        tools(agent, server)
        check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
        check("messages that made no sense", agent.value("sockwatch_parse_errors_total", reason="bad_message"), 0)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
