"""What a stranger may say first on a connection: the agent lives, sees what servers answer, and takes no protocol for another."""

import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from talk import client, server, talk, urgent  # noqa: E402

AGENT = sys.argv.pop(1)
OK = server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def request(path, method=b"GET"):
    return client(method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")


def refusal(status):
    return server(b"HTTP/1.1 %d No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status)


class FirstBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = Agent(AGENT)
        cls.addClassCleanup(cls.agent.stop)

    def talk(self, steps):
        self.service = f"{self._testMethodName}-{os.getpid()}"
        talk(self.service, steps)

    def served(self, wanted):
        """Both ends are one process: what it served and what it asked for are the same."""
        for name in "http_requests_total", "http_client_requests_total":
            found = None

            def as_wanted():
                nonlocal found
                found = self.agent.requests(name, self.service)
                return found == wanted
            try:
                wait_until(as_wanted, f"{wanted} in {name}", 10)
            except TimeoutError as error:
                raise AssertionError(f"{error}; there is {found}") from None

    def queries(self):
        return {(found["db_system"], found["operation"], found["status"]): int(value)
                for found, value in self.agent.samples("db_server_queries_total") if found["service"] == self.service}

    def asked(self, wanted):
        wait_until(lambda: self.queries() == wanted, f"{wanted}", 10)

    def test_a_start_of_postgresql_that_is_cut_in_two_overwrites_nothing(self):
        attack = [client(bytes.fromhex("0000000804d2162f")), server(b"N"), client(bytes.fromhex("000000500003")), server(b"\x01")]
        for _ in range(20):
            self.talk([*attack, client(b"A" * 200 + b"Q\0\0\0\x20SELECT" * 60), client(b"B" * 900), client(b"\xff" * 60000)])
        self.talk([request(b"/after"), OK])
        self.served({("GET", "/after", "200"): 1})

    def test_empty_lines_first(self):
        for number in 1, 31, 32, 33, 200:
            self.talk([client(b"\r\n" * number + b"GET /empty HTTP/1.1\r\nHost: x\r\n\r\n"), OK])
            self.talk([client(b"\n" * number), request(b"/empty"), OK])
        self.served({("GET", "/empty", "200"): 10})

    def test_methods_of_any_length(self):
        for length in 31, 32, 33, 64:
            self.talk([request(b"/long", b"A" * length), refusal(405)])
        self.talk([request(b"/long", b"A" * 65), refusal(405)])
        self.served({("_OTHER", "/long", "405"): 4, ("_OTHER", "_other", "405"): 1})

    def test_lines_that_are_no_request(self):
        hello = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 500
        lines = b"foo\r\n\r\n", b"GET /x http/1.1\r\n\r\n", b"(\r\n", b" GET /x HTTP/1.1\r\n\r\n", hello, b"\0" * 40, b"GET\x01/x HTTP/1.1\r\n\r\n"
        for line in lines:
            self.talk([client(line), refusal(400)])
        self.talk([client(b"GET /x HTTP/9.9\r\n\r\n"), refusal(505)])
        self.talk([request(b"/good"), OK, client(b"(\r\n\r\n"), refusal(400)])
        self.served({("_OTHER", "_other", "400"): len(lines) + 1, ("_OTHER", "_other", "505"): 1, ("GET", "/good", "200"): 1})

    def test_what_is_answered_otherwise_is_nothing(self):
        for first, answer in ((b"(\r\n", b"what?\r\n"), (b"foo\r\n", b"bar\r\n"), (b"\x16\x03\x01\x02\0" * 9, b"\x16\x03\x03\0\x7a" * 9)):
            self.talk([client(first), server(answer), request(b"/hidden"), OK])
        self.talk([request(b"/shown"), OK])
        self.served({("GET", "/shown", "200"): 1})
        for reason, wanted in ("tls", 2), ("other", 2):  # TLS shows at either end, what is not known at that of who accepts
            seen = self.agent.value("sockwatch_unreadable_connections_total", service=self.service, reason=reason)
            self.assertEqual(seen, wanted, reason)

    def test_a_tab_for_a_space(self):
        self.talk([client(b"GET\t/tab HTTP/1.1\r\nHost: x\r\n\r\n"), OK])
        self.served({("GET", "/tab", "200"): 1})

    def test_an_urgent_byte_is_passed_over(self):
        self.talk([client(b"GET /urgent HT"), urgent(b"!"), client(b"TP/1.1\r\nHost: x\r\n\r\n"), OK, request(b"/next"), OK])
        wanted = {("GET", "/urgent", "200"): 1, ("GET", "/next", "200"): 1}
        wait_until(lambda: self.agent.requests("http_requests_total", self.service) == wanted, "the server's two requests", 10)

    def test_first_lines_of_memcached(self):
        answers = {b"version": b"VERSION 1.6.18", b"flush_all": b"OK", b"verbosity 1": b"OK", b"get": b"ERROR", b"mn": b"MN", b"stats reset": b"RESET"}
        for line, answer in answers.items():
            self.talk([client(line + b"\r\n"), server(answer + b"\r\n"), client(b"get a\r\n"), server(b"END\r\n")])
        self.asked({("memcached", "GET", "ok"): len(answers), ("memcached", "GET", "error"): 1, ("memcached", "VERSION", "ok"): 1,
                    ("memcached", "FLUSH_ALL", "ok"): 1, ("memcached", "VERBOSITY", "ok"): 1, ("memcached", "MN", "ok"): 1, ("memcached", "STATS", "ok"): 1})

    def test_others_with_the_same_words_are_no_cache(self):
        self.talk([client(b"stats\r\n"), server(b"OK 10\r\n---\na: 1\n\r\n"), client(b"get a\r\n"), server(b"END\r\n")])
        self.talk([client(b"version\n"), server(b"OK 1.1.19\n"), client(b"get a\r\n"), server(b"END\r\n")])
        self.talk([client(b"get b\r\n"), server(b"END\r\n")])
        self.asked({("memcached", "GET", "ok"): 1})


if __name__ == "__main__":
    unittest.main(verbosity=2)
