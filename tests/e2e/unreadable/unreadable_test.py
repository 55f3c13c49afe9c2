"""What cannot be read is counted by connection, once, under the name of the service at either end; and nothing of it is invented."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402

AGENT = sys.argv.pop(1)
METRIC = "sockwatch_unreadable_connections_total"
CONNECTIONS = 7
TLS_SERVER = """
import http.server, ssl, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
TLS_CLIENT = """
import http.client, ssl, sys
for _ in range(int(sys.argv[2])):
    connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=ssl._create_unverified_context())
    for _ in range(3):
        connection.request("GET", "/hidden")
        connection.getresponse().read()
    connection.close()
"""
# Of HTTP/2 what tells it: the preface and settings. argv: who speaks first.
HTTP2_SERVER = """
import socket, sys, threading
SETTINGS = bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])
def serve(connection):
    if sys.argv[1] == "server": connection.sendall(SETTINGS)
    connection.recv(1000)
    connection.sendall(SETTINGS)
    for _ in range(3):
        if connection.recv(1000): connection.sendall(bytes([0, 0, 0, 4, 1, 0, 0, 0, 0]))
    connection.close()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
HTTP2_CLIENT = """
import socket, sys
for _ in range(int(sys.argv[2])):
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    if sys.argv[3] == "server": connection.recv(1000)
    connection.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    connection.recv(1000)
    for _ in range(3):
        connection.sendall(bytes([0, 0, 0, 4, 1, 0, 0, 0, 0]))
        connection.recv(1000)
    connection.close()
"""


# One request that can be read.
MARKER = """
import socket
client, server = socket.socketpair()
client.sendall(b"GET /marker HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
server.recv(1000)
server.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
client.recv(1000)
"""


class WhatCannotBeReadIsCounted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = Agent(AGENT)
        cls.addClassCleanup(cls.agent.stop)

    def server(self, name, code, *arguments):
        """The port of a server that is a service of this name."""
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "OTEL_SERVICE_NAME": name})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return int(process.stdout.readline())

    def client(self, name, code, *arguments):
        subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, timeout=60, env={**os.environ, "OTEL_SERVICE_NAME": name})

    def counted(self, reason, server, client):
        for service in server, client:
            wait_until(lambda name=service: self.agent.value(METRIC, service=name, reason=reason) == CONNECTIONS,
                       f"{CONNECTIONS} connections of {service} by {reason}", 10)
        self.client(f"{client}-marker", MARKER)
        wait_until(lambda: self.agent.requests("http_client_requests_total", f"{client}-marker") == {("GET", "/marker", "204"): 1},
                   "a request that came after", 10)
        for service in server, client:
            found = {labels["reason"]: value for labels, value in self.agent.samples(METRIC) if labels["service"] == service}
            self.assertEqual(found, {reason: CONNECTIONS}, service)
            for metric in "http_requests_total", "http_client_requests_total":
                self.assertEqual(self.agent.requests(metric, service), {})

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            pem = os.path.join(folder, "both.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", f"{pem}.crt", "-days", "1",
                            "-subj", "/CN=localhost"], check=True, capture_output=True)
            with open(pem, "a", encoding="ascii") as file, open(f"{pem}.crt", encoding="ascii") as certificate:
                file.write(certificate.read())
            server, client = f"tls-server-{os.getpid()}", f"tls-client-{os.getpid()}"
            self.client(client, TLS_CLIENT, self.server(server, TLS_SERVER, pem), CONNECTIONS)
            self.counted("tls", server, client)

    def test_http2(self):
        for first in "client", "server":
            with self.subTest(first=first):
                server, client = f"h2-server-{first}-{os.getpid()}", f"h2-client-{first}-{os.getpid()}"
                self.client(client, HTTP2_CLIENT, self.server(server, HTTP2_SERVER, first), CONNECTIONS, first)
                self.counted("http2", server, client)


if __name__ == "__main__":
    unittest.main(verbosity=2)
