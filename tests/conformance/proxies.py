#!/usr/bin/env python3
"""A client, a proxy that keeps its connections, and the server behind it: each hop is counted exactly, as the one's and as the other's."""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

from agent import Agent, free_port  # noqa: E402
from clients import installed, numbered  # noqa: E402
from programs import NODE, write  # noqa: E402
from servers import compare, counted, running  # noqa: E402
from table import Table  # noqa: E402


def nginx(folder, port, upstream):
    """It writes over its environment, so that its executable names it."""
    return [shutil.copy(shutil.which("nginx"), f"{folder}/proxy-nginx"), "-c", write(folder, "proxy.conf", f"""
daemon off; pid {folder}/proxy.pid; error_log {folder}/error.log; worker_processes 2; events {{}}
http {{ access_log off; upstream shop {{ server 127.0.0.1:{upstream}; keepalive 4; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection ""; }} }} }}""")]


def haproxy(folder, port, upstream):
    """Bodies may pass it by splice."""
    return ["haproxy", "-db", "-f", write(folder, "haproxy.cfg", f"""
defaults
  mode http
  option splice-request
  option splice-response
  http-reuse always
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend gate
  bind 127.0.0.1:{port}
  default_backend shop
backend shop
  server one 127.0.0.1:{upstream}
""")]


def haproxy_tcp(folder, port, upstream):
    """Every connection begins with a header of the PROXY protocol's second version."""
    return ["haproxy", "-db", "-f", write(folder, "haproxy.cfg", f"""
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen gate
  bind 127.0.0.1:{port}
  server one 127.0.0.1:{upstream} send-proxy-v2
""")]


# Takes that header off before HTTP gets to see the connection.
BEHIND_HEADER = NODE.replace(".listen(", "; require('net').createServer(socket => socket.once('data', data => { socket.pause();"
                             " const rest = data.slice(16 + data.readUInt16BE(14)); if (rest.length) socket.unshift(rest);"
                             " shop.emit('connection', socket); socket.resume() })).listen(") \
                    .replace("require('http')", "const shop = require('http')", 1)

# The program that must be there, its command, the server behind it.
PROXIES = {"nginx": ("nginx", nginx, NODE), "haproxy": ("haproxy", haproxy, NODE), "haproxy-tcp": ("haproxy", haproxy_tcp, BEHIND_HEADER)}


def try_proxy(agent, table, name, program, command, behind):
    if not shutil.which(program) or not shutil.which("node"):
        print(f"{name} before Node.js: skipped, one of them is not installed")
        return
    service, upstream_service = f"proxy-{name}", f"behind-{name}"
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        os.chmod(folder, 0o755)
        upstream, port = free_port(), free_port()
        stack.enter_context(running(["node", write(folder, "server.js", behind), str(upstream)], upstream, "Node.js", upstream_service, folder))
        stack.enter_context(running(command(folder, port, upstream), port, name, service, folder))
        for client, ask in {"Python": numbered, **installed()}.items():
            hops = {f"{name}; {client}; to the proxy": ("client", {"peer": service}),
                    f"{name}; {client}; at the proxy": ("server", {"service": service}),
                    f"{name}; {client}; from the proxy": ("client", {"service": service, "peer": upstream_service}),
                    f"{name}; {client}; behind it": ("server", {"service": upstream_service})}
            before = [counted(agent, role, **labels) for role, labels in hops.values()]
            asked = ask(port)
            for (hop, (role, labels)), earlier in zip(hops.items(), before):
                compare(agent, table, hop, role, asked, earlier, **labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--output", help="write the table to this file as well")
    options = parser.parse_args()
    table = Table(options.output)
    with Agent(options.agent) as agent:
        for name, row in PROXIES.items():
            try_proxy(agent, table, name, *row)
        table.check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
