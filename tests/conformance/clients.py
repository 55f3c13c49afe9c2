"""Real clients, each a function that asks 127.0.0.1:PORT and says what it asked for: Counter({(method, path, status): n})."""

import http.client
import re
import shutil
import subprocess
from collections import Counter

from programs import PATHS

REQUESTS = 60

NODE = """
const http = require('http'), [port, paths] = [process.argv[1], process.argv.slice(2)];
const agent = new http.Agent({keepAlive: true, maxSockets: 2}), ask = i => new Promise((good, bad) => http.get(
  {port, host: '127.0.0.1', path: paths[i % paths.length] + '?n=' + i, agent},
  r => r.resume().on('end', () => good(console.log('GET', paths[i % paths.length], r.statusCode)))).on('error', bad));
Promise.all([...Array(30).keys()].map(ask));
"""


def numbered(port):
    """Python, one connection, HEAD among GET."""
    truth = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for i in range(REQUESTS):
        method = "HEAD" if i % 7 == 3 else "GET"
        path = PATHS[i % len(PATHS)]
        connection.request(method, f"{path}?n={i}")
        response = connection.getresponse()
        response.read()
        truth[(method, path, str(response.status))] += 1
    connection.close()
    return truth


def said(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def lines(text):
    """Of "METHOD http://host/PATH?query STATUS" lines."""
    return Counter((method, re.sub(r"^http://[^/]*|\?.*", "", path), status)
                   for method, path, status in (line.split() for line in text.splitlines()))


def curl(*options, count=3):
    def ask(port):
        urls = []
        for i in range(count):
            urls += ["-o", "/dev/null", f"http://127.0.0.1:{port}{PATHS[i % len(PATHS)]}?n={i}"]
        return lines(said(["curl", "-s", "-w", "%{method} %{url_effective} %{http_code}\n", *options, *urls]))
    return ask


def ab(*options):
    def ask(port):
        text = said(["ab", "-q", "-n", "200", "-c", "4", *options, f"http://127.0.0.1:{port}{PATHS[0]}"])
        done = int(re.search(r"Complete requests:\s+(\d+)", text).group(1))
        assert "Non-2xx" not in text and re.search(r"Failed requests:\s+0", text), text
        return Counter({("GET", PATHS[0], "200"): done})
    return ask


def node(port):
    return lines(said(["node", "-e", NODE, str(port), *PATHS]))


CLIENTS = {
    "curl, one request": ("curl", curl(count=1)),
    "curl, 40 on a connection": ("curl", curl(count=40)),
    "curl, HTTP/1.0": ("curl", curl("--http1.0", count=4)),
    "curl, HEAD": ("curl", curl("--head", count=4)),
    "curl, POST with Expect": ("curl", curl("-H", "Expect: 100-continue", "-d", "x" * 3000, count=4)),
    "ab": ("ab", ab()),
    "ab, keep-alive": ("ab", ab("-k")),
    "Node.js": ("node", node),
}


def installed():
    """Those whose programs are there."""
    return {name: ask for name, (program, ask) in CLIENTS.items() if shutil.which(program)}
