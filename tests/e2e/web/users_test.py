"""Users and passwords, header fields and addresses of a running agent, asked with curl."""

import base64
import glob
import os
import socket
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "support")]

from agent import Agent, wait_until  # noqa: E402
from secured import SecuredAgent, bcrypt, folder  # noqa: E402

AGENT = sys.argv.pop(1)
HEADERS = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=60\n"


def users(**passwords):
    lines = "".join(f"  {user}: {hash}\n" for user, hash in passwords.items())
    return "basic_auth_users:\n" + lines


class Users(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.config = HEADERS + users(scraper=bcrypt("s3cret:word", 10), other=bcrypt("their own", 10))
        cls.agent = SecuredAgent(AGENT, cls.folder.name, cls.config, curl=["--user", "scraper:s3cret:word"])
        cls.addClassCleanup(cls.agent.stop)

    def setUp(self):
        self.agent.write(self.config)

    def test_the_right_password_opens_every_page(self):
        for path in "/metrics", "/", "/-/healthy", "/-/ready":
            self.assertEqual(self.agent.welcome(path)[0], 200, path)

    def test_without_or_with_a_wrong_one_there_is_nothing(self):
        before = self.agent.refused("unauthorized")
        wrong = ["scraper:wrong", "scraper:", "scraper:s3cret:wor", "scraper:s3cret:word ", "nobody:s3cret:word",
                 ":s3cret:word", "other:s3cret:word", "Scraper:s3cret:word"]
        for path in "/metrics", "/", "/-/healthy", "/nothing":
            status, text = self.agent.curl(path=path)
            self.assertEqual(status, 401, path)
            self.assertIn("WWW-Authenticate: Basic", text)
            self.assertNotIn("http_requests_total", text)
        for credentials in wrong:
            self.assertEqual(self.agent.curl("--user", credentials, path="/metrics")[0], 401, credentials)
        self.assertEqual(self.agent.refused("unauthorized"), before + 4 + len(wrong))

    def test_malformed_tokens_are_none(self):
        good = base64.b64encode(b"scraper:s3cret:word").decode()
        self.assertEqual(self.agent.curl("-H", f"Authorization: bAsIc  {good}")[0], 200)
        with_nul = base64.b64encode(b"scraper:s3cret:word\0more").decode()
        for token in ("Basic", "Basic ", "Basic !!!!", f"Basic {good}=", f"Basic {good[:-1]}", f"Basic {good} x",
                      f"Bearer {good}", good, f"Basic{good}", "Basic " + base64.b64encode(b"scraper").decode(),
                      "Basic ====", "Basic " + "A" * 8000, f"Basic {with_nul}"):
            self.assertEqual(self.agent.curl("-H", f"Authorization: {token}")[0], 401, token[:60])
        twice = self.agent.curl("-H", f"Authorization: Basic {good}", "-H", f"Authorization: Basic {good}")
        self.assertEqual(twice[0], 400, "two tokens: it is not said which is meant")

    def test_header_fields_are_on_every_response(self):
        for status, options in (200, self.agent.curl_options), (401, []), (405, ["-X", "POST"]):
            got, text = self.agent.curl(*options)
            self.assertEqual(got, status)
            self.assertIn("\nX-Frame-Options: deny", text)
            self.assertIn("\nStrict-Transport-Security: max-age=60", text)

    def test_an_unknown_user_costs_the_same(self):
        def cpu_ns():  # of all the agent's threads: what else runs on the host does not count
            total = 0
            for file in glob.glob(f"/proc/{self.agent.agent.process.pid}/task/*/schedstat"):
                with open(file, encoding="ascii") as schedstat:
                    total += int(schedstat.read().split()[0])
            return total

        def cost(*options):
            begun, asked = cpu_ns(), 9
            for _ in range(asked):
                self.assertEqual(self.agent.curl(*options)[0], 401)
            return (cpu_ns() - begun) / asked

        refusal, known, unknown = cost(), cost("--user", "scraper:wrong"), cost("--user", "nobody:wrong")
        print(f"bcrypt, cost 10: known user {known / 1e6:.1f} ms, unknown {unknown / 1e6:.1f} ms, no user {refusal / 1e6:.1f} ms")
        self.assertGreater(unknown, 3 * refusal, "no hash was computed")
        self.assertLess(abs(known - unknown), max(known, unknown) / 2)

    def test_who_guesses_does_not_keep_out_who_knows(self):
        self.assertEqual(self.agent.welcome()[0], 200)  # known from now on
        guesses = 40
        token = base64.b64encode(b"scraper:guess").decode()
        sockets = [socket.create_connection(("127.0.0.1", self.agent.port)) for _ in range(guesses)]
        for guess in sockets:
            guess.sendall(f"GET /metrics HTTP/1.1\r\nAuthorization: Basic {token}\r\n\r\n".encode())
        self.assertEqual(self.agent.welcome("/metrics")[0], 200)
        middle = sockets[guesses // 2]  # with threads in common, all before it would have been judged first
        middle.setblocking(False)
        with self.assertRaises(BlockingIOError, msg="half of the guesses were judged before the scrape was answered"):
            middle.recv(1)
        for guess in sockets:
            guess.settimeout(30)
            self.assertIn(b" 401 ", guess.recv(100))
            guess.close()

    def test_users_are_read_again(self):
        self.assertEqual(self.agent.welcome()[0], 200)
        self.agent.write(users(new=bcrypt("fresh")))
        self.assertEqual(self.agent.curl("--user", "new:fresh")[0], 200)
        self.assertEqual(self.agent.welcome()[0], 401, "a password that was right before")
        self.agent.write(users(scraper=bcrypt("changed")))
        self.assertEqual(self.agent.welcome()[0], 401, "the old password")
        self.assertEqual(self.agent.curl("--user", "scraper:changed")[0], 200)

    def test_a_file_that_went_bad_changes_nothing_and_is_told(self):
        for bad, told in (("basic_auth_users:\n  scraper: plain\n", "web.yml:2: basic_auth_users.scraper: expected a bcrypt"),
                          ("", "the last user cannot be taken away"), ("tls_server_config: [", "not YAML")):
            self.agent.write(bad)
            self.assertEqual(self.agent.welcome()[0], 200)
            self.assertEqual(self.agent.curl()[0], 401)
            self.assertIn(told, self.agent.log())
        self.assertNotIn("plain", self.agent.log())

    def test_slow_heads_are_ended_and_large_ones_refused(self):
        slow = [socket.create_connection(("127.0.0.1", self.agent.port)) for _ in range(20)]
        begun = time.monotonic()
        for client in slow:
            client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        self.assertEqual(self.agent.welcome("/metrics")[0], 200)
        trickle = slow[0]
        trickle.settimeout(0.2)
        answer = b""
        while time.monotonic() < begun + 15 and not answer:
            try:
                trickle.sendall(b"a")
                answer = trickle.recv(100)
            except TimeoutError:
                pass
        self.assertIn(b"408", answer)
        self.assertLess(time.monotonic() - begun, 12, "bytes that trickle must not win time")
        for client in slow:
            client.close()
        self.assertGreaterEqual(self.agent.refused("head_timeout"), 1)
        self.assertEqual(self.agent.curl("-H", "X: " + "a" * 20000)[0], 431)
        self.assertEqual(self.agent.refused("head_too_large"), 1)


class Addresses(unittest.TestCase):
    def test_others_are_closed_before_a_byte_is_read(self):
        with folder() as where:
            config = os.path.join(where, "sockwatch.yml")
            with open(config, "w") as file:
                file.write("web: {allowed_clients: [127.0.0.2, 127.0.1.0/24]}\n")
            agent = Agent(AGENT, f"--config.file={config}", wait=False)
            try:
                url = f"http://127.0.0.1:{agent.port}/metrics"

                def curl(source):
                    return subprocess.run(["curl", "-s", "--max-time", "10", "--interface", source, url],
                                          capture_output=True, text=True)

                wait_until(lambda: "sockwatch_build_info" in curl("127.0.0.2").stdout, "the agent to serve 127.0.0.2", 90)
                self.assertIn("sockwatch_build_info", curl("127.0.1.9").stdout)
                with socket.create_connection(("127.0.0.1", agent.port), 10) as silent:
                    self.assertEqual(silent.recv(1), b"", "it waited for a request")
                self.assertIn(curl("127.0.0.3").returncode, (52, 56), "an empty reply or a reset")
                self.assertIn('sockwatch_web_refused_connections_total{reason="address"} 2\n', curl("127.0.0.2").stdout)
            finally:
                agent.stop()


    def test_an_ipv4_peer_of_a_socket_for_both_families_is_compared_as_ipv4(self):
        if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("this host has no IPv6")
        with folder() as where:
            config = os.path.join(where, "sockwatch.yml")
            # Neither range of IPv6 holds ::ffff:127.0.0.1, though by its bits the second would.
            with open(config, "w") as file:
                file.write('web: {allowed_clients: [127.0.0.2, "::1", "::/8"]}\n')
            agent = Agent(AGENT, f"--config.file={config}", wait=False, address="")
            try:
                def curl(host, *source):
                    return subprocess.run(["curl", "-sg", "--max-time", "10", *source, f"http://{host}:{agent.port}/metrics"],
                                          capture_output=True, text=True)

                wait_until(lambda: "sockwatch_build_info" in curl("127.0.0.1", "--interface", "127.0.0.2").stdout, "the agent to serve 127.0.0.2", 90)
                self.assertIn("sockwatch_build_info", curl("[::1]").stdout)
                self.assertIn(curl("127.0.0.1", "--interface", "127.0.0.1").returncode, (52, 56), "an empty reply or a reset")
                self.assertIn('sockwatch_web_refused_connections_total{reason="address"} 1\n', curl("[::1]").stdout)
            finally:
                agent.stop()


class Limits(unittest.TestCase):
    def test_requests_beyond_the_limit_are_told_so_and_health_is_not_counted(self):
        with folder() as where:
            config = os.path.join(where, "sockwatch.yml")
            with open(config, "w") as file:  # a page of some megabytes: more than sockets hold
                file.write(f"metrics: {{labels: {{long: {'x' * 100_000}}}}}\n")
            with Agent(AGENT, f"--config.file={config}", "--web.max-requests=2") as agent:
                slow = []
                for _ in range(2):
                    client = socket.socket()
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    client.settimeout(30)
                    client.connect(("127.0.0.1", agent.port))
                    client.sendall(b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")
                    self.assertEqual(client.recv(12), b"HTTP/1.1 200")  # it is being sent, and is not all read
                    slow.append(client)

                def curl(path):
                    done = subprocess.run(["curl", "-s", "-o", os.path.join(where, "page"), "-w", "%{http_code}", "--max-time", "20",
                                           f"http://127.0.0.1:{agent.port}{path}"], capture_output=True, text=True)
                    return int(done.stdout)

                self.assertEqual([curl(path) for path in ("/metrics", "/", "/-/healthy", "/-/ready")], [503, 503, 200, 200])
                for client in slow:
                    while client.recv(1 << 20):
                        pass
                    client.close()
                wait_until(lambda: curl("/metrics") == 200, "a request to be answered again")
                with open(os.path.join(where, "page"), encoding="utf-8") as file:
                    refused = [line.rsplit(" ", 1)[1] for line in file if 'reason="request_limit"' in line]
                self.assertGreaterEqual(int(refused[0]), 2)


class BadFiles(unittest.TestCase):
    def test_the_agent_does_not_start_and_tells_everything(self):
        with folder() as where:
            file = os.path.join(where, "web.yml")
            with open(file, "w") as out:
                out.write("tls_server_config:\n  cert_fil: a\n  min_version: TLS11\nrate_limit: {burst: 1}\n"
                          "http_server_config:\n  headers: {Server: me}\n"
                          "basic_auth_users:\n  a: hunter2\n")
            done = subprocess.run([AGENT, "--web.listen-address=127.0.0.1:0", f"--web.config.file={file}"],
                                  capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 1)
            for line in (":2: tls_server_config.cert_fil: unknown key", ":3: tls_server_config.min_version: expected TLS12",
                         ":4: rate_limit: not supported", ":6: http_server_config.headers.Server: unknown key",
                         ":8: basic_auth_users.a: expected a bcrypt hash"):
                self.assertIn(line, done.stderr)
            self.assertNotIn("hunter2", done.stderr)
            self.assertNotIn("privileges", done.stderr, "the host is not what is wrong")
            checked = subprocess.run([AGENT, "check-config", f"--web.config.file={file}"], capture_output=True, text=True, timeout=30)
            self.assertEqual((checked.returncode, "sockwatch: " + checked.stderr), (1, done.stderr))


if __name__ == "__main__":
    unittest.main()
