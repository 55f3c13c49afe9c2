#!/usr/bin/env python3
"""Real servers under a client that numbers its requests: the agent's counts must equal the client's, to the request."""

import argparse
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]

from agent import Agent, free_port, wait_until  # noqa: E402

PATHS = ["/alpha.html", "/beta.html", "/missing.html"]
REQUESTS = 60

WSGI = "def app(env, start):\n    ok = 'missing' not in env['PATH_INFO']\n" \
       "    start('200 OK' if ok else '404 Not Found', [('Content-Length', '5')])\n    return [b'hello']\n"
ASGI = "async def app(scope, receive, send):\n    code = 404 if 'missing' in scope['path'] else 200\n" \
       "    await send({'type': 'http.response.start', 'status': code, 'headers': []})\n" \
       "    await send({'type': 'http.response.body', 'body': b'hello'})\n"
AIOHTTP = "from aiohttp import web\nimport sys\nasync def h(r):\n    return web.Response(text='hello', status=404 if 'missing' in r.path else 200)\n" \
          "a = web.Application()\na.router.add_route('*', '/{p:.*}', h)\nweb.run_app(a, host='127.0.0.1', port=int(sys.argv[1]))\n"
NODE = "require('http').createServer((q, s) => { s.statusCode = q.url.includes('missing') ? 404 : 200; s.end('hello') })" \
       ".listen(+process.argv[2], '127.0.0.1')\n"
GO = 'package main\nimport ("net/http"; "os"; "strings")\nfunc main() { http.ListenAndServe("127.0.0.1:"+os.Args[1], ' \
     'http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { if strings.Contains(r.URL.Path, "missing") ' \
     '{ w.WriteHeader(404) }; w.Write([]byte("hello")) })) }\n'
JAVA = 'import com.sun.net.httpserver.*; import java.net.*; class Shop { public static void main(String[] a) throws Exception {' \
       ' var s = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(a[0])), 0); s.createContext("/", e -> {' \
       ' int c = e.getRequestURI().getPath().contains("missing") ? 404 : 200; e.sendResponseHeaders(c, 5);' \
       ' e.getResponseBody().write("hello".getBytes()); e.close(); }); s.start(); } }\n'


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def nginx(folder, port):
    return ["nginx", "-c", write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")]


def apache(folder, port):
    modules = "/usr/lib/apache2/modules"
    return ["apache2", "-X", "-f", write(folder, "apache.conf", f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
DocumentRoot {folder}
""")]


def haproxy(folder, port):
    return ["haproxy", "-db", "-f", write(folder, "haproxy.cfg", f"""
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend shop
  bind 127.0.0.1:{port}
  http-request return status 404 content-type text/plain string none if {{ path_beg /missing }}
  http-request return status 200 content-type text/plain string hello
""")]


SERVERS = {
    "nginx": ("nginx", nginx),
    "apache": ("apache2", apache),
    "haproxy": ("haproxy", haproxy),
    "http.server": ("/usr/bin/python3", lambda d, p: ["/usr/bin/python3", "-m", "http.server", str(p), "--bind", "127.0.0.1", "-d", d]),
    "gunicorn": ("/usr/bin/gunicorn", lambda d, p: ["/usr/bin/gunicorn", "-w", "2", "-b", f"127.0.0.1:{p}", "--chdir",
                                                     os.path.dirname(write(d, "wsgi.py", WSGI)), "wsgi:app"]),
    "uvicorn": ("/usr/bin/uvicorn", lambda d, p: ["/usr/bin/uvicorn", "--app-dir", os.path.dirname(write(d, "asgi.py", ASGI)),
                                                   "--port", str(p), "asgi:app"]),
    "aiohttp": ("/usr/lib/python3/dist-packages/aiohttp", lambda d, p: ["/usr/bin/python3", write(d, "aio.py", AIOHTTP), str(p)]),
    "node": ("node", lambda d, p: ["node", write(d, "server.js", NODE), str(p)]),
    "go": ("go", lambda d, p: ["go", "run", write(d, "main.go", GO), str(p)]),
    "java": ("java", lambda d, p: ["java", write(d, "Shop.java", JAVA), str(p)]),
}


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def numbered_requests(port):
    """The truth: what a client that keeps its connection sent, and how it was answered."""
    truth = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for i in range(REQUESTS):
        method = "HEAD" if i % 7 == 3 else "GET"
        path = PATHS[i % len(PATHS)]
        connection.request(method, f"{path}?n={i}")
        response = connection.getresponse()
        response.read()
        truth[(method, path, str(response.status))] += 1
    connection.close()
    return truth


def try_server(agent, name, needed, command):
    if not (shutil.which(needed) or os.path.exists(needed)):
        print(f"{name}: skipped, {needed} is not installed")
        return None
    # nginx writes its process title over its environment: nobody can read OTEL_SERVICE_NAME there any longer.
    service = "nginx" if name == "nginx" else f"real-{name}"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for path in PATHS[:2]:
            write(folder, path[1:], "hello")
        port = free_port()
        process = subprocess.Popen(command(folder, port), env=dict(os.environ, OTEL_SERVICE_NAME=service), cwd=folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(lambda: listening(port), f"{name} to listen", 60)
            truth = numbered_requests(port)
            try:
                wait_until(lambda: agent.requests("http_requests_total", service) == truth, f"the counts of {name}", 5)
            except TimeoutError:
                pass
            counted = agent.requests("http_requests_total", service)
        finally:
            os.killpg(process.pid, 15)  # the group that we started: some servers are run by a launcher
            process.wait(20)
    good = counted == truth
    print(f"{name}: sent {sum(truth.values())}, counted {sum(counted.values())}, {'right' if good else f'WRONG {dict(truth)} {counted}'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    with Agent(options.agent) as agent:
        results = [try_server(agent, name, *server) for name, server in SERVERS.items()]
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
