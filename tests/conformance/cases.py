"""Every case by name: a function that makes traffic and returns the truth, Counter({(method, path, status): n})."""

import json
import sys

from dialogue import get, run
from shapes import SHAPES, cookies, pipeline
from special import SPECIAL
from transport import TRANSPORTS, Plain


def all_cases():
    cases = {}
    for name, shape in SHAPES.items():
        for way, transport in TRANSPORTS.items():
            cases[f"{name}; client {way}"] = lambda s=shape, t=transport: run(s(), client_way=t)
            cases[f"{name}; server {way}"] = lambda s=shape, t=transport: run(s(), server_way=t)
    for depth in (2, 16, 100):
        for way, transport in TRANSPORTS.items():
            cases[f"2 pipeline of {depth}; server {way}"] = \
                lambda d=depth, t=transport: run(pipeline(d), server_way=t, pipelined=True)
        cases[f"2 pipeline of {depth}, answered at once"] = \
            lambda d=depth: run(pipeline(d), pipelined=True, at_once=True)
    for size in (8192, 40000, 100000):
        cases[f"3 cookies of {size}"] = lambda n=size: run(cookies(n))
    cases["3 cookies of 8192, one byte a read"] = lambda: run(cookies(8192), server_way=TRANSPORTS["OneByte"])
    cases["1 a thousand on one connection"] = lambda: run([get("/many") for _ in range(1000)])
    cases["13 long body, file"] = lambda: run([get("/file", 200, b"f" * 300000)], server_way=TRANSPORTS["File"])
    cases["13 long body, vectors"] = lambda: run([get("/file", 200, b"f" * 30000)], server_way=TRANSPORTS["Vectors16"])
    cases.update(SPECIAL)
    return cases


if __name__ == "__main__":  # one case, in a process of its own: its service is named by the environment
    truth = all_cases()[sys.argv[1]]()
    print(json.dumps([[*key, n] for key, n in truth.items()]), flush=True)
    sys.stdin.read()  # a process can be named only while it lives
