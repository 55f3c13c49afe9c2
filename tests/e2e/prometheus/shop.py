"""A service of Python's http.server: /orders/N and /pages/N answer 200, everything else 404; of the pages those with an even
number come from a cache. Prints its port, then serves."""

import http.server


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        found = path.startswith(("/orders/", "/pages/"))
        body = b"an order" if found else b"nothing here"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        if path.startswith("/pages/"):
            self.send_header("Cache-Status", '"A shop"; ' + ("fwd=uri-miss" if int(path[7:]) % 2 else "hit; ttl=60"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    print(server.server_address[1], flush=True)
    server.serve_forever()
