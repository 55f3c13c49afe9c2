"""Row 14: a server whose bytes pass through io_uring, in every way that it has. Compares what was counted with what was sent."""

import argparse
import contextlib
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
from agent import Agent, wait_until  # noqa: E402
from table import Table  # noqa: E402

MODES = ["plain", "msg", "rw", "rwv", "fixed", "registered-file", "async", "poll-first", "provided", "multishot", "buffer-ring", "read-multishot", "bundle",
         "linked",
         "zerocopy", "sqpoll", "defer", "long-chain"]
# More requests at once than are remembered: where the kernel does not tell the buffer (by fexit it does) counted as unreadable, never guessed.
UNREADABLE = {"long-chain"}
ROUNDS = 20


def requests():
    """Batches of paths: one by one, pipelined, and longer than a provided buffer."""
    for i in range(ROUNDS):
        yield [f"/{i}/one"]
        yield [f"/{i}/deep/{k}" for k in range(5)]
    yield ["/last/close"]


def talk(port):
    """Sends every batch over two connections and reads every answer; how many were asked for."""
    sent = 0
    for connection in range(2):
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = s.makefile("rb")
            for n, batch in enumerate(requests()):
                head = "GET {} HTTP/1.1\r\nHost: shop\r\n" + ("X-Long: " + "a" * 700 + "\r\n" if n % 7 == 0 else "") + "\r\n"
                message = "".join(head.format(path) for path in batch).encode()
                cut = len(message) * (n % 3) // 3
                for part in (message[:cut], message[cut:]):
                    if part:
                        s.sendall(part)
                for path in batch:
                    if b"200 OK" not in answers.readline() or path.encode() not in answers.readline():
                        raise RuntimeError("the server gave a wrong answer")
                    while answers.readline().strip():
                        pass
                    answers.read(2)
                sent += len(batch)
    return sent


def run(agent, table, server, mode):
    service = f"uring-{mode}"
    process = subprocess.Popen([server, mode], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={"SERVICE_NAME": service})
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start: " + process.stderr.read())
        sent = talk(int(line))
    except (OSError, RuntimeError) as error:
        process.kill()
        reason = process.stderr.read().strip()
        if "Invalid argument" in reason or "not supported" in reason or "not permitted" in reason:
            print(f"14 {mode}: skipped, this kernel does not have it: {reason}")
        else:
            table.failed(f"14 {mode}", f"{error}; {reason}")
        return
    finally:
        process.kill()
        process.wait()

    def total():
        return agent.value("http_requests_total", service=service)
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: total() >= sent, f"{sent} requests of {service}", 5)
    right = agent.value("http_requests_total", service=service, status="200")
    unread = agent.value("sockwatch_unreadable_segments_total", service=service)
    unknown = agent.value("http_requests_total", service=service, status="unknown")
    table.check(f"14 {mode}: requests", total(), sent)
    if mode in UNREADABLE:
        table.check(f"14 {mode}: of {right:.0f} the status is known, of others not", right + unknown, sent)
        table.check(f"14 {mode}: unreadable segments", unread, lambda n: (n > 0) == (right < sent))
    else:
        table.check(f"14 {mode}: with their status", right, sent)
        table.check(f"14 {mode}: unreadable segments", unread, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only")
    options = parser.parse_args()
    table = Table(options.output)
    with Agent(options.agent) as agent:
        for mode in MODES:
            if options.only in (None, mode):
                run(agent, table, options.server, mode)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
