"""nginx with one worker, and the two load generators."""

import os
import re
import subprocess
import tempfile
import urllib.request

from agent import free_port, wait_until

UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


class Nginx:
    """Answers 5 bytes on /, and files of `sizes` bytes on /SIZE (by sendfile) and /copied/SIZE (through its own memory)."""

    def __init__(self, sizes=()):
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory()
        root = self._folder.name
        os.chmod(root, 0o755)  # the worker is another user
        for size in sizes:
            with open(f"{root}/{size}", "wb") as file:
                file.write(b"x" * size)
        with open(f"{root}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(f"""daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log; events {{}}
http {{ access_log off; keepalive_requests 1000000000; server {{ listen 127.0.0.1:{self.port}; root {root};
  location = / {{ return 200 hello; }}
  location = /status {{ stub_status; }}
  location / {{ sendfile on; }}
  location /copied/ {{ alias {root}/; sendfile off; }} }} }}""")
        self._process = subprocess.Popen(["nginx", "-c", f"{root}/nginx.conf"])
        wait_until(self._answers, "nginx to answer")
        with open(f"/proc/{self._process.pid}/task/{self._process.pid}/children", encoding="utf-8") as file:
            self.worker = int(file.read().split()[0])

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def _answers(self):
        try:
            return self.served() > 0
        except OSError:
            return False

    def served(self):
        """Requests so far by nginx's own count, the one that asks for it included."""
        text = urllib.request.urlopen(self.url("/status"), timeout=10).read().decode()
        return int(re.search(r"requests\n\s*\d+ \d+ (\d+)", text).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def wrk(url, seconds):
    """Requests a second from one thread with 32 connections, as fast as they are answered."""
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}", url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def h2load(url, rate, seconds):
    """(requests done, their mean time in microseconds) at a constant rate over 10 connections."""
    out = subprocess.run(["h2load", "--h1", "-t1", "-c10", f"--rps={rate // 10}", f"-D{seconds}", url],
                         capture_output=True, text=True, check=True).stdout
    mean = re.search(r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)", out)
    done = re.search(r"(\d+) succeeded, (\d+) failed", out)
    if int(done.group(2)) != 0:
        raise RuntimeError(out)
    return int(done.group(1)), float(mean.group(1)) * UNITS[mean.group(2)]
