"""Private instances of real databases for tests: a data folder of their own, a free port, ended by pid."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from agent import free_port, wait_until

# For the agent: what is parsed is checked, not what is lost, and on a busy machine bursts fill the usual ring before the agent runs.
ROOM = "--capture.ring-bytes=64MiB"


def program(name, *folders):
    """The path of a program; None when it is not installed."""
    found = shutil.which(name)
    for folder in folders:
        for candidate in sorted(glob.glob(os.path.join(folder, name)), reverse=True):
            found = found or candidate
    return found


class Server:
    """One server process in a folder of its own; use as a context manager."""

    STOP = signal.SIGINT

    def __init__(self, user):
        self.folder = tempfile.mkdtemp(prefix="sockwatch-db-")
        self.owner = pwd.getpwnam(user)
        os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        self.port = free_port()
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = None

    def run(self, *command, **options):
        return subprocess.run(command, check=True, user=self.owner.pw_uid, group=self.owner.pw_gid, extra_groups=[], cwd=self.folder,
                              stdout=self.log, stderr=self.log, **options)

    def start(self, *command, ready, what, env=None):
        self.process = subprocess.Popen(command, user=self.owner.pw_uid, group=self.owner.pw_gid, extra_groups=[], cwd=self.folder,
                                        stdout=self.log, stderr=self.log, env=env)

        def answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"{what} ended: " + open(self.log.name, errors="replace").read()[-2000:])
            return ready()
        wait_until(answers, f"{what} to answer", 60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.STOP)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Server):
    """Redis without persistence, on a free port and a socket in its folder."""

    def __init__(self):
        super().__init__("nobody")
        self.socket = os.path.join(self.folder, "redis.sock")
        self.start(program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--unixsocket",
                   self.socket, "--unixsocketperm", "777", what="Redis",
                   env={"SERVICE_NAME": "redis-server", "PATH": os.environ["PATH"]},
                   ready=lambda: subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True).stdout == b"PONG\n")
        self.cli("config", "resetstat")

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True, capture_output=True, text=True,
                              env={**os.environ, "SERVICE_NAME": "truth"}).stdout

    def info(self, section):
        return dict(line.split(":", 1) for line in self.cli("info", section).splitlines() if ":" in line)

    def keyspace(self):
        stats = self.info("stats")
        return {"hits": int(stats["keyspace_hits"]), "misses": int(stats["keyspace_misses"])}

    def calls(self):
        """{operation: calls} since the last reset; of the server's own questions none."""
        counts = {}
        for name, stats in self.info("commandstats").items():
            name = name.removeprefix("cmdstat_").split("|")[0].upper()
            if name not in ("INFO", "CONFIG", "COMMAND"):
                counts[name] = counts.get(name, 0) + int(stats.split(",")[0].removeprefix("calls="))
        return counts


class Memcached(Server):
    """memcached on a free port."""

    def __init__(self):
        super().__init__("nobody")
        self.start(program("memcached"), "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", "256", "-I", "8m", what="memcached",
                   env={"SERVICE_NAME": "memcached-server", "PATH": os.environ["PATH"]}, ready=self.stats)

    def stats(self):
        """{name: value} of the server's own statistics; empty while it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(b"stats\r\n")
                lines = iter(s.makefile("r").readline, "END\n")
                return {words[1]: words[2] for words in (line.split() for line in lines if line.strip() != "END")}
        except OSError:
            return {}


class MariaDb(Server):
    """MariaDB on a free port and a socket in its folder; user and database `bench`, and root to ask it for its own counts."""

    FOLDERS = ("/usr/sbin",)
    STOP = signal.SIGTERM

    def __init__(self, *options):
        super().__init__("mysql")
        self.socket = os.path.join(self.folder, "mysql.sock")
        data = os.path.join(self.folder, "data")
        self.run("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db")
        self.start(program("mariadbd", *self.FOLDERS), "--no-defaults", f"--datadir={data}", f"--socket={self.socket}",
                   f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", "--local-infile=1", *options,
                   what="MariaDB", env={"SERVICE_NAME": "mariadb", "PATH": os.environ["PATH"]},
                   ready=lambda: subprocess.run(["mariadb-admin", "--no-defaults", "-u", "root", "-S", self.socket, "ping"],
                                                capture_output=True).returncode == 0)
        self.ask("CREATE DATABASE bench; CREATE USER bench@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO bench@'%'")

    def ask(self, statements):
        """Rows, each a list of texts."""
        out = subprocess.run(["mariadb", "--no-defaults", "-u", "root", "-S", self.socket, "-N", "-B", "-e", statements], check=True,
                             capture_output=True, text=True, env={**os.environ, "SERVICE_NAME": "truth"}).stdout
        return [line.split("\t") for line in out.splitlines()]

    def commands(self):
        """{Com_...: n} of the whole server, other than 0."""
        return {name.removeprefix("Com_"): int(n) for name, n in self.ask("SHOW GLOBAL STATUS LIKE 'Com\\_%'") if int(n)}


class PostgreSql(Server):
    """PostgreSQL with pg_stat_statements; user and database `bench`, and `truth` to ask it for its own counts."""

    FOLDERS = ("/usr/lib/postgresql/*/bin",)

    def __init__(self, tls=False):
        super().__init__("postgres")
        initdb, server = (program(name, *self.FOLDERS) for name in ("initdb", "postgres"))
        data = os.path.join(self.folder, "data")
        self.run(initdb, "-D", data, "-A", "trust", "-U", "truth", "--no-sync")
        settings = {"port": self.port, "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{self.folder}'",
                    "shared_preload_libraries": "'pg_stat_statements'", "pg_stat_statements.track": "top", "fsync": "off",
                    "pg_stat_statements.max": 10000}
        if tls:
            self.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                     "-keyout", f"{data}/server.key", "-out", f"{data}/server.crt")
            os.chmod(f"{data}/server.key", 0o600)
            settings["ssl"] = "on"
        with open(os.path.join(data, "postgresql.conf"), "a") as f:
            f.writelines(f"{key} = {value}\n" for key, value in settings.items())
        self.start(server, "-D", data, what="PostgreSQL", env={"SERVICE_NAME": "postgres", "PATH": os.environ["PATH"]},
                   ready=lambda: subprocess.run([program("pg_isready", *self.FOLDERS), "-q", "-h", "127.0.0.1", "-p",
                                                 str(self.port)]).returncode == 0)
        self.ask("CREATE ROLE bench LOGIN SUPERUSER", "CREATE DATABASE bench OWNER bench")
        self.ask("CREATE EXTENSION pg_stat_statements", database="bench")

    def ask(self, *statements, database="template1"):
        """Rows of the last statement, each a list of texts; by the user whose statements are no part of any count."""
        out = ""
        for statement in statements:
            out = subprocess.run([program("psql", *self.FOLDERS), "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h",
                                  self.folder, "-p", str(self.port), "-U", "truth", "-d", database, "-c", statement],
                                 check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def calls(self):
        """{operation: calls} of the user bench since the last reset, by pg_stat_statements."""
        counts = {}
        for query, calls in self.ask("SELECT regexp_replace(query, '\\s+', ' ', 'g'), calls FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid "
                                     "WHERE rolname = 'bench'", database="bench"):
            word = query.split()[0].upper().strip(";")
            word = {"START": "BEGIN", "END": "COMMIT", "ABORT": "ROLLBACK", "VACUUM": "VACUUM"}.get(word, word)
            counts[word] = counts.get(word, 0) + int(calls)
        return counts

    def reset(self):
        self.ask("SELECT pg_stat_statements_reset()", database="bench")

    def states(self):
        """{state: connections} of the user bench, by pg_stat_activity."""
        return {state: int(n) for state, n in self.ask(
            "SELECT state, count(*) FROM pg_stat_activity WHERE usename = 'bench' GROUP BY state", database="bench")}
