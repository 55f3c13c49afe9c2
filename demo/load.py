"""The demo's steady load: load.py URL_OF_THE_GATEWAY. About 30 requests a second through the gateway to every service: most are fine,
some are for what is not there (4xx), some fail (5xx), some are slow."""

import http.client
import random
import sys
import threading
import time
from urllib.parse import urlsplit

NOUNS = {"discovery": "services", "sona": "tracks", "auth": "sessions", "sync": "devices", "ingestion": "uploads", "playback": "streams"}
WORKERS, PAUSE_S = 4, 0.12


def one(connection):
    service, noun = random.choice(list(NOUNS.items()))
    what = random.random()
    if what < 0.80:
        method, path, body = "GET", f"/{service}/{noun}/{random.randint(1, 1000)}", None
    elif what < 0.88:
        method, path, body = "POST", f"/{service}/{noun}", "x" * random.randint(1, 2000)
    elif what < 0.92:
        method, path, body = "GET", f"/{service}/{noun}/{random.randint(1001, 9999)}", None
    elif what < 0.94:
        method, path, body = "POST", f"/{service}/{noun}", ""
    elif what < 0.97:
        method, path, body = "GET", f"/{service}/fail", None
    else:
        method, path, body = "GET", f"/{service}/slow", None
    connection.request(method, path, body)
    connection.getresponse().read()


def work(address):
    while True:
        try:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
            while True:
                one(connection)
                time.sleep(PAUSE_S)
        except (OSError, http.client.HTTPException):
            time.sleep(PAUSE_S)  # the gateway is busy or going: try again


gateway = urlsplit(sys.argv[1])
for _ in range(WORKERS - 1):
    threading.Thread(target=work, args=(gateway,), daemon=True).start()
work(gateway)
