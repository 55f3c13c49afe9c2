"""A service of the demo in Python: sona by trade (tracks in PostgreSQL, cached in Redis), and stands in for any whose runtime is missing.

Environment: PORT, NOUN, DATABASE (a libpq string, or nothing), REDIS_PORT (or nothing), DOWNSTREAM (URLs it calls, or nothing).
"""

import http.client
import os
import random
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import psycopg2.pool
import redis

NOUN = os.environ["NOUN"]
DATABASE = os.environ.get("DATABASE")
CACHE = redis.Redis(port=int(os.environ["REDIS_PORT"])) if os.environ.get("REDIS_PORT") else None
DOWNSTREAM = os.environ.get("DOWNSTREAM", "").split()
POOL = psycopg2.pool.ThreadedConnectionPool(2, 20, DATABASE) if DATABASE else None


def query(sql, *values):
    """The first row, or None."""
    connection = POOL.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()
    finally:
        POOL.putconn(connection)


def title(number):
    """The item's title: from the cache, else from the database."""
    key = f"{NOUN}:{number}"
    found = CACHE.get(key) if CACHE else None
    if found is None and POOL:
        row = query("SELECT title FROM items WHERE id = %s", number)
        found = row[0].encode() if row else b""
        if CACHE:
            CACHE.set(key, found, ex=5)
    return found or b"item"


def call_downstream(number):
    for url in DOWNSTREAM:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        connection.request("GET", f"{parts.path}/{number}")
        connection.getresponse().read()
        connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"ok"):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(random.uniform(0.3, 0.8))
            return self.answer(200)
        if self.path == "/fail":
            return self.answer(500, b"failed")
        if self.path.startswith(f"/{NOUN}/") and self.path.rsplit("/", 1)[1].isdigit():
            number = int(self.path.rsplit("/", 1)[1])
            if number > 1000:
                return self.answer(404, b"no such item")
            call_downstream(number)
            return self.answer(200, title(number))
        return self.answer(200) if self.path == "/healthz" else self.answer(404, b"no such path")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return self.answer(201 if body else 400)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
