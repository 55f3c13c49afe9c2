"""What the agent counts of a real PostgreSQL equals what PostgreSQL counts of itself."""

import argparse
import os
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from agent import Agent, wait_until  # noqa: E402
from checks import check, wrong  # noqa: E402
from database import PostgreSql, ROOM, program  # noqa: E402


def queries(agent, service, status="ok"):
    return {labels["operation"]: int(value) for labels, value in agent.samples("db_queries_total")
            if labels["service"] == service and labels["status"] == status}


def compare(agent, service, truth, what):
    try:
        wait_until(lambda: queries(agent, service) == truth, what, 5)
    except TimeoutError:
        pass
    check(what, queries(agent, service), truth)


def run(service, *command, **options):
    return subprocess.run(command, env={**os.environ, "SERVICE_NAME": service, "PGSSLMODE": "disable", **options.pop("env", {})},
                          capture_output=True, text=True, **options)


def dsn(server, host=None):
    return f"host={host or '127.0.0.1'} port={server.port} user=bench dbname=bench"


def pgbench(agent, server):
    tool = program("pgbench", *PostgreSql.FOLDERS)
    where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "bench"]
    server.reset()
    run("pgbench-init", tool, *where, "-i", "-s", "1", "-q", "bench", check=True)
    compare(agent, "pgbench-init", server.calls(), "pgbench -i (COPY, VACUUM, DDL)")
    for mode in ("simple", "extended", "prepared"):
        server.reset()
        run(f"pgbench-{mode}", tool, *where, "-M", mode, "-c", "4", "-j", "2", "-t", "200", "-n", "bench", check=True)
        truth = server.calls()
        if mode == "prepared":  # PostgreSQL counts a prepared utility statement once a connection
            truth["BEGIN"] = truth["COMMIT"] = 800
        compare(agent, f"pgbench-{mode}", truth, f"pgbench -M {mode}")
    script = os.path.join(server.folder, "pipeline.sql")
    with open(script, "w") as f:
        f.write("\\startpipeline\nSELECT 1;\nUPDATE pgbench_branches SET bbalance = 0 WHERE bid = 1;\nSELECT 2;\n\\endpipeline\n")
    server.reset()
    run("pgbench-pipeline", tool, *where, "-M", "extended", "-c", "2", "-t", "200", "-n", "-f", script, "bench", check=True)
    compare(agent, "pgbench-pipeline", server.calls(), "pgbench, pipelined")


def psql(agent, server):
    tool = program("psql", *PostgreSql.FOLDERS)
    server.reset()
    statements = ["SELECT 1; SELECT 2; INSERT INTO t VALUES (3)", "BEGIN; UPDATE t SET a = 4; COMMIT", "/* a; b */ SELECT ';' -- ;\n",
                  "SELECT repeat('x', 10000) FROM generate_series(1, 2000)", "VALUES (1), (2)", ";", "DELETE FROM t WHERE a = 0"]
    commands = [word for s in ["CREATE TABLE t (a int)", *statements] for word in ("-c", s)]
    run("shop-psql", tool, "-X", "-q", "-o", "/dev/null", dsn(server), *commands, check=True)
    truth = server.calls()
    truth["SELECT"] = truth.get("SELECT", 0) + truth.pop("VALUES", 0)
    truth["SELECT"] += truth.pop("/*", 0)
    wait_until(lambda: sum(queries(agent, "shop-psql").values()) >= sum(truth.values()), "psql's statements", 5)
    check("psql, several statements, comments, 20 MB of rows", queries(agent, "shop-psql"), truth)
    # One process that stays until it has been counted: what is gone in a moment has no name of its own.
    client = subprocess.Popen([tool, "-X", "-q", dsn(server)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              text=True, env={**os.environ, "SERVICE_NAME": "psql-broken", "PGSSLMODE": "disable"})
    client.stdin.write("SELEC 1;\nSELECT * FROM nowhere;\nSELECT 1/0;\nBEGIN; INSERT INTO nowhere VALUES (1);\n")
    client.stdin.flush()
    wanted = {"_OTHER": 1, "SELECT": 2, "INSERT": 1}
    try:
        wait_until(lambda: queries(agent, "psql-broken", "error") == wanted, "the errors", 10)
    except TimeoutError:
        pass
    client.stdin.close()
    client.wait(20)
    check("psql, errors", queries(agent, "psql-broken", "error"), wanted)


# Drivers with ways of their own: rows in pieces, portals left open, pipelines that fail in the middle, cancellation.
DRIVERS = {
    "asyncpg": """
import asyncio, asyncpg, io, sys
async def main():
    c = await asyncpg.connect(host="127.0.0.1", port=int(sys.argv[1]), user="bench", database="bench", ssl=False)
    await c.execute("CREATE TABLE drivers (a int PRIMARY KEY, b text)")
    await c.executemany("INSERT INTO drivers VALUES ($1, $2)", [(i, "x") for i in range(300)])
    for i in range(30): await c.fetchrow("SELECT * FROM drivers WHERE a >= $1", i)
    async with c.transaction():
        async for _ in c.cursor("SELECT generate_series(1, 500)", prefetch=50): pass
        k = await c.cursor("SELECT generate_series(1, 500)")
        await k.fetch(10); await k.fetch(10)
    for bad in ("SELECT 1/0", "SELECT nothing"):
        try: await c.fetch(bad)
        except asyncpg.PostgresError: pass
    try: await c.executemany("INSERT INTO drivers VALUES ($1, $2)", [(1000, "x"), (1, "there already"), (1001, "y")])
    except asyncpg.PostgresError: pass
    await c.copy_records_to_table("drivers", records=[(i, "c") for i in range(5000, 6000)])
    await c.copy_from_query("SELECT * FROM drivers", output=io.BytesIO())
    await c.execute("SELECT 1; SELECT 2; BEGIN; SELECT 3; COMMIT")
    try: await c.fetch("SELECT pg_sleep(60)", timeout=0.2)
    except asyncio.TimeoutError: pass
    await c.fetchval("SELECT 9")
    await c.close()
asyncio.run(main())
""",
    "psycopg": """
import psycopg, sys
where = f"host=127.0.0.1 port={sys.argv[1]} user=bench dbname=bench"
with psycopg.connect(where, autocommit=True) as c:
    with c.pipeline():
        for i in range(50): c.execute("UPDATE drivers SET b = 'z' WHERE a = %s", (i,))
    try:
        with c.pipeline() as p:
            c.execute("SELECT 1"); c.execute("INSERT INTO drivers VALUES (1, 'there already')"); c.execute("SELECT 2"); p.sync()
            c.execute("SELECT 3")
    except psycopg.Error: pass
    with c.cursor().copy("COPY drivers FROM STDIN") as rows: rows.write_row((7000, "z"))
    try:
        with c.cursor().copy("COPY drivers FROM STDIN") as rows:
            rows.write_row((7001, "z")); raise ValueError
    except (ValueError, psycopg.Error): pass
    with c.cursor().copy("COPY drivers TO STDOUT") as rows:
        for _ in rows: pass
    c.execute("LISTEN ch"); c.execute("NOTIFY ch, 'hi'"); c.execute("DO $$ begin raise notice 'n'; end $$"); c.execute("")
    for _ in c.cursor().stream("SELECT generate_series(1, 100)"): pass
""",
}


def drivers(agent, server):
    wanted_errors = {"asyncpg": {"SELECT": 3, "INSERT": 1}, "psycopg": {"INSERT": 1, "COPY": 1}}
    for driver, script in DRIVERS.items():
        if subprocess.run(["/usr/bin/python3", "-c", f"import {driver}"], capture_output=True).returncode:
            print(f"skipped: {driver} is not installed")
            continue
        server.reset()
        run(driver, "/usr/bin/python3", "-c", script, str(server.port), check=True)
        compare(agent, driver, server.calls(), f"{driver}: rows in pieces, pipelines, COPY")
        check(f"{driver}: errors", queries(agent, driver, "error"), wanted_errors[driver])


CLIENT = """
import psycopg2, sys, threading
dsn, n = sys.argv[1], int(sys.argv[2])
idle = [psycopg2.connect(dsn) for _ in range(n)]
for c in idle: c.autocommit = True
for c in idle: c.cursor().execute("SELECT 1")
held = [psycopg2.connect(dsn) for _ in range(n + 1)]
for c in held: c.cursor().execute("SELECT 1")
failed = psycopg2.connect(dsn)
try: failed.cursor().execute("SELECT 1/0")
except psycopg2.Error: pass
busy = [psycopg2.connect(dsn) for _ in range(n + 2)]
def work(c):
    try: c.cursor().execute("SELECT pg_sleep(600)")
    except psycopg2.Error: pass
for c in busy:
    c.autocommit = True
    threading.Thread(target=work, args=(c,), daemon=True).start()
print("ready", flush=True)
sys.stdin.readline()
import os; os._exit(0)
"""


def pool(agent, server, service, host):
    """The pool's gauges equal pg_stat_activity."""
    client = subprocess.Popen(["/usr/bin/python3", "-c", CLIENT, dsn(server, host), "3"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, "SERVICE_NAME": service, "PGSSLMODE": "disable"})
    try:
        client.stdout.readline()
        wait_until(lambda: server.states().get("active") == 5, "five running queries", 10)
        states = server.states()
        wanted = {"active": states["active"], "idle": states["idle"],
                  "in_transaction": states["idle in transaction"] + states["idle in transaction (aborted)"]}

        def gauges():
            value = {name: agent.value(f"db_connections_{name}", service=service, db_system="postgresql")
                     for name in ("active", "idle", "in_transaction")}
            value["active"] -= value["in_transaction"]
            return value
        try:
            wait_until(lambda: gauges() == wanted, "the gauges", 5)
        except TimeoutError:
            pass
        check(f"pool gauges, {service}", gauges(), wanted)
        def server_side():
            return {labels["state"]: value for labels, value in agent.samples("db_server_connections")
                    if labels["service"] == "postgres" and value}
        try:
            wait_until(lambda: server_side() == wanted, "the server's gauges", 5)
        except TimeoutError:
            pass
        check(f"the same seen by the server, {service}", server_side(), wanted)
    finally:
        client.stdin.close()
        client.wait(20)
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bench'")  # the sleeping ones
    wait_until(lambda: not server.states(), "the connections to end", 20)
    wait_until(lambda: agent.value("db_connections_active", service=service) == 0
               and agent.value("db_connections_idle", service=service) == 0, "the gauges to be 0", 10)


def tls(agent):
    with PostgreSql(tls=True) as server:
        tool = program("psql", *PostgreSql.FOLDERS)
        run("psql-tls", tool, "-X", "-q", "-o", "/dev/null", dsn(server) + " sslmode=require", "-c", "SELECT 1", "-c", "SELECT 2", check=True)
        unreadable = wait_until(lambda: agent.value("sockwatch_unreadable_segments_total", service="psql-tls", reason="encrypted"),
                                "encrypted segments", 5)
        check("TLS: segments are counted as encrypted", unreadable > 0, True)
        check("TLS: no query is made up", queries(agent, "psql-tls"), {})


def replication(agent, server):
    """What a base backup asks is no query, as the server has it."""
    def others():
        return sum(value for labels, value in agent.samples("db_server_queries_total") if labels["operation"] in ("_OTHER", "SHOW"))
    before = others()
    run("backup", program("pg_basebackup", *PostgreSql.FOLDERS), "-D", os.path.join(server.folder, "backup"), "-c", "fast", "-X", "stream",
        "-h", "127.0.0.1", "-p", str(server.port), "-U", "bench", check=True)
    run("psql-after", program("psql", *PostgreSql.FOLDERS), "-X", "-q", "-o", "/dev/null", dsn(server), "-c", "SELECT 1", check=True)
    compare(agent, "psql-after", {"SELECT": 1}, "the query behind a base backup")
    check("a base backup is no query of the client", queries(agent, "backup"), {})
    check("nor of the server", others() - before, 0)


def older_connection(path, server):
    """A connection that was there before the agent."""
    client = subprocess.Popen([program("psql", *PostgreSql.FOLDERS), "-X", "-q", "-A", "-t", dsn(server)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, "SERVICE_NAME": "older", "PGSSLMODE": "disable"})

    def ask(statement):
        client.stdin.write(statement + "\n\\echo done\n")
        client.stdin.flush()
        while client.stdout.readline().strip() != "done":
            pass
    try:
        ask("SELECT 1;")
        with Agent(path, ROOM) as agent:
            for _ in range(5):
                ask("UPDATE t SET a = a;")
            try:
                wait_until(lambda: queries(agent, "older") == {"UPDATE": 5}, "five updates", 5)
            except TimeoutError:
                pass
            check("a connection older than the agent", queries(agent, "older"), {"UPDATE": 5})
    finally:
        client.stdin.close()
        client.wait(20)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    if not program("postgres", *PostgreSql.FOLDERS):
        print("skipped: PostgreSQL is not installed")
        return 77
    with PostgreSql() as server:
        with Agent(options.agent, ROOM) as agent:
            pgbench(agent, server)
            psql(agent, server)
            drivers(agent, server)
            pool(agent, server, "pool-tcp", None)
            pool(agent, server, "pool-unix", server.folder)
            replication(agent, server)
            tls(agent)
            check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
            check("messages that made no sense", agent.value("sockwatch_parse_errors_total", reason="bad_message"), 0)
        older_connection(options.agent, server)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
