"""Every case by name: a function that makes traffic and returns the truth, Counter({(method, path, status): n}), or two of them where
the server's differs from the client's."""

from collections import Counter

from batches import BATCHES, Batches64, FixedBatches, ShortBatches, Timespec
from closes import CLOSES
from dialogue import get, on_connection, run
from moving import MOVING, ONE_MESSAGE
from shapes import SHAPES, bodies, cookies, pipeline, request_line
from sharing import SHARING
from special import SPECIAL
from streams import STREAMS
from talking import GET, OK
from transport import ONE_CALL, Plain, ShortReads

TRANSPORTS = {cls.__name__: cls for cls in (*ONE_CALL, *BATCHES, *MOVING)}


def timed_batches(attach):
    """A receive that ends after a message because its time is over: which of a call's messages the next is cannot be told, but by fexit, where
    the kernel hands it over. It is unreadable; never are other buffers, which hold old requests, taken for it."""
    request = GET % b"old--"
    rounds = 9

    def server(s):
        way = FixedBatches(s, len(request))
        assert way.receive_messages() == [request] * way.count
        s.sendall(OK * way.count)
        for _ in range(rounds):
            assert way.receive_messages(Timespec(0, 1)) == [GET % b"timed"]
            s.sendall(OK)

    def client(c):
        c.sendall(request * FixedBatches.count)
        Plain(c).receive(len(OK) * FixedBatches.count)
        for _ in range(rounds):
            c.sendall(GET % b"timed")
            Plain(c).receive(len(OK))

    on_connection(server, client)
    old = Counter({("GET", "/old--", "200"): FixedBatches.count})
    all_of_them = old + Counter({("GET", "/timed", "200"): rounds})
    return all_of_them if attach == "fexit" else old, all_of_them


def all_cases(attach):
    """`attach`: where the agent sees sends and receives (sockwatch_capture_info)."""
    cases = {}
    for name, shape in SHAPES.items():
        for way, transport in TRANSPORTS.items():
            cases[f"{name}; client {way}"] = lambda s=shape, t=transport: run(s(), client_way=t)
            cases[f"{name}; server {way}"] = lambda s=shape, t=transport: run(s(), server_way=t)
    for depth in (2, 16, 100):
        for way, transport in TRANSPORTS.items():
            if transport in ONE_MESSAGE:
                continue
            cases[f"2 pipeline of {depth}; server {way}"] = \
                lambda d=depth, t=transport: run(pipeline(d), server_way=t, pipelined=True)
        cases[f"2 pipeline of {depth}, answered at once"] = \
            lambda d=depth: run(pipeline(d), pipelined=True, at_once=True)
    for size in (8192, 40000, 100000):
        cases[f"3 cookies of {size}"] = lambda n=size: run(cookies(n))
        cases[f"3 request line of {size}"] = lambda n=size: run(request_line(n))
    cases["3 cookies of 8192, one byte a read"] = lambda: run(cookies(8192), server_way=TRANSPORTS["OneByte"])
    cases["1 a thousand on one connection"] = lambda: run([get("/many") for _ in range(1000)])
    for way, transport in TRANSPORTS.items():
        if way != "OneByte":
            for end in ("client", "server"):
                cases[f"13 long bodies; {end} {way}"] = lambda e=end, t=transport: run(bodies(300000), **{f"{e}_way": t})
    cases["13 sendmmsg of long bodies"] = \
        lambda: run([get(f"/{'abcd'[i]}", 200, b"f" * 14000) for i in range(4)], server_way=Batches64, pipelined=True, at_once=True)
    cases["13 sendmmsg ends early"] = lambda: run([get(f"/{'abcd'[i]}", 200, b"f" * 60000) for i in range(4)], ShortReads, ShortBatches,
                                                  pipelined=True, at_once=True)
    cases["13 recvmmsg's time is over"] = lambda: timed_batches(attach)
    cases.update({**CLOSES, **SHARING, **SPECIAL, **STREAMS})
    return cases
