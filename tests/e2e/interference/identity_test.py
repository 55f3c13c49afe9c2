"""Recorded + lost by cause = sent, exactly, when a small ring overflows because the agent does not get to run."""

import os
import signal
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from load import Load  # noqa: E402

REQUESTS = 20000
SEGMENTS = 4 * REQUESTS  # each request and each answer is one send and one receive
TRIES = 4  # what others on this host send is lost as well, under no name


def excess():
    """Requests recorded and lost, less those sent."""
    with Agent(sys.argv[1], "--capture.ring-bytes=64KiB") as agent:
        first = {name: agent.value(name) for name in ("sockwatch_segments_total", "sockwatch_lost_requests_total")}
        # Stopped and let go again and again, so that losses come in the middle as well.
        load = Load(REQUESTS)
        for step in range(1, 5):
            agent.process.send_signal(signal.SIGSTOP)
            wait_until(lambda: load.answered >= step * REQUESTS // 5, "requests while the agent is stopped", 60)
            agent.process.send_signal(signal.SIGCONT)
            wait_until(lambda: load.answered >= (step * REQUESTS // 5 + 200), "requests while it runs", 60)
        load.wait()
        assert load.failed is None, load.failed

        def passed():
            return agent.value("sockwatch_segments_total") - first["sockwatch_segments_total"] + \
                agent.value("sockwatch_lost_segments_total", reason="ring_full")

        wait_until(lambda: passed() >= SEGMENTS, "every segment to be told of or counted as lost", 20)
        lost = agent.value("sockwatch_lost_segments_total", reason="ring_full")
        lost_requests = agent.value("sockwatch_lost_requests_total", reason="ring_full")

        def recorded(metric):
            return sum(v for f, v in agent.samples(metric) if f["path"] == "/load")

        for metric in ("http_requests_total", "http_client_requests_total"):
            print(metric, recorded(metric), [(f["status"], v) for f, v in agent.samples(metric) if f["path"] == "/load"])
        total = recorded("http_requests_total") + recorded("http_client_requests_total")
        print(f"segments: {SEGMENTS} passed, {lost:.0f} lost; requests: {2 * REQUESTS} at both ends, "
              f"{total:.0f} recorded + {lost_requests:.0f} lost")
        assert lost > 0 and lost_requests > 0, "the ring did not overflow: nothing has been tested"
        # No fewer; our own scrapes are seen as well, as a client's.
        assert passed() >= SEGMENTS, (passed(), SEGMENTS)
        return total + lost_requests - 2 * REQUESTS


def main():
    for _ in range(TRIES):
        more = excess()
        assert more >= 0, f"{-more:.0f} requests are neither recorded nor counted as lost"
        if more == 0:
            return
        print(f"{more:.0f} too many: others' on this host, or counted twice; once more")
    raise AssertionError(f"too many requests {TRIES} times")


if __name__ == "__main__":
    main()
