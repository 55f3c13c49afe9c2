"""A tiny server and a client that counts its answers, in threads: the load under which the agent is killed or starved."""

import socket
import threading

REQUEST = b"GET /load HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def exactly(sock, length):
    data = b""
    while len(data) < length:
        part = sock.recv(length - len(data))
        if not part:
            raise ConnectionError("the other end has gone")
        data += part
    return data


class Load:
    """One connection; requests until stop() or `limit`. `answered` counts whole answers, `failed` holds what went wrong."""

    def __init__(self, limit=None):
        self.answered, self.failed, self.limit = 0, None, limit
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve), threading.Thread(target=self._ask)]
        for thread in self._threads:
            thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            try:
                while True:
                    exactly(connection, len(REQUEST))
                    connection.sendall(ANSWER)
            except ConnectionError:
                pass

    def _ask(self):
        try:
            with socket.create_connection(self._listener.getsockname()) as connection:
                while not self._stop.is_set() and self.answered != self.limit:
                    connection.sendall(REQUEST)
                    if exactly(connection, len(ANSWER)) != ANSWER:
                        raise ValueError("the answer was changed")
                    self.answered += 1
        except Exception as error:  # told to the main thread
            self.failed = error

    def wait(self):
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def stop(self):
        self._stop.set()
        self.wait()
