#!/usr/bin/env python3
"""Row 20: one server, one name, the one it was given. Servers that fork a child for each connection, and servers that write a title over
their environment, each started with OTEL_SERVICE_NAME; while the machine is idle and while two processes keep it busy. The agent runs before
they do. Then one of each kind that no variable names."""

import argparse
import concurrent.futures
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent, free_port, wait_until  # noqa: E402
from programs import PHP_FPM, PSGI, write  # noqa: E402
from processes import FORK_AND_BECOME, ANSWER, is_listened_on  # noqa: E402
from servers import compare, counted  # noqa: E402
from table import Table  # noqa: E402

PAGE = "/row20.html"  # asked for by nobody else on this host
WSGI = "def app(env, start):\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"
# Like nginx: writes a title over its arguments and environment, and serves from a forked child.
TITLE = """import ctypes, http.server, os, sys
fields = open('/proc/self/stat').read().rsplit(')', 1)[1].split()
start, end = int(fields[45]), int(fields[48])
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Page)
server.socket.listen(128)
ctypes.memset(start, 0, end - start)
ctypes.memmove(start, b'titled: worker', 14)
if os.fork():
    os.wait()
server.serve_forever()
"""
# A worker that is a program of its own, whose command line tells nothing: spawned by multiprocessing.
SPAWNED = """import http.server, multiprocessing, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    def log_message(self, *_):
        pass
def serve(port):
    http.server.HTTPServer.request_queue_size = 128
    http.server.HTTPServer(('127.0.0.1', port), Page).serve_forever()
if __name__ == '__main__':
    worker = multiprocessing.get_context('spawn').Process(target=serve, args=(int(sys.argv[1]),))
    worker.start()
    worker.join()
"""


def busybox(folder, port):
    write(folder, PAGE[1:], "ok")
    return ["busybox", "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", folder]


def mini_httpd(folder, port):
    write(folder, PAGE[1:], "ok")
    return ["mini_httpd", "-D", "-h", "127.0.0.1", "-p", str(port), "-d", folder, "-u", "www-data", "-l", "/dev/null", "-i", f"{folder}/pid"]


def starman(folder, port):
    return ["starman", "--workers", "2", "--listen", f"127.0.0.1:{port}", write(folder, "till.psgi", PSGI)]


def nginx(folder, port):
    write(folder, PAGE[1:], "ok")
    return ["nginx", "-c", write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")]


def gunicorn(folder, port):
    write(folder, "till.py", WSGI)
    return ["gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--chdir", folder, "till:app"]


def python(text, *more):
    return lambda folder, port: ["/usr/bin/python3", write(folder, "till.py", text), str(port), *(m(folder) for m in more)]


# The program that must be there, its command.
SERVERS = {
    "busybox httpd": ("busybox", busybox),
    "mini-httpd": ("mini_httpd", mini_httpd),
    "starman": ("starman", starman),
    "nginx": ("nginx", nginx),
    "gunicorn": ("gunicorn", gunicorn),
    "a spawned worker": ("/usr/bin/python3", lambda folder, port: ["/usr/bin/python3", write(folder, "depot.py", SPAWNED), str(port)]),
    "a title over the environment": ("/usr/bin/python3", python(TITLE)),
    "fork and exec, a process a request": ("/usr/bin/python3", python(FORK_AND_BECOME, lambda folder: write(folder, "quick.py", ANSWER))),
}
# Without a variable: the name that is to be found.
UNNAMED = {
    "busybox httpd": "httpd",
    "mini-httpd": "mini_httpd",
    "starman": "till",
    "nginx": "nginx",
    "gunicorn": "till",
    "a spawned worker": "depot",
}


@contextlib.contextmanager
def started(command, folder, port, name=None):
    environment = {k: v for k, v in os.environ.items() if k not in ("OTEL_SERVICE_NAME", "SERVICE_NAME")}
    if name:
        environment["OTEL_SERVICE_NAME"] = name
    process = subprocess.Popen(command(folder, port), env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: is_listened_on(port), f"{command} to listen", 60)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@contextlib.contextmanager
def busy(processes):
    """Processes that do nothing but run."""
    children = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        s.sendall(b"GET %s HTTP/1.0\r\n\r\n" % PAGE.encode())
        data = b""
        while part := s.recv(10000):
            data += part
    assert data.split(b" ", 2)[1] == b"200", data[:200]


def ask_often(port, requests):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ask(port), range(requests)))
    return Counter({("GET", PAGE, "200"): requests})


def try_server(agent, table, server, requests, spinning, number):
    needed, command = SERVERS[server]
    if not (shutil.which(needed) or os.path.exists(needed)):
        print(f"20 {server}: skipped, {needed} is not installed")
        return
    if "process a request" in server:
        requests = requests // 5
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        port, name = free_port(), f"named-{number}"
        with started(command, folder, port, name), busy(spinning):
            truth = ask_often(port, requests)
            compare(agent, table, f"20 {server}, {spinning} busy", "server", truth, service=name)


def try_unnamed(agent, table, server, name, requests):
    needed, command = SERVERS[server]
    if not (shutil.which(needed) or os.path.exists(needed)):
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        port = free_port()
        with started(command, folder, port):
            before = counted(agent, "server", service=name, path=PAGE)
            truth = ask_often(port, requests)
            compare(agent, table, f"20 {server}, by its program", "server", truth, before, service=name, path=PAGE)


def try_php_fpm(agent, table, requests, spinning, number):
    """Its requests come by FastCGI; those that its workers make are counted for it."""
    if not (os.path.exists(PHP_FPM) and shutil.which("nginx")):
        print("20 PHP-FPM: skipped, it or nginx is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        port, name = free_port(), f"named-fpm-{number}"
        write(folder, "page.html", "ok")
        write(folder, "index.php", f"<?php echo file_get_contents('http://127.0.0.1:{port}/page.html');\n")
        pool = write(folder, "fpm.conf", f"""
[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
listen = {folder}/fpm.sock
listen.mode = 0666
user = www-data
pm = static
pm.max_children = 2
""")
        write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder};
  location = {PAGE} {{ fastcgi_pass unix:{folder}/fpm.sock; fastcgi_param SCRIPT_FILENAME {folder}/index.php;
    fastcgi_param REQUEST_METHOD $request_method; }} }} }}""")
        with started(lambda f, p: ["sh", "-c", f"{PHP_FPM} -R -y {pool} & exec nginx -c {f}/nginx.conf"], folder, port, name), busy(spinning):
            wait_until(lambda: os.path.exists(f"{folder}/fpm.sock"), "PHP-FPM to listen", 60)
            ask_often(port, requests)
            compare(agent, table, f"20 PHP-FPM's own requests, {spinning} busy", "client",
                    Counter({("GET", "/page.html", "200"): requests}), service=name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only", help="servers whose name contains this")
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    table = Table(options.output)
    chosen = [server for server in SERVERS if not options.only or options.only in server]
    with Agent(options.agent) as agent:
        for spinning in (0, 2):
            for server in chosen:
                try_server(agent, table, server, options.requests, spinning, f"{list(SERVERS).index(server)}-{spinning}")
            if not options.only or options.only in "PHP-FPM":
                try_php_fpm(agent, table, options.requests, spinning, spinning)
        for server in chosen:
            if server in UNNAMED:
                try_unnamed(agent, table, server, UNNAMED[server], options.requests // 10)
        if table.wrong:
            print({(labels["service"], labels["path"], labels["status"]): n for labels, n in agent.samples("http_requests_total")})
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
