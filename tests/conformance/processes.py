#!/usr/bin/env python3
"""Row 18: who it was, where processes come and go. Servers of several processes or threads, children of supervisors and of shells, and
processes that live for one request; each is counted under its application's name, to the request."""

import argparse
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
from programs import write  # noqa: E402
from servers import compare  # noqa: E402
from table import Table  # noqa: E402

REQUEST = b"GET /page HTTP/1.0\r\n\r\n"
REQUESTS = 30

# One request, on standard input and output, by a process that is gone 20 ms after it is answered: on a busy machine 5 ms may pass before the agent runs.
ANSWER = """import os, time
data = b''
while b'\\r\\n\\r\\n' not in data:
    data += os.read(0, 100)
os.write(1, b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
time.sleep(0.02)
"""
SHELL_ANSWER = """#!/bin/sh
while read -r line && [ "$line" != "$(printf '\\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'
sleep 0.02
"""
SHOP = """import http.server, sys, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    def log_message(self, *_):
        pass
kind = {server}
kind.request_queue_size = 128
kind(('127.0.0.1', int(sys.argv[1])), Page).serve_forever()
"""
PRE_FORK = """import http.server, sys, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Page)
children = [os.fork() for _ in range(3)]
if all(children):
    server.socket.close()
    os.wait()
server.serve_forever()
"""
# Forks a child for each connection, which hands it to a program that it becomes.
FORK_AND_BECOME = """import os, signal, socket, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=128)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        os.dup2(connection.fileno(), 0)
        os.dup2(connection.fileno(), 1)
        os.execv('/usr/bin/python3', ['python3', '-S', sys.argv[2]])
    connection.close()
"""
# Forks a child for each connection, of which a thread with a name of its own answers; with the answer the child is gone. The process is
# called like the script, so that it does not matter whether its server was looked for.
NAMED_THREADS = """import ctypes, os, signal, socket, sys, threading
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
c = ctypes.CDLL(None)
def answer(connection):
    c.prctl(15, b'worker-7', 0, 0, 0)
    data = b''
    while b'\\r\\n\\r\\n' not in data:
        data += connection.recv(100)
    connection.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    os._exit(0)
c.prctl(15, b'kiosk', 0, 0, 0)
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=128)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        threading.Thread(target=answer, args=(connection,)).start()
        threading.Event().wait()
    connection.close()
"""


def supervisord(folder, port):
    """Supervisor's own names for its programs are not the application's."""
    program = write(folder, "till.py", SHOP.format(server="http.server.HTTPServer"))
    return ["supervisord", "-n", "-c", write(folder, "supervisord.conf", f"""
[supervisord]
logfile={folder}/log
pidfile={folder}/pid
childlogdir={folder}
[program:number-one]
command=/usr/bin/python3 {program} {port}
""")]


def xinetd(folder, port):
    name = f"{folder}/quick-xinetd"
    write(folder, "quick-xinetd", SHELL_ANSWER)
    os.chmod(name, 0o755)
    return ["xinetd", "-dontfork", "-filelog", f"{folder}/log", "-pidfile", f"{folder}/pid", "-f", write(folder, "xinetd.conf", f"""
defaults
{{
  cps = 1000 1
  per_source = UNLIMITED
  instances = UNLIMITED
}}
service quick
{{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  wait = no
  bind = 127.0.0.1
  port = {port}
  user = root
  server = {name}
}}""")]


def python(name, text, *more):
    return lambda folder, port: ["/usr/bin/python3", write(folder, f"{name}.py", text), str(port), *(m(folder) for m in more)]


# The name to be found, the program that must be there, its command.
WAYS = {
    "pre-fork": ("bakery", "/usr/bin/python3", python("bakery", PRE_FORK)),
    "a child a connection": ("florist", "/usr/bin/python3", python("florist", SHOP.format(
        server="type('S', (__import__('socketserver').ForkingMixIn, http.server.HTTPServer), {})"))),
    "a thread a connection": ("butcher", "/usr/bin/python3", python("butcher", SHOP.format(server="http.server.ThreadingHTTPServer"))),
    "a child's named thread": ("kiosk", "/usr/bin/python3", python("kiosk", NAMED_THREADS)),
    "supervisor's child": ("till", "supervisord", supervisord),
    "a shell's child": ("grocer", "sh", lambda folder, port: [
        "sh", "-c", f"/usr/bin/python3 {write(folder, 'grocer.py', SHOP.format(server='http.server.HTTPServer'))} {port}; true"]),
    "socat, a process a request": ("quick-socat", "socat", lambda folder, port: [
        "socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=128",
        f"EXEC:/usr/bin/python3 -S {write(folder, 'quick-socat.py', ANSWER)},nofork"]),
    "xinetd, a process a request": ("quick-xinetd", "xinetd", xinetd),
    "fork and exec, a process a request": ("quick-exec", "/usr/bin/python3", python(
        "gate", FORK_AND_BECOME, lambda folder: write(folder, "quick-exec.py", ANSWER))),
}


def ask(port):
    """One request a connection, some of them at once; how many were answered."""
    for _ in range(REQUESTS // 5):
        sockets = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(5)]
        for s in sockets:
            s.sendall(REQUEST)
        for s in sockets:
            data = b""
            while part := s.recv(1000):
                data += part
            assert data.endswith(b"ok"), data
            s.close()
    return Counter({("GET", "/page", "200"): REQUESTS})


def try_way(agent, table, way, name, needed, command):
    if not (shutil.which(needed) or os.path.exists(needed)):
        print(f"18 {way}: skipped, {needed} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        port = free_port()
        environment = {k: v for k, v in os.environ.items() if k not in ("OTEL_SERVICE_NAME", "SERVICE_NAME")}
        process = subprocess.Popen(command(folder, port), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(lambda: is_listened_on(port), f"{way} to listen", 30)
            compare(agent, table, f"18 {way}", "server", ask(port), service=name)
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)


def is_listened_on(port):
    """Seen without a connection, which a server of one process a connection would take for a request that does not come."""
    with open("/proc/net/tcp", encoding="utf-8") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    parser.add_argument("--only", help="ways whose name contains this")
    options = parser.parse_args()
    table = Table(options.output)
    with Agent(options.agent) as agent:
        for way, row in WAYS.items():
            if not options.only or options.only in way:
                try_way(agent, table, way, *row)
        table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
        if table.wrong:
            print({(labels["service"], labels["path"], labels["status"]): n for labels, n in agent.samples("http_requests_total")})
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
