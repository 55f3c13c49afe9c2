"""What the commands that need the kernel say, when all is well and when it is not."""

import http.client
import http.server
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))

from agent import READY_SECONDS  # noqa: E402

AGENT = sys.argv.pop(1)
ASKED = 17
TYPES = "/sys/kernel/btf/vmlinux"


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def end_of(*command):
    """(exit code, everything printed) of a command that ends by itself."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=READY_SECONDS, check=False)
    return done.returncode, done.stdout


class Running:
    """A command that runs until it is told to stop; its log is JSON."""

    def __init__(self, *arguments, before=()):
        self.process = subprocess.Popen([*before, AGENT, *arguments, "--log.format=json"], stderr=subprocess.PIPE, text=True)

    def line(self):
        text = self.process.stderr.readline()
        if not text:
            raise RuntimeError(f"the agent ended with {self.process.wait()} and said nothing")
        return json.loads(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class Failures(unittest.TestCase):
    def one_line(self, outcome, *parts):
        code, text = outcome
        self.assertEqual(code, 1, text)
        self.assertEqual(text.count("\n"), 1, text)
        for part in ("sockwatch: ", *parts):
            self.assertIn(part, text)

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.one_line(end_of(AGENT, f"--web.listen-address=127.0.0.1:{port}"),
                          f"port {port} is already in use", "choose another port with --web.listen-address")

    def test_a_recording_that_cannot_be_written(self):
        self.one_line(end_of(AGENT, "record", "-o", "/nonexistent/file"),
                      "cannot write /nonexistent/file: No such file or directory; choose another file with -o")

    def test_a_recording_that_is_there_is_left_alone(self):
        with tempfile.NamedTemporaryFile("w+") as there:
            there.write("yesterday's")
            there.flush()
            self.one_line(end_of(AGENT, "record", "-o", there.name, "--for=1s"),
                          f"cannot write {there.name}: File exists; choose another file with -o")
            there.seek(0)
            self.assertEqual(there.read(), "yesterday's")

    def test_a_process_list_that_is_none(self):
        for command in ((), ("record", "-o", "-")):
            self.one_line(end_of(AGENT, *command, "--path.procfs=/etc", "--web.listen-address=127.0.0.1:0"),
                          "paths.procfs: /etc is no process list that can be read; mount the host's /proc and name it with --path.procfs")

    def test_a_kernel_without_type_data(self):
        hidden = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
        code, text = end_of("unshare", "--mount", "sh", "-c", hidden, "sh", AGENT, "--web.listen-address=127.0.0.1:0")
        self.one_line((code, text), "/sys/kernel/btf/vmlinux; boot a kernel built with CONFIG_DEBUG_INFO_BTF=y")
        code, text = end_of("unshare", "--mount", "sh", "-c", hidden, "sh", AGENT, "doctor")
        self.assertEqual(code, 1)
        self.assertIn("sockwatch cannot run here: 1 thing is missing.\n", text)

    def test_a_file_of_types_that_is_none_or_of_another_architecture(self):
        with open(TYPES, "rb") as file:
            types = file.read()
        register = b"\0orig_ax\0" if platform.machine() == "x86_64" else b"\0syscallno\0"
        self.assertIn(register, types)
        with tempfile.TemporaryDirectory() as folder:
            cases = {"text": (b"no types\n", "has no type data (BTF)"),
                     "cut": (types[:-1], "has no type data (BTF)"),
                     "foreign": (types.replace(register, register[:-3] + b"qq\0"), "another architecture")}
            for name, (content, words) in cases.items():
                path = os.path.join(folder, name)
                with open(path, "wb") as file:
                    file.write(content)
                self.one_line(end_of(AGENT, f"--path.btf={path}", "--web.listen-address=127.0.0.1:0"), path, words,
                              "name the BTF of this kernel with --path.btf, or leave it out")
                self.one_line(end_of(AGENT, "record", "-o", os.devnull, f"--path.btf={path}"), path, words)
                code, text = end_of(AGENT, "doctor", f"--path.btf={path}")
                self.assertEqual(code, 1)
                self.assertIn(words, text)
                self.assertIn("1 thing is missing", text)
            self.one_line(end_of(AGENT, f"--path.btf={folder}", "--web.listen-address=127.0.0.1:0"), "is no file")

    def test_without_privileges(self):
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all")
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            agent = os.path.join(folder, "sockwatch")
            shutil.copy(AGENT, agent)
            os.chmod(agent, 0o755)
            self.one_line(end_of(*nobody, agent, "--web.listen-address=127.0.0.1:0"), "CAP_BPF, CAP_PERFMON", "run it as root")
            code, text = end_of(*nobody, agent, "doctor")
            self.assertEqual(code, 1)
            self.assertIn("sockwatch cannot run here: 1 thing is missing.\n", text)

    def test_a_way_that_this_kernel_does_not_have(self):
        """What is forced is had or refused in a line, and doctor says the same as the start."""
        for option in "--capture.attach=tracepoint", "--capture.attach=fexit", "--capture.listing=storage", "--capture.listing=descriptors":
            code, text = end_of(AGENT, "doctor", option)
            if code == 0:
                with Running("--web.listen-address=127.0.0.1:0", option) as agent:
                    self.assertIn(agent.line()[option.split("=")[0].removeprefix("--capture.")], option)
                continue
            self.assertIn("1 thing is missing", text)
            self.one_line(end_of(AGENT, option, "--web.listen-address=127.0.0.1:0"), f"leave out {option}")


class Why(unittest.TestCase):
    """Reads /proc as the agent does; no agent runs."""

    def test_a_process_and_its_name(self):
        with tempfile.TemporaryDirectory(prefix="till-") as folder:
            os.mkdir(f"{folder}/wharf")
            with open(f"{folder}/wharf/server.py", "w", encoding="utf-8") as script:
                script.write("import time\nprint('up', flush=True)\ntime.sleep(600)\n")
            environment = {"PATH": os.environ["PATH"], "TOKEN": "tulip"}
            process = subprocess.Popen(["/usr/bin/python3", "server.py", "--password=tulip"], cwd=f"{folder}/wharf", env=environment,
                                       stdout=subprocess.PIPE)
            try:
                process.stdout.readline()
                code, text = end_of(AGENT, "why", str(process.pid))
                self.assertEqual(code, 0, text)
                if '"wharf"' not in text:  # the tests may run within a unit or a container
                    self.assertRegex(text, r"(unit|container|container id) +names it")
                    return
                self.assertRegex(text, rf"^process {process.pid} \(/usr/bin/python3[0-9.]*\) is the service \"wharf\"\n")
                for line in "rule +passed over", "environment +passed over", "unit +passed over", "program +names it: what it runs":
                    self.assertRegex(text, rf"\n  {line}")
                self.assertNotIn("tulip", text)
                code, of_name = end_of(AGENT, "why", "wharf")
                self.assertEqual((code, of_name), (0, text))
            finally:
                process.kill()
                process.wait()
                process.stdout.close()

    def test_nobody(self):
        code, text = end_of(AGENT, "why", "nobody-is-called-so")
        self.assertEqual((code, text), (1, 'sockwatch: nothing is called "nobody-is-called-so": there is no such process\n'))


class Live(unittest.TestCase):
    def test_a_copy_of_the_types_where_the_kernels_own_cannot_be_seen(self):
        hidden = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
        with tempfile.NamedTemporaryFile() as copy:
            with open(TYPES, "rb") as file:
                shutil.copyfileobj(file, copy)
            copy.flush()
            code, text = end_of("unshare", "--mount", "sh", "-c", hidden, "sh", AGENT, "doctor", f"--path.btf={copy.name}")
            self.assertEqual(code, 0, text)
            with Running("--web.listen-address=127.0.0.1:0", f"--path.btf={copy.name}",
                         before=("unshare", "--mount", "sh", "-c", hidden, "sh")) as agent:
                self.assertIn("metrics", agent.line())

    def test_doctor_and_the_start_say_the_same(self):
        code, text = end_of(AGENT, "doctor")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"(?m)^ok +programs +the kernel takes them$")
        self.assertRegex(text, r"(?m)^sockwatch can run here\.$")
        with Running("--web.listen-address=127.0.0.1:0") as agent:
            first = agent.line()
            with urllib.request.urlopen(first["metrics"], timeout=60) as page:
                info = re.search(r"sockwatch_capture_info\{(.*)\} 1", page.read().decode()).group(1)
        self.assertEqual("fexit" in text, first["attach"] == "fexit")
        self.assertEqual("files that processes hold" in text, first["listing"] == "descriptors")
        self.assertEqual(info, f'attach="{first["attach"]}",listing="{first["listing"]}"')

    def test_the_first_line_tells_where_the_metrics_are(self):
        with Running("--web.listen-address=127.0.0.1:0", "--web.telemetry-path=/numbers") as agent:
            first = agent.line()
            self.assertEqual(first["level"], "info")
            self.assertRegex(first["metrics"], r"^http://127\.0\.0\.1:[0-9]+/numbers$")
            with urllib.request.urlopen(first["metrics"], timeout=60) as page:
                self.assertIn("sockwatch_build_info", page.read().decode())
            agent.process.send_signal(signal.SIGINT)
            self.assertIn("nothing of sockwatch is left in the kernel", agent.line()["msg"])
            self.assertEqual(agent.process.wait(60), 0)

    def test_a_recording_has_what_passed_while_it_was_made(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server, tempfile.TemporaryDirectory() as folder:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            path = os.path.join(folder, "traffic.jsonl")
            with Running("record", "-o", path, "--capture.ring-bytes=64MiB") as agent:
                self.assertEqual(agent.line()["file"], path)
                client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
                for number in range(ASKED):
                    client.request("GET", f"/recorded/{number}?secret=1", headers={"Authorization": "Bearer tulip"})
                    client.getresponse().read()
                client.close()
                agent.process.send_signal(signal.SIGINT)
                last = agent.line()
                self.assertEqual(last["msg"], "recorded")
                self.assertEqual(agent.process.stderr.read(), "", "a word of gaps")
                self.assertEqual(agent.process.wait(60), 0)
            server.shutdown()
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertEqual(int(last["events"]), text.count("\n"))
            code, replayed = end_of(AGENT, "replay", path)
            self.assertEqual(code, 0)
            found = [row for row in map(json.loads, replayed.splitlines()) if row.get("target", "").startswith("/recorded/")]
            for role in "client", "server":
                targets = [row["target"] for row in found if row["role"] == role]
                self.assertEqual(targets, [f"/recorded/{number}?secret=1" for number in range(ASKED)], role)
            self.assertEqual({row["status"] for row in found}, {"200"})


    def recorded(self, *options, config="", requests=200):
        """(the lines of a recording that ends by itself, the agent's last word, seconds that it took) while three services answer."""
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as one, \
                http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as other, tempfile.TemporaryDirectory() as folder:
            for server in one, other:
                threading.Thread(target=server.serve_forever, daemon=True).start()
            self.ports = one.server_address[1], other.server_address[1]
            path, settings = os.path.join(folder, "traffic.jsonl"), os.path.join(folder, "sockwatch.yml")
            with open(settings, "w", encoding="utf-8") as file:
                file.write(config.format(*self.ports))
            with Running("record", "-o", path, f"--config.file={settings}", "--capture.ring-bytes=64MiB", *options) as agent:
                agent.line()
                began = time.monotonic()
                for number in range(requests):
                    for server in one, other:
                        urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/recorded/{number}", timeout=60).read()
                last = agent.line()
                took = time.monotonic() - began
                self.assertEqual(agent.process.wait(60), 0)
            for server in one, other:
                server.shutdown()
            with open(path, encoding="utf-8") as file:
                return [json.loads(line) for line in file], last, took, os.stat(path).st_size

    def test_a_recording_ends_in_time_and_has_the_time_of_the_world(self):
        lines, last, took, _ = self.recorded("--for=3s", requests=5)
        self.assertEqual(last["msg"], "recorded")
        self.assertLess(took, 10)
        opened = [line["wall_ns"] for line in lines if line.get("event") == "open"]
        self.assertTrue(opened)
        self.assertLess(abs(max(opened) / 1e9 - time.time()), 60)

    def test_a_recording_becomes_no_larger_than_it_may(self):
        lines, last, _, size = self.recorded("--max-size=16KiB")
        self.assertEqual(last["msg"], "recorded as much as --max-size allows")
        self.assertEqual(int(last["events"]), len(lines))
        self.assertLessEqual(size, 16384)
        self.assertGreater(size, 12000)

    def test_a_recording_has_what_the_filter_lets_pass(self):
        lines, _, _, _ = self.recorded("--for=3s", config="filter: {{include: {{ports: [{0}]}}}}\n", requests=5)
        ports = {line[side].rsplit(":", 1)[1] for line in lines if line.get("event") == "open" for side in ("local", "remote")}
        self.assertIn(str(self.ports[0]), ports)
        self.assertNotIn(str(self.ports[1]), ports)
        opened = {line["conn"] for line in lines if line.get("event") == "open"}
        self.assertEqual({line["conn"] for line in lines} - opened, set(), "bytes of a connection that is left out")

    def test_it_is_ready_when_it_watches(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with Running(f"--web.listen-address=127.0.0.1:{port}"):
            seen = []
            end = time.monotonic() + READY_SECONDS
            while 200 not in seen and time.monotonic() < end:
                for page in "/-/ready", "/metrics", "/-/healthy":
                    try:
                        code = urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10).status
                    except urllib.error.HTTPError as error:
                        code = error.code
                    except OSError:
                        break  # nobody listens yet
                    if page == "/-/ready":
                        seen.append(code)
                    elif page == "/-/healthy":
                        self.assertEqual(code, 200)
                    elif seen[-1] == 200:
                        self.assertEqual(code, 200)
                time.sleep(0.01)
            self.assertEqual(seen[0], 503, "before it watches")
            self.assertEqual(seen[-1], 200)

    def test_debug_tells_what_it_does(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server, \
                Running("--web.listen-address=127.0.0.1:0", "--log.level=debug") as agent:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            said = []
            while not any("metrics" in line for line in said):
                said.append(agent.line())
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/asked?secret=tulip", timeout=60).read()
            urllib.request.urlopen(urllib.request.Request(said[-1]["metrics"], headers={"User-Agent": "Prometheus/2.42.0"}), timeout=60).read()
            while not any(line["msg"] == "the metrics are being sent" for line in said):
                said.append(agent.line())
            server.shutdown()
            by_text = {line["msg"]: line for line in said}
            self.assertIn("the kernel side is loaded", by_text)
            self.assertIn("service", by_text["a service has been found"])
            self.assertEqual(by_text["the metrics are being sent"]["user_agent"], "Prometheus/2.42.0")
            self.assertNotIn("tulip", json.dumps(said))


if __name__ == "__main__":
    unittest.main(verbosity=2)
