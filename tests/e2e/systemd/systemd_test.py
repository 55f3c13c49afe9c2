"""The systemd unit: its capabilities are enough to see and to name services, those that only the start needs are given up after it, the
agent tells when it is ready and when it stops."""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(TESTS, "support"), os.path.join(TESTS, "conformance")]
from agent import Agent, wait_until  # noqa: E402
from living import Client  # noqa: E402

UNIT = os.path.join(TESTS, "..", "config", "systemd", "sockwatch.service")
KEPT = 1 << 19 | 1 << 2  # CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH
# Another user's, who need not be able to read this folder.
SERVER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", sys.executable, "-c", """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
print(server.server_address[1], flush=True)
server.serve_forever()
"""]
USER = 64999  # nobody's
MOST_EXPOSED = 4.0  # systemd-analyze's score; 10 is worst


def capabilities():
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    bounding, ambient = (re.search(rf"^{key}=(.*)$", text, re.M).group(1) for key in ("CapabilityBoundingSet", "AmbientCapabilities"))
    assert bounding == ambient, "a user of its own has those that are ambient alone"
    assert re.search(r"^User=sockwatch$", text, re.M)
    return [name.removeprefix("CAP_").lower() for name in bounding.split()]


def runs_with_them(agent_path):
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        os.chmod(path, 0o777)
        manager.settimeout(90)
        held = ",".join("+" + c for c in capabilities())
        # A user of its own with ambient capabilities and no others, as the unit says. And what ProtectKernelTunables does.
        program = os.path.join(folder, "sockwatch")  # that user may not be able to read the folder of the build
        shutil.copy(agent_path, program)
        starter = os.path.join(folder, "start")
        with open(starter, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
NOTIFY_SOCKET={path} exec unshare --mount sh -ec '
for folder in /sys /proc/sys; do mount --rbind $folder $folder; mount -o remount,bind,ro $folder; done
mount --bind /dev/null /proc/kallsyms
exec setpriv --reuid {USER} --regid {USER} --clear-groups --inh-caps -all,{held} --ambient-caps -all,{held} --bounding-set -all,{held} --no-new-privs {program} "$@"' start "$@"
""")
        os.chmod(starter, 0o755)
        with Agent(starter, wait=False) as agent:
            assert manager.recv(100) == b"READY=1", "the first word is not that it is ready"
            assert agent._ready(), "it said that it is ready, and is not"
            threads = f"/proc/{agent.process.pid}/task"
            for thread in os.listdir(threads):
                with open(f"{threads}/{thread}/status", encoding="ascii") as status:
                    held = dict(re.findall(r"^(Cap\w+|NoNewPrivs):\s*(\S+)$", status.read(), re.M))
                # What no other thread has: there is more than one, and each holds its own.
                assert (int(held["CapPrm"], 16), int(held["CapEff"], 16), held["NoNewPrivs"]) == (KEPT, KEPT, "1"), held
            with open(f"/proc/{agent.process.pid}/status", encoding="ascii") as status:
                assert f"\nUid:\t{USER}\t" in status.read(), "not the user of its own"
            print(f"right: {len(os.listdir(threads))} threads keep CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH alone")
            with subprocess.Popen(SERVER, stdout=subprocess.PIPE, text=True, env={**os.environ, "SERVICE_NAME": "capped"}, cwd="/") as capped:
                try:
                    port = int(capped.stdout.readline())
                    for _ in range(3):
                        Client(port).ask("/")
                    wait_until(lambda: agent.value("http_requests_total", service="capped", status="200") == 3, "3 requests of another user's service, by its name", 10)
                finally:
                    capped.kill()
            agent.process.terminate()
            assert manager.recv(100) == b"STOPPING=1", "it does not say that it stops"
            assert agent.process.wait(20) == 0
    shutil.rmtree(folder)
    print("right: ready, sees and names services, stops")


def score():
    if not shutil.which("systemd-analyze"):
        print("skipped: systemd-analyze is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        # verify wants the program to be there.
        with open(UNIT, encoding="utf-8") as file, open(os.path.join(folder, "sockwatch.service"), "w", encoding="utf-8") as copy:
            copy.write(file.read().replace("/usr/sbin/sockwatch", "/bin/true"))
        path = os.path.join(folder, "sockwatch.service")
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", path], capture_output=True, text=True)
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        assert found, done.stdout[-500:] + done.stderr
        print(f"systemd-analyze security: {found.group(1)}")
        assert float(found.group(1)) <= MOST_EXPOSED, done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    runs_with_them(options.agent)
    score()
    return 0


if __name__ == "__main__":
    sys.exit(main())
