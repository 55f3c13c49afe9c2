"""Every counter of what was not seen is forced: by calls that hide their bytes, by a full ring, by a kernel without memory."""

import contextlib
import os
import platform
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402

AGENT, ODD_CALLS = sys.argv[1:3]
REQUESTS = 3


@contextlib.contextmanager
def odd_calls(way, service):
    """The requests have been sent and answered; the process lives until the block ends."""
    process = subprocess.Popen([ODD_CALLS, way], env={**os.environ, "OTEL_SERVICE_NAME": service}, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdout.readline() != "done\n":
            if process.wait(60) == 77:
                raise unittest.SkipTest(f"{way}: this kernel cannot be made to")
            raise RuntimeError(f"{way} failed")
        yield
    finally:
        process.communicate()


class Unreadable(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = Agent(AGENT)
        cls.addClassCleanup(cls.agent.stop)

    def counted(self, metric, service):
        return {labels["status"]: value for labels, value in self.agent.samples(metric) if labels["service"] == service}

    def check(self, way, hidden_at):
        """The end that cannot be read says so, and never a wrong number; the other end is whole."""
        service = "odd-" + way
        with odd_calls(way, service):
            wait_until(lambda: self.agent.value("sockwatch_unreadable_segments_total", service=service, reason=way) >= 1,
                       f"an unreadable segment: {way}")
        seen = {end: self.counted(metric, service)
                for end, metric in (("server", "http_requests_total"), ("client", "http_client_requests_total"))}
        whole = "client" if hidden_at == "server" else "server"
        self.assertEqual(seen[whole], {"200": REQUESTS})
        self.assertLessEqual(set(seen[hidden_at]), {"200", "unknown"})
        self.assertEqual(sum(seen[hidden_at].values()), REQUESTS - 1, "the request that was hidden is not made up")

    def test_a_receive_that_throws_its_bytes_away(self):
        self.check("truncated", "server")

    def test_bytes_that_are_spliced_away(self):
        self.check("skipped", "server")

    @unittest.skipUnless(platform.machine() == "x86_64", "32-bit calls from a 64-bit program are x86's")
    def test_a_call_of_32_bit_programs(self):
        self.check("compat", "client")

    def test_a_call_whose_registers_do_not_tell(self):
        self.check("syscall", "client")

    def test_a_kernel_without_memory_for_a_sockets_state(self):
        with odd_calls("no_socket_state", "odd-poor"):
            wait_until(lambda: self.agent.value("sockwatch_lost_segments_total", reason="no_socket_state") >= 1,
                       "sockets without state to be counted")
        self.assertNotIn('service="odd-poor"', self.agent.text())


class FullRing(unittest.TestCase):
    def test_control_records_that_have_no_room(self):
        with Agent(AGENT, "--capture.ring-bytes=8KiB") as agent:
            agent.process.send_signal(signal.SIGSTOP)
            for _ in range(40):
                with odd_calls("as usual", "odd-full"):
                    pass
            agent.process.send_signal(signal.SIGCONT)
            wait_until(lambda: agent.value("sockwatch_lost_segments_total", reason="control_ring_full") >= 1,
                       "control records to be counted as lost")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
