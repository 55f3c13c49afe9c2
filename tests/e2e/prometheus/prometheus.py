"""A Prometheus of its own for a test: the binary of Debian's package, a folder that goes with it, a free port."""

import json
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from agent import free_port, wait_until


class Prometheus:
    """Scrapes one target, each second where no other interval is asked for; use as a context manager. `scrapes` and `more` are further lines of its configuration,
    `job` is more of the target's job, such as ", scheme: https"."""

    def __init__(self, target_port, *options, more="", scrapes="", job="", interval="1s"):
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory()
        config = f"{self._folder.name}/prometheus.yml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"global: {{scrape_interval: {interval}, evaluation_interval: 1s}}\nscrape_configs:\n"
                       f"  - {{job_name: sockwatch, static_configs: [{{targets: ['127.0.0.1:{target_port}']}}]{job}}}\n"
                       f"{scrapes}{more}")
        self._log = open(f"{self._folder.name}/log", "w+b")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self._folder.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", *options], stdout=self._log, stderr=self._log)
        try:
            wait_until(self._ready, "Prometheus to be ready", 60)
        except BaseException:
            self.__exit__()
            raise

    def _get(self, path):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10).read()

    def _ready(self):
        if self._process.poll() is not None:
            self._log.seek(0)
            raise RuntimeError("Prometheus ended: " + self._log.read().decode(errors="replace")[-2000:])
        try:
            return self._get("/-/ready")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        return [(sample["metric"], float(sample["value"][1])) for sample in self.ask("query", query=expression)["result"]]

    def ask(self, endpoint, **parameters):
        """The data of the answer of /api/v1/`endpoint`."""
        return json.loads(self._get(f"/api/v1/{endpoint}?" + urllib.parse.urlencode(parameters)))["data"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        self._folder.cleanup()
