"""Killing the agent under load loses the services no request and leaves nothing of it in the kernel."""

import json
import os
import shutil
import signal
import subprocess
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from load import Load  # noqa: E402

ROUNDS = 4
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"


def programs():
    listed = json.loads(subprocess.run([BPFTOOL, "-j", "prog", "list"], capture_output=True, check=True).stdout)
    return {p["id"] for p in listed if p.get("name", "").startswith("sw_")}


def main():
    before = programs()
    load = Load()
    for number in range(ROUNDS):
        agent = Agent(sys.argv[1])
        assert programs() - before, "the agent has loaded no program"
        seen = load.answered
        wait_until(lambda: load.answered > seen + 1000 or load.failed, "a thousand requests under the agent")
        agent.stop(signal.SIGKILL if number % 2 == 0 else signal.SIGTERM)
        wait_until(lambda: not programs() - before, "the agent's programs to be gone")
        seen = load.answered
        wait_until(lambda: load.answered > seen + 100 or load.failed, "requests after the agent")
    load.stop()
    assert load.failed is None, load.failed
    print(f"{load.answered} requests answered, none lost, over {ROUNDS} agents; no program left")


if __name__ == "__main__":
    main()
