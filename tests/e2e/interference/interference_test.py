"""Starting, stopping and killing the agent under load loses the services no request and leaves nothing of it in the kernel."""

import os
import signal
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

import kernel_objects  # noqa: E402
from agent import Agent, wait_until  # noqa: E402
from load import Load  # noqa: E402

AGENT = sys.argv.pop(1)
STARTS = 20


class Interference(unittest.TestCase):
    def setUp(self):
        self.load = Load()
        self.addCleanup(self.load.stop)
        self.wait_for_answers("before the agent")

    def wait_for_answers(self, when, count=100):
        seen = self.load.answered
        wait_until(lambda: self.load.answered > seen + count or self.load.failed, f"{count} requests {when}", 60)
        self.assertIsNone(self.load.failed)

    def wait_until_gone(self, programs, maps):
        wait_until(lambda: not programs & kernel_objects.loaded("prog"), f"programs {sorted(programs)} to be gone", 20)
        wait_until(lambda: not maps & kernel_objects.loaded("map"), f"maps {sorted(maps)} to be gone", 20)

    def end_under_load(self, how):
        agent = Agent(AGENT)
        self.addCleanup(agent.stop)
        pid = agent.process.pid
        programs, maps = set(kernel_objects.programs(pid)), kernel_objects.maps(pid)
        self.assertTrue(programs, "the agent has loaded no program")
        self.assertTrue(maps, "the agent has made no map")
        self.assertLessEqual(programs, kernel_objects.loaded("prog"))
        self.assertLessEqual(maps, kernel_objects.loaded("map"))
        self.wait_for_answers("under the agent", 1000)
        wait_until(lambda: agent.value("http_requests_total", path="/load") > 0, "the agent to count the load", 30)
        agent.stop(how)
        self.assertEqual(agent.process.returncode, 0 if how == signal.SIGTERM else -how)
        self.wait_until_gone(programs, maps)
        self.wait_for_answers("after the agent")

    def test_sigkill(self):
        self.end_under_load(signal.SIGKILL)

    def test_sigterm(self):
        self.end_under_load(signal.SIGTERM)

    def test_twenty_starts_each_ended_at_another_moment(self):
        """Half of them are ready by then; the others still load and attach programs, or look at old sockets."""
        programs, maps = set(), set()
        for number in range(STARTS):
            agent = Agent(AGENT, wait=number % 2 == 0)
            self.addCleanup(agent.stop)
            pid = agent.process.pid
            wanted = 1 + number // 2  # of its objects in the kernel: 15 in a whole agent
            wait_until(lambda: len(kernel_objects.programs(pid)) + len(kernel_objects.maps(pid)) >= wanted or
                       agent.process.poll() is not None, f"{wanted} programs and maps of the agent", 30)
            self.assertIsNone(agent.process.poll(), "the agent ended by itself")
            programs |= set(kernel_objects.programs(pid))
            maps |= kernel_objects.maps(pid)
            agent.stop(signal.SIGTERM if number // 2 % 2 else signal.SIGKILL)
            self.assertIsNone(self.load.failed)
        self.assertTrue(programs and maps)
        self.wait_until_gone(programs, maps)
        self.wait_for_answers("after the last agent")


if __name__ == "__main__":
    unittest.main(verbosity=2)
