"""TLS of a running agent, asked with curl and openssl s_client; every certificate is made here."""

import os
import socket
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "support"), os.path.join(HERE, "..", "prometheus")]

from agent import wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from secured import Certificates, SecuredAgent, bcrypt, folder  # noqa: E402

AGENT = sys.argv.pop(1)


def tls(*lines, certificate="server"):
    keys = (f"cert_file: {certificate}.crt", f"key_file: {certificate}.key", *lines)
    return "tls_server_config:\n" + "".join(f"  {line}\n" for line in keys)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificates = made = Certificates(cls.folder.name)
        made.authority("ca")
        made.authority("stranger")
        made.issue("ca", "server", "DNS:localhost,IP:127.0.0.1", "serverAuth")
        made.issue("ca", "renewed", "DNS:localhost,IP:127.0.0.1", "serverAuth")
        made.issue("ca", "scraper", "DNS:scraper.example,IP:192.0.2.7,email:ops@example.org,URI:spiffe://a/b")
        made.issue("ca", "other", "DNS:other.example", common_name="scraper.example")
        made.issue("ca", "wrong_purpose", "DNS:scraper.example", "serverAuth")
        made.issue("stranger", "unknown", "DNS:scraper.example")
        cls.agent = SecuredAgent(AGENT, cls.folder.name, tls(), scheme="https", curl=["--cacert", made.path("ca.crt")])
        cls.addClassCleanup(cls.agent.stop)

    def setUp(self):
        self.agent.write(tls())

    def ask(self, client=None, *options, path="/-/healthy"):
        """The status that a client with this certificate gets; 0 for none."""
        certificate = [] if client is None else ["--cert", self.certificates.path(client + ".crt"),
                                                 "--key", self.certificates.path(client + ".key")]
        return self.agent.curl(*self.agent.curl_options, *certificate, *options, path=path)[0]

    def s_client(self, *options):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.agent.port}", *options],
                              input="", capture_output=True, text=True, timeout=20)
        return done.stdout + done.stderr

    def expect(self, config, admitted, refused):
        self.agent.write(config)
        for client in admitted:
            self.assertEqual(self.ask(client), 200, f"{client} under\n{config}")
        for client in refused:
            self.assertEqual(self.ask(client), 0, f"{client} under\n{config}")

    def test_pages_come_whole_and_many_on_one_connection(self):
        self.assertIn("sockwatch_build_info", self.agent.welcome("/metrics")[1])
        self.assertIn(f"metrics=https://127.0.0.1:{self.agent.port}/metrics", self.agent.log())
        url = f"https://127.0.0.1:{self.agent.port}/metrics"
        done = subprocess.run(["curl", "-s", *self.agent.curl_options, "-o", os.devnull, "-w", "%{http_code} %{num_connects}\n",
                               url, *[word for _ in range(9) for word in ("-o", os.devnull, url)]],
                              capture_output=True, text=True)
        self.assertEqual(done.stdout.split(), ["200", "1"] + ["200", "0"] * 9)
        self.assertEqual(self.agent.curl("--cacert", self.certificates.path("stranger.crt"))[0], 0)

    def test_old_versions_are_refused(self):
        before = self.agent.refused("tls_handshake")
        for version in "-tls1", "-tls1_1":
            # "protocol version" is the server's alert; a client that did not dare to ask would not get it.
            self.assertIn("alert protocol version", self.s_client(version, "-cipher", "DEFAULT@SECLEVEL=0"), version)
        self.assertEqual(self.agent.refused("tls_handshake"), before + 2)
        for version, name in ("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3"):
            self.assertIn(f"New, {name}, Cipher is", self.s_client(version))

    def test_versions_ciphers_and_curves_are_chosen(self):
        self.agent.write(tls("min_version: TLS13"))
        self.assertIn("alert protocol version", self.s_client("-tls1_2"))
        self.assertIn("New, TLSv1.3", self.s_client())
        self.agent.write(tls("max_version: TLS12", "cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]"))
        self.assertIn("alert protocol version", self.s_client("-tls1_3"))
        self.assertIn("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305", self.s_client())
        self.assertIn("alert handshake failure", self.s_client("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))
        self.agent.write(tls("curve_preferences: [CurveP384]"))
        self.assertIn("ECDH, secp384r1", self.s_client())
        self.assertIn("alert handshake failure", self.s_client("-curves", "X25519"))

    def test_the_protocol_is_http_1(self):
        self.assertIn("ALPN protocol: http/1.1", self.s_client("-alpn", "h2,http/1.1"))
        self.assertIn("no application protocol", self.s_client("-alpn", "h2"))
        self.assertIn("No ALPN negotiated", self.s_client())

    def test_no_session_outlives_its_certificate(self):
        self.assertNotIn("Reused, TLS", self.s_client("-reconnect", "-tls1_2"))

    def test_what_is_asked_of_a_client_s_certificate(self):
        everybody = [None, "scraper", "other", "unknown"]
        ca = "client_ca_file: ca.crt"
        self.expect(tls("client_auth_type: NoClientCert"), everybody, [])
        self.expect(tls("client_auth_type: RequestClientCert"), everybody, [])
        self.expect(tls("client_auth_type: RequireAnyClientCert"), everybody[1:], [None])
        self.expect(tls(ca, "client_auth_type: VerifyClientCertIfGiven"), [None, "scraper", "other"],
                    ["unknown", "wrong_purpose"])
        before = self.agent.refused("tls_handshake")
        self.expect(tls(ca, "client_auth_type: RequireAndVerifyClientCert"), ["scraper", "other"],
                    [None, "unknown", "wrong_purpose"])
        self.agent.write(tls())
        self.assertEqual(self.agent.refused("tls_handshake"), before + 3)

    def test_only_names_on_the_list_come_in(self):
        verified = ("client_ca_file: ca.crt", "client_auth_type: RequireAndVerifyClientCert")
        for name in "scraper.example", "192.0.2.7", "ops@example.org", "spiffe://a/b":
            # "other" has scraper.example for its common name, which is no alternative name.
            self.expect(tls(*verified, f'client_allowed_sans: [x.example, "{name}"]'), ["scraper"],
                        [None, "other", "unknown"])
        self.expect(tls(*verified, "client_allowed_sans: [example, r.example, Scraper.example, '*.example', '']"), [],
                    ["scraper", "other"])
        self.expect(tls("client_auth_type: RequireAnyClientCert", "client_allowed_sans: [scraper.example]"),
                    ["scraper", "unknown"], [None, "other"])

    def test_a_new_certificate_is_read_without_a_restart(self):
        def serial():
            return self.s_client().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]

        def copy(name, end):
            with open(self.certificates.path(f"{name}.{end}")) as file:
                text = file.read()
            with open(self.certificates.path(f"rotating.{end}"), "w") as file:
                file.write(text)

        for end in "crt", "key":
            copy("server", end)
        self.agent.write(tls(certificate="rotating"))
        old = serial()
        copy("renewed", "crt")  # as long as the key is the old one's, the old pair holds
        self.assertEqual(serial(), old)
        self.assertEqual(self.ask(), 200)
        self.assertIn("the key does not belong to the certificate", self.agent.log())
        copy("renewed", "key")
        self.assertNotEqual(serial(), old)
        self.assertEqual(self.ask(), 200)

    def test_inline_certificates(self):
        def block(name):
            with open(self.certificates.path(name)) as file:
                return "|\n" + "".join("      " + line for line in file)

        self.agent.write(f"tls_server_config:\n    cert: {block('renewed.crt')}    key: {block('renewed.key')}"
                         f"    client_ca: {block('ca.crt')}    client_auth_type: RequireAndVerifyClientCert\n")
        self.assertEqual(self.ask("scraper"), 200)
        self.assertEqual(self.ask(), 0)

    def test_tls_is_not_switched_off_by_a_slip(self):
        self.agent.write("")
        self.assertEqual(self.ask(), 200)
        self.assertIn("TLS cannot be switched on or off without a restart", self.agent.log())

    def test_plain_requests_and_noise_are_closed(self):
        before = self.agent.refused("tls_handshake")
        for noise in b"GET /metrics HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000, os.urandom(5000):
            with socket.create_connection(("127.0.0.1", self.agent.port), 10) as client:
                answer = b"-"
                try:
                    client.sendall(noise)
                    while chunk := client.recv(4096):
                        answer += chunk
                except ConnectionError:
                    pass
                self.assertNotIn(b"HTTP/1.1", answer)
                self.assertLess(len(answer), 100)
        self.assertEqual(self.agent.refused("tls_handshake"), before + 3)

    def test_slow_handshakes_are_ended_and_hold_nobody_up(self):
        before = self.agent.refused("tls_timeout")
        begun = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", self.agent.port), 10) for _ in range(20)]
        for client in slow[1:]:
            client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # how a ClientHello begins
        self.assertEqual(self.ask(path="/metrics"), 200)
        self.assertLess(time.monotonic() - begun, 4, "it waited for a handshake of another")

        def ended():
            try:
                slow[-1].send(b"\0")  # one byte at a time must not win time
            except ConnectionError:
                return True
            return False

        wait_until(ended, "a slow handshake to be ended", 15)
        self.assertLess(time.monotonic() - begun, 12)
        wait_until(lambda: self.agent.refused("tls_timeout") == before + 20, "all of them to be ended", 15)
        for client in slow:
            client.close()

    def test_slow_heads_and_large_ones_within_tls(self):
        slow = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{self.agent.port}"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            slow.stdin.write(b"GET /metrics HTTP/1.1\r\nX: ")
            slow.stdin.flush()
            self.assertEqual(self.ask("scraper", "-H", "X: " + "a" * 20000), 431)
            self.assertEqual(self.ask("scraper", "-H", "X: " + "a" * 12000), 200)
            output, _ = slow.communicate(timeout=15)
            self.assertIn(b"408 Request Timeout", output)
        finally:
            slow.kill()
            slow.wait()


class PrometheusScrapes(unittest.TestCase):
    def test_with_its_own_certificate_and_a_password(self):
        with folder() as where:
            made = Certificates(where)
            made.authority("ca")
            made.issue("ca", "server", "IP:127.0.0.1", "serverAuth")
            made.issue("ca", "scraper", "DNS:scraper.example")
            path = made.path
            config = tls("client_ca_file: ca.crt", "client_auth_type: RequireAndVerifyClientCert",
                         "client_allowed_sans: [scraper.example]")
            agent = SecuredAgent(AGENT, where, config + f"basic_auth_users: {{scraper: {bcrypt('secret', 10)}}}\n",
                                 scheme="https", curl=["--user", "scraper:secret", "--cacert", path("ca.crt"),
                                                       "--cert", path("scraper.crt"), "--key", path("scraper.key")])
            try:
                job = (", scheme: https, basic_auth: {username: scraper, password: secret}, tls_config: "
                          f"{{ca_file: {path('ca.crt')}, cert_file: {path('scraper.crt')}, key_file: {path('scraper.key')}}}")
                with Prometheus(agent.port, job=job) as prometheus:
                    wait_until(lambda: [v for _, v in prometheus.query("count_over_time(up[1m])") if v >= 5],
                               "five scrapes", 60)
                    self.assertEqual([v for _, v in prometheus.query("min_over_time(up[1m])")], [1.0])
                for reason in "unauthorized", "tls_handshake", "tls_timeout":
                    self.assertEqual(agent.refused(reason), 0, reason)
            finally:
                agent.stop()


if __name__ == "__main__":
    unittest.main()
