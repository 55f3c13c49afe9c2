"""What was sent is what is reported and what is lost, exactly and by service, when a small ring overflows because the agent does not get to
run: by requests where each is sent alone, by bytes where many are sent together."""

import os
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402

AGENT = sys.argv.pop(1)
CONNECTIONS = 8
CALM, FLOOD = 20, 1000  # rounds, on each connection
# Request, answer, and the metrics of either role. Of a cache's client there are hits and misses, and no number of requests.
DIALOGUES = {
    "http": (b"GET /load HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n", "http_requests_total", "http_client_requests_total"),
    "redis": (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$1\r\nv\r\n", "db_server_queries_total"),
}

# Both ends of connections, in step: each round a number of requests in one send, and their answers in another. A line on standard input
# says how many rounds, and answers when they are done; "0" closes the connections.
LOAD = """
import socket, sys
connections, pipeline = int(sys.argv[1]), int(sys.argv[2])
request, answer = (bytes.fromhex(text) * pipeline for text in sys.argv[3:])
listener = socket.create_server(("127.0.0.1", 0))
pairs = []
for _ in range(connections):
    client = socket.create_connection(listener.getsockname())
    pairs.append((client, listener.accept()[0]))
def take(end, length):
    while length:
        length -= len(end.recv(length))
for line in sys.stdin:
    for _ in range(int(line)):
        for client, server in pairs:
            client.sendall(request)
            take(server, len(request))
            server.sendall(answer)
            take(client, len(answer))
    if int(line) == 0:
        for pair in pairs:
            for end in pair:
                end.close()
    print("done", flush=True)
"""


class Load:
    def __init__(self, name, pipeline, request, answer):
        self.sent = 0
        self.each_round = CONNECTIONS * pipeline
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOAD, str(CONNECTIONS), str(pipeline), request.hex(), answer.hex()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OTEL_SERVICE_NAME": name})

    def do(self, rounds):
        self.process.stdin.write(f"{rounds}\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError("the load has ended")
        self.sent += rounds * self.each_round

    def end(self):
        self.process.communicate()


class SentIsReportedOrLost(unittest.TestCase):
    def play(self, kind, pipeline):
        request, answer, *metrics = DIALOGUES[kind]
        alone = pipeline == 1 and len(metrics) == 2  # each is one request that is lost, or none
        service = f"identity-{kind}-{pipeline}-{os.getpid()}"
        load = Load(service, pipeline, request, answer)
        self.addCleanup(load.end)
        with Agent(AGENT, "--capture.ring-bytes=64KiB") as agent:
            for _ in range(3):
                load.do(CALM)
                agent.process.send_signal(signal.SIGSTOP)
                load.do(FLOOD)
                agent.process.send_signal(signal.SIGCONT)

            def account():
                """By role: requests that are reported; bytes of requests that are lost."""
                return [(agent.value(metric, service=service),
                         agent.value("sockwatch_lost_bytes_total", service=service, role=role, direction=direction))
                        for metric, role, direction in zip(metrics, ("server", "client"), ("recv", "send"))]

            def lost_requests():
                return agent.value("sockwatch_lost_requests_total", service=service)

            def all_but(open_requests):
                least = load.sent - open_requests
                return all(reported * len(request) + lost >= least * len(request) for reported, lost in account()) \
                    and (not alone or sum(reported for reported, _ in account()) + lost_requests() >= 2 * least)

            try:
                # What was asked last may have been seen, and its answer not: while the connection is open it may yet come.
                wait_until(lambda: all_but(load.each_round), "requests on connections that fall silent to be reported or lost", 20)
                load.do(0)
                wait_until(lambda: all_but(0), "every request to be reported or lost", 20)
            finally:
                print(service, "sent", load.sent, "reported and lost bytes", account(), "lost requests", lost_requests(), flush=True)
            for reported, lost in account():
                self.assertGreater(lost, 0, "the ring did not overflow: nothing has been tested")
                excess = reported * len(request) + lost - load.sent * len(request)
                self.assertGreaterEqual(excess, 0)
                # Of many that were sent together one may have been seen in part, and is in both.
                self.assertLessEqual(excess, 0 if pipeline == 1 else len(request) * reported / pipeline)
            if alone:
                self.assertEqual(sum(reported for reported, _ in account()) + lost_requests(), 2 * load.sent)

    def test_http(self):
        self.play("http", 1)

    def test_http_pipelined(self):
        self.play("http", 50)

    def test_redis(self):
        self.play("redis", 1)

    def test_redis_pipelined(self):
        self.play("redis", 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
