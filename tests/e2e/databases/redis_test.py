"""What the agent counts of a real Redis equals what Redis counts of itself: INFO stats and INFO commandstats."""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from agent import Agent, wait_until  # noqa: E402
from checks import check, wrong  # noqa: E402
from database import Redis, ROOM, program  # noqa: E402

# Commands whose reply tells what Redis counts, over keys that are there and keys that are not.
COMMANDS = """
set s value|mset a 1 b 2|hset h f 1 g 2|rpush l 1 2 3|sadd m x y|zadd z 1 p 2 q|xadd x * f 1|set e value ex 100|setbit bits 7 1
get s|get nokey|getex s persist|getex nokey|getrange s 0 2|getrange nokey 0 2|substr s 0 1|strlen s|strlen nokey
mget s nokey a b nokey2|exists s nokey a s|touch s nokey|ttl s|ttl e|ttl nokey|pttl nokey|type s|type nokey|expiretime nokey
hget h f|hget nokey f|hmget nokey f|hgetall h|hgetall nokey|hkeys h|hvals nokey|hlen h|hlen nokey|hexists h f|hexists nokey f|hstrlen h f
llen l|llen nokey|lrange l 0 -1|lrange nokey 0 -1|lindex l 0|lindex nokey 0|lpos l 2|smembers m|smembers nokey|scard m|scard nokey
sismember m x|sismember nokey x|smismember m x w|smismember nokey x|srandmember m|srandmember nokey|zscore z p|zscore nokey p
zmscore z p w|zrank z p|zrank nokey p|zrevrank z p|zcard z|zcard nokey|zcount z 0 9|zcount nokey 0 9|zrange z 0 -1|zrange nokey 0 -1
zrangebyscore z 0 9|zrevrange z 0 -1|zrandmember z|xlen x|xrange x - +|xrange nokey - +|bitcount bits|bitcount nokey|dump s|dump nokey
set s again get|set fresh 1 get|getset s more|getset other 1|getdel other|getdel nokey|incr n|append s x|setnx s 1|del a b|lpop l|spop m|zpopmin z
geoadd g 13 38 p 15 37 q|georadius g 15 37 200 km|georadius nokey 15 37 200 km|georadius g 15 37 200 km store gs|georadius_ro g 15 37 200 km
georadiusbymember g p 200 km|georadiusbymember_ro nokey p 200 km|geosearch g fromlonlat 15 37 byradius 200 km|geosearch nokey frommember p byradius 2 km
geosearchstore gs g fromlonlat 15 37 byradius 200 km|sort l|sort nokey|sort_ro l|sort_ro nokey|sort l store ls|sort nokey store ls|sort s
object encoding l|object encoding nokey|object freq nokey|object idletime l|object refcount nokey|object help|pfadd pf a|pfcount pf|pfcount nokey
get h|llen s|lpop nokey|eval "return 1" 0|ping|echo hello|unlink z|expire s 100|persist s|rename s t|dbsize|flushdb
"""


def cache(agent):
    return {name: int(agent.value(f"cache_{name}_total", cache_type="redis")) for name in ("hits", "misses")}


def operations(agent):
    counts = {}
    for labels, value in agent.samples("db_server_queries_total"):
        if labels["db_system"] == "redis" and labels["operation"] not in ("INFO", "CONFIG", "COMMAND") and labels["status"] != "unknown":
            counts[labels["operation"]] = counts.get(labels["operation"], 0) + int(value)
    return counts


def client_operations(agent):
    counts = {}
    for labels, value in agent.samples("cache_operation_duration_seconds_count"):
        if labels["cache_type"] == "redis" and labels["operation"] not in ("INFO", "CONFIG", "COMMAND"):
            counts[labels["operation"]] = counts.get(labels["operation"], 0) + int(value)
    return counts


def compare(agent, server, what):
    truth, calls = server.keyspace(), server.calls()
    try:
        wait_until(lambda: cache(agent) == truth and operations(agent) == calls, what, 5)
    except TimeoutError:
        pass
    check(f"{what}: keyspace_hits and keyspace_misses", cache(agent), truth)
    check(f"{what}: the same seen by the server",
          {name: int(agent.value(f"cache_server_{name}_total", cache_type="redis")) for name in ("hits", "misses")}, truth)
    check(f"{what}: commands received", operations(agent), calls)
    check(f"{what}: commands sent", client_operations(agent), calls)


PYTHON = """
import redis, sys, threading
for protocol in ({"unix_socket_path": sys.argv[2]}, {"host": "127.0.0.1", "port": int(sys.argv[1])}):
    r = redis.Redis(**protocol)
    r.set("big", "x" * 3_000_000); r.get("big"); r.get("big"); r.get("nothing")
    r.delete("long"); r.rpush("long", *["e" * 1000] * 3000); r.lrange("long", 0, -1); r.get("nothing")
    r.mset({f"k{i}": "v" * 1000 for i in range(200)})
    r.mget([f"k{i}" for i in range(300)])
    with r.pipeline(transaction=False) as p:
        for i in range(500): p.get(f"k{i}")
        for i in range(50): p.hget("nohash", i)
        p.execute()
    with r.pipeline(transaction=True) as p:
        for i in range(100): p.get(f"k{i + 150}"); p.incr("n"); p.mget("k1", "nothing", "k2")
        p.execute()
    try:
        with r.pipeline(transaction=True) as p:
            p.get("k1"); p.lpop("k1"); p.get("nothing"); p.execute()
    except redis.ResponseError: pass
    with r.pipeline(transaction=True) as p:
        p.watch("n"); r.incr("n"); p.multi(); p.get("k1")
        try: p.execute()
        except redis.WatchError: pass
    s = r.pubsub(); s.subscribe("a", "b"); s.psubscribe("c*")
    for i in range(3): s.get_message(timeout=5)
    for i in range(20): r.publish("a", "hello"); s.get_message(timeout=5)
    s.unsubscribe("a", "b"); s.punsubscribe("c*")
    for i in range(3): s.get_message(timeout=5)
    t = threading.Thread(target=lambda: redis.Redis(**protocol).blpop("queue", 5)); t.start()
    import time
    while t.is_alive() and not any(c["cmd"].startswith("blpop") for c in r.client_list()): time.sleep(0.01)
    r.rpush("queue", 1); t.join()
    r.script_load("return 1")
"""


def resp3(server):
    """A dialogue in RESP3, and replies that are switched off."""
    import socket
    with socket.create_connection(("127.0.0.1", server.port), 10) as s:
        f = s.makefile("rb")

        def send(*commands):
            s.sendall(b"".join(b"*%d\r\n" % len(c.split()) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in c.encode().split())
                               for c in commands))

        def until(what):
            while f.readline().strip() != what:
                pass
        send("HELLO 3", "HSET h3 a 1 b 2", "HGETALL h3", "GET none3", "CLIENT TRACKING ON", "GET h4", "SET h4 1", "SUBSCRIBE news", "GET h4",
             "PUBLISH news hello", "ZADD z3 1.5 m", "ZSCORE z3 m", "SMEMBERS none3", "ECHO finished")
        until(b"finished")
        s.sendall(b"PING\r\nget h4\r\n  \r\n")
        send("ECHO over")
        until(b"over")


def long_lists(agent, server, benchmark):
    """More bytes than may be copied: what could not be seen is unknown, and not a command is missing."""
    def sent(unknown_too):
        return sum(int(v) for labels, v in agent.samples("db_server_queries_total")
                   if labels["operation"] == "LRANGE" and (unknown_too or labels["status"] == "ok"))
    before, known_before, hits = sent(True), sent(False), cache(agent)["hits"]
    calls = server.calls().get("LRANGE", 0)
    subprocess.run([*benchmark, "-P", "16", "-t", "lrange_600"], check=True, capture_output=True,
                   env={**os.environ, "SERVICE_NAME": "bench"})
    calls = server.calls()["LRANGE"] - calls
    try:
        wait_until(lambda: sent(True) - before >= calls, "every LRANGE", 5)
    except TimeoutError:
        pass
    print(f"long lists: {calls} sent, {sent(False) - known_before} with their answer")
    check("long lists: every command is counted", {"n": sent(True) - before}, {"n": calls})
    check("long lists: no hit is made up", {"more": cache(agent)["hits"] - hits <= calls}, {"more": True})


def check_all(agent, server):
    script = "\n".join(COMMANDS.strip().replace("\n", "|").split("|")) + "\n"
    subprocess.run(["redis-cli", "-p", str(server.port)], input=script.encode(), check=True, capture_output=True,
                   env={**os.environ, "SERVICE_NAME": "shop"})
    compare(agent, server, "every command")
    benchmark = ["redis-benchmark", "-p", str(server.port), "-q", "-n", "4000", "-r", "3000", "-c", "10"]
    # Without the longest lists: hundreds of MB a second are more than is copied; see below.
    usual = ["-t", "ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset"]
    subprocess.run([*benchmark, *usual], check=True, capture_output=True, env={**os.environ, "SERVICE_NAME": "bench"})
    compare(agent, server, "redis-benchmark")
    subprocess.run([*benchmark, "-P", "16", *usual], check=True, capture_output=True, env={**os.environ, "SERVICE_NAME": "bench"})
    compare(agent, server, "redis-benchmark -P 16")
    subprocess.run(["/usr/bin/python3", "-c", PYTHON, str(server.port), server.socket], check=True,
                   env={**os.environ, "SERVICE_NAME": "python"})
    compare(agent, server, "python: big values, pipelines, transactions, pub/sub, blocking")
    lines = "SET line 0\n" + "".join(f"rpush lines{i} a b c\nget line\n" for i in range(300))
    subprocess.run(["redis-cli", "-p", str(server.port), "--pipe"], input=lines.encode(), check=True, capture_output=True,
                   env={**os.environ, "SERVICE_NAME": "bulk"})
    compare(agent, server, "redis-cli --pipe: lines")
    resp3(server)
    compare(agent, server, "RESP3, inline commands")
    long_lists(agent, server, benchmark)
    check("segments lost", {"lost": agent.value("sockwatch_lost_segments_total")}, {"lost": 0})
    check("messages that made no sense", {"bad": agent.value("sockwatch_parse_errors_total", reason="bad_message")}, {"bad": 0})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    if not program("redis-server"):
        print("skipped: Redis is not installed")
        return 77
    with Redis() as server, Agent(options.agent, ROOM) as agent:
        check_all(agent, server)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
