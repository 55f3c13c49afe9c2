"""A service of Python's http.server: /orders/N answers 200, everything else 404. Prints its port, then serves."""

import http.server


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path.split("?")[0].startswith("/orders/")
        body = b"an order" if found else b"nothing here"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    print(server.server_address[1], flush=True)
    server.serve_forever()
