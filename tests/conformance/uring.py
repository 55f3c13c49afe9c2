"""Row 14: a server whose bytes pass through io_uring, in every way that it has. Compares what was counted with what was sent."""

import argparse
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from agent import Agent, wait_until  # noqa: E402

MODES = ["plain", "msg", "rw", "rwv", "fixed", "registered-file", "async", "poll-first", "provided", "multishot", "linked",
         "zerocopy", "sqpoll", "defer", "long-chain"]
UNREADABLE = {"long-chain"}  # more requests at once than are remembered: counted as unreadable, never guessed
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


def run(agent, server, mode):
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
            print(f"{mode}: skipped, this kernel does not have it: {reason}")
            return True
        print(f"{mode}: {error}; {reason}")
        return False
    finally:
        process.kill()
        process.wait()

    def total():
        return agent.value("http_requests_total", service=service)
    try:
        wait_until(lambda: total() >= sent, f"{sent} requests of {service}", 5)
    except TimeoutError:
        pass
    right = agent.value("http_requests_total", service=service, status="200")
    unread = agent.value("sockwatch_unreadable_segments_total", service=service)
    unknown = agent.value("http_requests_total", service=service, status="unknown")
    ok = total() == sent and right + unknown == sent and (unread > 0 if mode in UNREADABLE else right == sent and unread == 0)
    print(f"{mode}: sent {sent}, counted {total():.0f}, with their status {right:.0f}, unreadable {unread:.0f}: "
          f"{'right' if ok else 'WRONG'}")
    return ok


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--only")
    options = parser.parse_args()
    with Agent(options.agent) as agent:
        results = [run(agent, options.server, mode) for mode in MODES if options.only in (None, mode)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
