"""An agent with a web configuration, the certificates and hashes it needs, and curl to ask it."""

import ctypes
import ctypes.util
import os
import re
import subprocess
import tempfile

from agent import Agent, wait_until

SALT = "abcdefghijklmnopqrstuu"


def bcrypt(password, cost=4):
    crypt = ctypes.CDLL(ctypes.util.find_library("crypt")).crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), f"$2y${cost:02}${SALT}".encode()).decode()


class Certificates:
    """Authorities and certificates, made with the openssl command in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def authority(self, name):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", f"/CN={name}", "-keyout", self.path(name + ".key"), "-out", self.path(name + ".crt"))

    def issue(self, authority, name, alternative_names, purpose="clientAuth", common_name=None):
        extensions = self.path(name + ".ext")
        with open(extensions, "w") as file:
            file.write(f"subjectAltName={alternative_names}\nextendedKeyUsage={purpose}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/CN={common_name or name}", "-keyout", self.path(name + ".key"),
                      "-out", self.path(name + ".csr"))
        self._openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(authority + ".crt"),
                      "-CAkey", self.path(authority + ".key"), "-CAcreateserial", "-days", "2",
                      "-extfile", extensions, "-out", self.path(name + ".crt"))

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class SecuredAgent:
    """An agent on a free port under a web configuration that can be rewritten while it runs."""

    def __init__(self, path, folder, web_config, *options, scheme="http", curl=()):
        self.folder = folder
        self.file = os.path.join(folder, "web.yml")
        self.scheme = scheme
        self.curl_options = list(curl)  # what a welcome client says
        self.write(web_config)
        self.agent = Agent(path, f"--web.config.file={self.file}", *options, wait=False)
        self.port = self.agent.port
        try:
            wait_until(self._serves, "the agent to serve", 90)
        except BaseException:
            self.stop()
            raise

    def write(self, web_config):
        """Replaces the file at once, as editors and operators' tools do."""
        new = self.file + ".new"
        with open(new, "w") as file:
            file.write(web_config)
        os.rename(new, self.file)

    def log(self):
        return os.pread(self.agent.log.fileno(), 1 << 20, 0).decode()

    def _serves(self):
        if self.agent.process.poll() is not None:
            raise RuntimeError("the agent ended: " + self.log())
        return f"metrics={self.scheme}://127.0.0.1:{self.port}/metrics" in self.log()

    def curl(self, *options, path="/-/healthy"):
        """(status, output with heads); status 0 when there was no response."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--include", "--max-time", "20", *options,
             f"{self.scheme}://127.0.0.1:{self.port}{path}"], capture_output=True, text=True)
        match = re.match(r"HTTP/1\.1 (\d+)", done.stdout)
        return (int(match.group(1)) if match else 0), done.stdout + done.stderr

    def welcome(self, path="/-/healthy"):
        return self.curl(*self.curl_options, path=path)

    def refused(self, reason):
        status, page = self.welcome("/metrics")
        if status != 200:
            raise RuntimeError(page)
        return int(float(re.search(rf'^sockwatch_web_refused_connections_total{{reason="{reason}"}} (\S+)$', page,
                                   re.MULTILINE).group(1)))

    def stop(self):
        self.agent.stop()


def folder():
    return tempfile.TemporaryDirectory(prefix="sockwatch-web-")
