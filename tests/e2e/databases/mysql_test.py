"""What the agent counts of a real MariaDB equals what MariaDB counts of itself: Com_*."""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from agent import Agent, wait_until  # noqa: E402
from checks import check, wrong  # noqa: E402
from database import MariaDb, ROOM, program  # noqa: E402

# What MariaDB calls the operations.
NAMES = {"select": "SELECT", "insert": "INSERT", "insert_select": "INSERT", "update": "UPDATE", "delete": "DELETE", "begin": "BEGIN",
         "commit": "COMMIT", "rollback": "ROLLBACK", "set_option": "SET", "stmt_prepare": "PREPARE", "replace": "REPLACE",
         "create_table": "CREATE", "create_procedure": "CREATE", "drop_table": "DROP", "load": "LOAD", "call_procedure": "CALL",
         "show_status": "SHOW", "show_warnings": "SHOW", "show_fields": "SHOW", "show_databases": "SHOW", "show_tables": "SHOW",
         "drop_procedure": "DROP", "change_db": "USE", "truncate": "TRUNCATE"}


def queries(agent, service, status="ok"):
    return {labels["operation"]: int(value) for labels, value in agent.samples("db_queries_total")
            if labels["service"] == service and labels["status"] == status and labels["operation"] not in ("PING", "STATISTICS")}


def difference(server, before):
    counts = {}
    for name, n in server.commands().items():
        n -= before.get(name, 0) + (name == "show_status")  # the question itself
        if n and name in NAMES:
            counts[NAMES[name]] = counts.get(NAMES[name], 0) + n
        elif n and name not in ("stmt_execute", "stmt_close", "admin_commands", "stmt_reset", "stmt_fetch", "stmt_send_long_data"):
            counts[name] = n
    return counts


def run(agent, server, service, command, what, ignore=(), within=None, **options):
    before = server.commands()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SERVICE_NAME": service}, **options)
    wanted = difference(server, before)
    for operation, n in (within or {}).items():  # nobody sent them: statements of procedures
        wanted[operation] -= n
    for operation in ignore:
        wanted.pop(operation, None)

    def seen():
        return {k: v for k, v in queries(agent, service).items() if k not in ignore}
    try:
        wait_until(lambda: seen() == wanted, what, 5)
    except TimeoutError:
        pass
    check(what, seen(), wanted)


def client(server, *options):
    return ["mariadb", "--no-defaults", "-u", "bench", "-psecret", "-h", "127.0.0.1", "-P", str(server.port), "-B", *options, "bench"]


TEXT = """
CREATE TABLE t (a int, b varchar(20000));
INSERT INTO t VALUES (1, 'x'), (2, ';'), (3, NULL);
SELECT * FROM t; SELECT a FROM t WHERE a > 99;
/* a; b */ SELECT ';', "it''s", `a` FROM t -- ; nothing
;
BEGIN; UPDATE t SET b = 'y'; COMMIT;
START TRANSACTION; DELETE FROM t WHERE a = 1; ROLLBACK;
REPLACE INTO t VALUES (5, 'z');
INSERT INTO t SELECT seq, repeat('w', 1000) FROM seq_1_to_5000;
SELECT * FROM t;
SET @a = 1;
SELECT @a;
SET STATEMENT max_statement_time = 100 FOR SELECT 1;
/*M!999999 for no server */ /*!40101 SET @b = 1 */;
"""

PYTHON = """
import pymysql, sys
port, sock, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
for where in ({"host": "127.0.0.1", "port": port}, {"unix_socket": sock}):
    c = pymysql.connect(user="bench", password="secret", database="bench", local_infile=True,
                        client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS, **where)
    k = c.cursor()
    k.execute("CREATE TABLE IF NOT EXISTS p (a int)")
    k.execute("SELECT 1; SELECT 2; INSERT INTO p VALUES (3); SELECT ';' -- ;\\n; SELECT 4")
    while k.nextset(): pass
    k.execute("DROP PROCEDURE IF EXISTS two")
    k.execute("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END")
    k.execute("CALL two()")
    while k.nextset(): pass
    k.execute("LOAD DATA LOCAL INFILE %s INTO TABLE p", (path,))
    k.execute("SELECT repeat('x', 5000000)"); k.fetchall()
    k.execute("INSERT INTO p SELECT 1 FROM p WHERE '" + "x" * 3000000 + "' = ''")
    k.execute("SELECT '" + "y" * 17000000 + "'") if where.get("port") else None
    for i in range(100): k.execute("SELECT * FROM p WHERE a = %s", (i,))
    c.commit(); c.ping(); c.select_db("bench"); c.close()
"""

def statements(agent, server, path, rows):
    """By the C client: what the server counts as prepared, executed, fetched and reset."""
    before = server.commands()
    subprocess.run([path, str(server.port), rows], check=True, env={**os.environ, "SERVICE_NAME": "statements"})
    after = server.commands()
    truth = {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}
    within = {"select": 4, "insert": 2}  # of procedures, in two calls
    wanted = {"PREPARE": truth["stmt_prepare"], "FETCH": truth["stmt_fetch"], "RESET": truth["stmt_reset"], "LOAD": truth["load"],
              "CALL": truth["call_procedure"], "SELECT": truth["select"] - within["select"], "INSERT": truth["insert"] + truth["insert_select"] - within["insert"],
              "BEGIN": truth["begin"], "_OTHER": truth["start_slave"]}

    def seen():
        counts = queries(agent, "statements")
        for operation, n in queries(agent, "statements", "error").items():
            counts[operation] = counts.get(operation, 0) + n
        counts["SELECT"] = counts.get("SELECT", 0) - 1  # the execution of what could not be prepared: no command to the server
        counts["_OTHER"] = counts.get("_OTHER", 0) - 1  # another user logs in
        return {operation: counts.get(operation, 0) for operation in wanted}
    try:
        wait_until(lambda: seen() == wanted, "the statements", 5)
    except TimeoutError:
        pass
    check("prepared statements, cursors, long data, bulks, CALL, LOCAL INFILE of 6 MB, commands and rows of 17 MB", seen(), wanted)
    check("none of them is unknown", queries(agent, "statements", "unknown"), {})


def pool(agent, server):
    script = """
import pymysql, sys, threading, os
where = dict(host="127.0.0.1", port=int(sys.argv[1]), user="bench", password="secret", database="bench")
idle = [pymysql.connect(autocommit=True, **where) for _ in range(3)]
held = [pymysql.connect(**where) for _ in range(4)]
for c in held: c.begin(); c.cursor().execute("SELECT 1")
busy = [pymysql.connect(autocommit=True, **where) for _ in range(5)]
def work(c):
    try: c.cursor().execute("SELECT sleep(600)")
    except Exception: pass
for c in busy: threading.Thread(target=work, args=(c,), daemon=True).start()
print("ready", flush=True); sys.stdin.readline(); os._exit(0)
"""
    process = subprocess.Popen(["/usr/bin/python3", "-c", script, str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env={**os.environ, "SERVICE_NAME": "pool"})
    try:
        process.stdout.readline()

        def truth():
            rows = server.ask("SELECT p.command, p.info IS NOT NULL, t.trx_id IS NOT NULL FROM information_schema.processlist p "
                              "LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id WHERE p.user = 'bench'")
            busy = sum(command == "Query" for command, _, _ in rows)
            return {"active": busy, "connections": len(rows)}
        wait_until(lambda: truth() == {"active": 5, "connections": 12}, "five running queries", 10)
        wanted = {"active": 5, "idle": 3, "in_transaction": 4}

        def gauges():
            value = {name: int(agent.value(f"db_connections_{name}", service="pool", db_system="mysql"))
                     for name in ("active", "idle", "in_transaction")}
            value["active"] -= value["in_transaction"]
            return value
        try:
            wait_until(lambda: gauges() == wanted, "the gauges", 5)
        except TimeoutError:
            pass
        check("pool gauges", gauges(), wanted)
    finally:
        process.stdin.close()
        process.wait(20)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    parser.add_argument("--statements", help="the C client")
    options = parser.parse_args()
    if not program("mariadbd", *MariaDb.FOLDERS) or not program("mariadb"):
        print("skipped: MariaDB is not installed")
        return 77
    with MariaDb("--max-allowed-packet=64M") as server, Agent(options.agent, ROOM) as agent:
        run(agent, server, "client", client(server), "mariadb, text, 5 MB of rows", input=TEXT.encode())
        rows = os.path.join(server.folder, "rows")
        with open(rows, "w") as f:
            f.writelines(f"{i}\n" for i in range(300000))
        os.chmod(rows, 0o644)
        os.chmod(server.folder, 0o755)
        run(agent, server, "python", ["/usr/bin/python3", "-c", PYTHON, str(server.port), server.socket, rows],
            "pymysql: several statements, CALL, LOCAL INFILE, 17 MB packets", within={"SELECT": 4})  # in procedures
        check("a command of 17 MB has its answer", queries(agent, "python", "unknown"), {})
        if options.statements:
            with open(rows, "w") as f:
                f.writelines(f"{i}\tx\n" for i in range(700000))  # so many packets that their numbers begin again
            statements(agent, server, options.statements, rows)
        else:
            print("skipped: libmariadb-dev is not installed")
        slap = ["mariadb-slap", "--no-defaults", "-u", "bench", "-psecret", "-h", "127.0.0.1", "-P", str(server.port), "-a",
                "--auto-generate-sql-load-type=mixed", "-c", "4", "--number-of-queries=400", "--create-schema=slap"]
        run(agent, server, "slap", slap, "mariadb-slap", ignore=("create_db", "drop_db", "CREATE", "DROP", "USE"))
        subprocess.run([*client(server, "--ssl-verify-server-cert=0"), "-C", "-e", "SELECT SLEEP(0.3)"], capture_output=True,
                       env={**os.environ, "SERVICE_NAME": "compressed"})
        wait_until(lambda: agent.value("sockwatch_unreadable_segments_total", service="compressed", reason="compressed"),
                   "compressed segments", 5)
        check("compressed: no query is made up", queries(agent, "compressed"), {})
        for broken in ("SELEC 1", "SELECT * FROM nowhere", "INSERT INTO nowhere VALUES (1)"):
            subprocess.run([*client(server), "-e", "SELECT SLEEP(0.3); " + broken], capture_output=True,
                           env={**os.environ, "SERVICE_NAME": "broken"})
        try:
            wait_until(lambda: sum(queries(agent, "broken", "error").values()) >= 3, "the errors", 5)
        except TimeoutError:
            pass
        check("errors", queries(agent, "broken", "error"), {"_OTHER": 1, "SELECT": 1, "INSERT": 1})
        pool(agent, server)
        check("segments lost", agent.value("sockwatch_lost_segments_total"), 0)
        check("messages that made no sense", agent.value("sockwatch_parse_errors_total", reason="bad_message"), 0)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
