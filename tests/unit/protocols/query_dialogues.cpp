#include "query_dialogues.h"

#include <utility>

#include "query_dialogues_more.h"
#include "query_messages.h"

namespace sockwatch {

Turn client(std::string bytes) { return {Turn::Who::client, std::move(bytes)}; }
Turn server(std::string bytes) { return {Turn::Who::server, std::move(bytes)}; }

std::vector<QueryDialogue> query_dialogues() {
  std::vector<QueryDialogue> all = {
      {"simple queries", "postgresql",
       {client(pg_startup()), server(kPgWelcome), client(pg('Q', nul("SELECT 1; /* ; */ INSERT INTO t VALUES (';')"))),
        server(kPgRow + done("SELECT 1") + done("INSERT 0 1") + ready('I')), client(pg('Q', nul("selec 1"))), server(kPgError + ready('I')),
        client(pg('Q', nul(";"))), server(pg('I', "") + ready('I')), client(pg('X', ""))},
       {"SELECT ok", "INSERT ok", "_OTHER error"}},
      {"the extended protocol, pipelined", "postgresql",
       {client(pg_startup()), server(kPgWelcome),
        client(pg('P', nul("s") + nul("UPDATE t SET a = $1") + std::string(2, '\0')) + pg('B', nul("") + nul("s") + "p") + pg('E', nul("") + big(0)) +
               pg('B', nul("") + nul("s") + "p") + pg('E', nul("") + big(0)) + pg('S', "")),
        server(pg('1', "") + pg('2', "") + done("UPDATE 3") + pg('2', "") + kPgError + ready('E')), client(pg('Q', nul("ROLLBACK"))),
        server(done("ROLLBACK") + ready('I'))},
       {"UPDATE ok", "UPDATE error", "ROLLBACK ok"}},
      {"COPY", "postgresql",
       {client(pg_startup()), server(kPgWelcome), client(pg('Q', nul("COPY t FROM STDIN"))), server(pg('G', "abc")),
        client(pg('d', "1\n") + pg('d', "2\n") + pg('c', "")), server(done("COPY 2") + ready('I'))},
       {"COPY ok"}},
      {"TLS refused", "postgresql",
       {client(big(8) + big(80877103)), server("N"), client(pg_startup()), server(kPgWelcome), client(pg('Q', nul("BEGIN"))),
        server(done("BEGIN") + ready('T'))},
       {"BEGIN ok"}},
      {"no answer", "postgresql", {client(pg_startup()), server(kPgWelcome), client(pg('Q', nul("SELECT 1")))}, {"SELECT aborted"}},
      {"commands and replies", "redis",
       {client(resp({"SET", "k", "v"}) + resp({"get", "k"}) + resp({"GET", "none"}) + resp({"MGET", "k", "none", "k"})),
        server("+OK\r\n$1\r\nv\r\n$-1\r\n*3\r\n$1\r\nv\r\n$-1\r\n$1\r\nv\r\n"), client(resp({"HGETALL", "none"}) + resp({"EXISTS", "k", "none"})),
        server("*0\r\n:1\r\n"), client(resp({"NOSUCH"}) + "PING\r\n"), server("-ERR unknown command\r\n+PONG\r\n")},
       {"SET ok", "GET ok 1+0", "GET ok 0+1", "MGET ok 2+1", "HGETALL ok 0+1", "EXISTS ok 1+1", "_OTHER error", "PING ok"}},
      {"a transaction", "redis",
       {client(resp({"MULTI"}) + resp({"GET", "k"}) + resp({"LPOP", "k"}) + resp({"MGET", "a", "b"}) + resp({"EXEC"})),
        server("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$1\r\nv\r\n-WRONGTYPE\r\n*2\r\n$-1\r\n$1\r\nv\r\n"),
        client(resp({"MULTI"}) + resp({"GET", "k"}) + resp({"DISCARD"})), server("+OK\r\n+QUEUED\r\n+OK\r\n")},
       {"MULTI ok", "GET ok 1+0", "LPOP error", "MGET ok 1+1", "EXEC ok", "MULTI ok", "DISCARD ok"}},
      {"RESP3 and messages", "redis",
       {client(resp({"HELLO", "3"})), server("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n"), client(resp({"SUBSCRIBE", "a", "b"}) + resp({"GET", "k"})),
        server(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
               "|1\r\n+ttl\r\n:3600\r\n_\r\n")},
       {"HELLO ok", "SUBSCRIBE ok", "GET ok 0+1"}},
      {"text", "memcached",
       {client("set k 0 0 5\r\nEND\r\n\r\n"), server("STORED\r\n"), client("get k none k2\r\n"), server("VALUE k 0 5\r\nEND\r\n\r\nEND\r\n"),
        client("set k 0 0 1 noreply\r\nx\r\nget none\r\n"), server("END\r\n"), client("incr k 1\r\n"), server("CLIENT_ERROR cannot\r\n")},
       {"SET ok", "GET ok 1+2", "SET unknown", "GET ok 0+1", "INCR error"}},
      {"meta commands", "memcached",
       {client("mg a v q\r\nmg b v q\r\nmg c v\r\nms d 2 q\r\nhi\r\nmn\r\n"), server("VA 1\r\nx\r\nEN\r\nMN\r\n")},
       {"MG ok 1+0", "MG ok 0+1", "MG ok 0+1", "MS ok", "MN ok"}},
  };
  for (const bool deprecate : {false, true}) {
    const uint32_t capabilities = kUsual | (deprecate ? kDeprecateEof : 0);
    const auto ended = [&](uint8_t sequence, uint8_t status) { return deprecate ? std::string() : my_eof(sequence, status); };
    all.push_back({deprecate ? "rows that end in OK" : "rows that end in EOF", "mysql",
                   {server(my_greeting(capabilities)), client(my_login(capabilities)), server(my_ok(2, 2)), client(my_command(3, "SELECT 1")),
                    server(my_rows(deprecate, 2)), client(my_command(3, "INSERT INTO t VALUES (1); SELECT 2")),
                    server(my_ok(1, 10) + my_rows(deprecate, 2)), client(my_command(3, "UPDATE nowhere")), server(my(1, "\xff" "abc#42S02no")),
                    client(my_command(22, "DELETE FROM t WHERE a = ?")),
                    server(my(1, std::string{0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}) + my(2, std::string(30, 'p')) + ended(3, 2)),
                    client(my_command(23, std::string{5, 0, 0, 0, 0, 1, 0, 0, 0})), server(my_ok(1, 2)),
                    client(my_command(3, "CALL p()")), server(my_rows(deprecate, 10) + my_rows(deprecate, 10) + my_ok(9, 2)),
                    client(my_command(14, "")), server(my_ok(1, 2)), client(my_command(1, ""))},
                   {"SELECT ok", "INSERT ok", "SELECT ok", "UPDATE error", "PREPARE ok", "DELETE ok", "CALL ok", "PING ok"}});
  }
  for (const auto& more : {postgresql_dialogues(), mysql_dialogues(), cache_dialogues()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace sockwatch
