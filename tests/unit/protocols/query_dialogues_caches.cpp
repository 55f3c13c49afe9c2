#include "query_dialogues_more.h"
#include "query_messages.h"

namespace sockwatch {

std::vector<QueryDialogue> cache_dialogues() {
  return {
      {"a module's command first, and one without a name", "redis",
       {client(resp({"FT.SEARCH", "idx", "q"}) + resp({"GET", "k"})), server("*1\r\n:0\r\n$-1\r\n"), client(resp({""}) + resp({"GET", "k"}) + "*0\r\n\r\n"),
        server("-ERR unknown command ''\r\n$1\r\nv\r\n"), client(resp({"GEORADIUSBYMEMBER_RO", "g", "m"})), server("*0\r\n")},
       {"_OTHER ok", "GET ok 0+1", "_OTHER error", "GET ok 1+0", "GEORADIUSBYMEMBER_RO ok 0+1"}},
      {"what replies tell of keys", "redis",
       {client(resp({"GEORADIUS", "g"}) + resp({"GEORADIUS_RO", "no"}) + resp({"GEORADIUSBYMEMBER", "g"}) + resp({"GEOSEARCH", "no"}) +
               resp({"GEOSEARCHSTORE", "d", "g"}) + resp({"GEORADIUS", "no", "STORE", "d"})),
        server("*1\r\n$1\r\nm\r\n*0\r\n*1\r\n$1\r\nm\r\n*0\r\n:2\r\n:0\r\n"),
        client(resp({"SORT", "l"}) + resp({"SORT", "no"}) + resp({"SORT_RO", "no"}) + resp({"SORT", "l", "STORE", "d"}) + resp({"SORT", "no", "STORE", "d"}) +
               resp({"SORT", "s"})),
        server("*1\r\n$1\r\n1\r\n*0\r\n*0\r\n:3\r\n:0\r\n-WRONGTYPE\r\n"),
        client(resp({"OBJECT", "ENCODING", "s"}) + resp({"object", "freq", "no"}) + resp({"OBJECT", "IDLETIME", "s"}) + resp({"OBJECT", "HELP"})),
        server("$6\r\nembstr\r\n$-1\r\n:0\r\n*1\r\n+OBJECT\r\n"),
        client(resp({"PFCOUNT", "p"}) + resp({"PFCOUNT", "no"}) + resp({"PFCOUNT", "p", "no"}) + resp({"ZINTERCARD", "2", "z", "no"})),
        server(":2\r\n:0\r\n:2\r\n:0\r\n"),
        client(resp({"JSON.GET", "j"}) + resp({"json.get", "no"}) + resp({"JSON.MGET", "j", "no", "$.a"})),
        server("$2\r\n{}\r\n$-1\r\n*2\r\n$3\r\n[1]\r\n$-1\r\n")},
       {"GEORADIUS ok 1+0", "GEORADIUS_RO ok 0+1", "GEORADIUSBYMEMBER ok 1+0", "GEOSEARCH ok 0+1", "GEOSEARCHSTORE ok 1+0", "GEORADIUS ok 0+1",
        "SORT ok 1+0", "SORT ok 0+1", "SORT_RO ok 0+1", "SORT ok 1+0", "SORT ok 0+1", "SORT error 1+0",
        "OBJECT ok 1+0", "OBJECT ok 0+1", "OBJECT ok 1+0", "OBJECT ok", "PFCOUNT ok 1+0", "PFCOUNT ok 0+1", "PFCOUNT ok", "ZINTERCARD ok",
        "JSON.GET ok 1+0", "JSON.GET ok 0+1", "JSON.MGET ok 1+1"}},
      {"replies that are switched off", "redis",
       {client(resp({"CLIENT", "REPLY", "SKIP"}) + resp({"SET", "k", "v"}) + resp({"GET", "k"})), server("$1\r\nv\r\n"),
        client(resp({"client", "reply", "off"}) + resp({"GET", "k"}) + resp({"CLIENT", "REPLY", "ON"}) + resp({"GET", "k"})),
        server("+OK\r\n$1\r\nv\r\n")},
       {"CLIENT unknown", "SET unknown", "GET ok 1+0", "CLIENT unknown", "GET unknown", "CLIENT ok", "GET ok 1+0"}},
      {"replies of every type", "redis",
       {client(resp({"HELLO", "3"}) + resp({"ZSCORE", "z", "m"}) + resp({"INFO"}) + resp({"SMEMBERS", "s"}) + resp({"EVAL", "x", "0"}) + resp({"MGET", "a", "b"}) +
               resp({"HGETALL", "h"}) + resp({"ECHO", "x"}) + resp({"GET", "k"}) + resp({"BLPOP", "q", "1"})),
        server("%2\r\n+a\r\n:1\r\n+modules\r\n*0\r\n,1.5\r\n=8\r\ntxt:a\r\nb\r\n~2\r\n+x\r\n+y\r\n(123456789012345678901234567890\r\n"
               ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n*2\r\n_\r\n$1\r\nv\r\n%0\r\n#t\r\n!8\r\nERR a\r\nb\r\n*-1\r\n")},
       {"HELLO ok", "ZSCORE ok 1+0", "INFO ok", "SMEMBERS ok 1+0", "EVAL ok", "MGET ok 1+1", "HGETALL ok 0+1", "ECHO ok", "GET error", "BLPOP ok"}},
      {"the binary protocol, quiet requests too", "memcached",
       {client(ask(1, 1, "k", std::string(8, '\0'), "v") + ask(0, 2, "k")), server(answer(1, 0, 1) + answer(0, 0, 2, "\0\0\0\0v")),
        client(ask(0, 3, "none")), server(answer(0, 1, 3, "Not found")),
        client(ask(9, 4, "a") + ask(0x0d, 5, "b") + ask(9, 6, "c") + ask(0x11, 7, "k", std::string(8, '\0'), "v") + ask(10, 8, "")),
        server(answer(0x0d, 0, 5, "v", "b") + answer(10, 0, 8)), client(ask(0x10, 9, "")),
        server(answer(0x10, 0, 9, "1", "pid") + answer(0x10, 0, 9, "2", "uptime") + answer(0x10, 0, 9)), client(ask(0x21, 10, "PLAIN", {}, "secret")),
        server(answer(0x21, 0x20, 10, "Auth failure")), client(ask(0x1d, 11, "k", std::string(4, '\0')) + ask(5, 12, "n", std::string(20, '\0'))),
        server(answer(0x1d, 0, 11, "v") + answer(5, 6, 12, "not a number")), client(ask(0x17, 13, ""))},
       {"SET ok", "GET ok 1+0", "GET ok 0+1", "GET ok 0+1", "GET ok 1+0", "GET ok 0+1", "SET ok", "NOOP ok", "STATS ok", "AUTH error", "GAT ok 1+0",
        "INCR error"}},
      {"SUBSCRIBE in a transaction, and what follows", "redis",
       {client(resp({"MULTI"}) + resp({"SUBSCRIBE", "a"}) + resp({"GET", "k"}) + resp({"EXEC"})),
        server("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n$1\r\nv\r\n"),
        client(resp({"UNSUBSCRIBE"})), server("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n"),
        client(resp({"GET", "k"}) + resp({"GET", "none"})), server("$1\r\nv\r\n$-1\r\n"),
        client(resp({"COMMAND", "x"})), server("*1\r\n*2\r\n$7\r\nmessage\r\n:2\r\n"), client(resp({"GET", "k"})), server("$1\r\nv\r\n")},
       {"MULTI ok", "SUBSCRIBE ok", "GET ok 1+0", "EXEC ok", "UNSUBSCRIBE ok", "GET ok 1+0", "GET ok 0+1", "COMMAND ok", "GET ok 1+0"}},
      {"a first command that is refused", "memcached",
       {client("get\r\n"), server("ERROR\r\n"), client("set k 0 0 1\r\nx\r\nget k z\r\n"), server("STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n")},
       {"GET error", "SET ok", "GET ok 1+1"}},
      {"a greeting of one word", "memcached",
       {client("version\r\n"), server("VERSION 1.6.18\r\n"), client("flush_all\r\nverbosity 1\r\n"), server("OK\r\nOK\r\n"),
        client("incr n 1\r\ntouch n 0\r\n"), server("5\r\nTOUCHED\r\n")},
       {"VERSION ok", "FLUSH_ALL ok", "VERBOSITY ok", "INCR ok", "TOUCH ok"}},
      {"a first command without an answer", "memcached",
       {client("set k 0 0 1 noreply\r\nx\r\nmg k v\r\n"), server("VA 1\r\nx\r\n"), client("quit\r\n")},
       {"SET unknown", "MG ok 1+0"}},
      {"a dump of keys", "memcached",
       {client("lru_crawler metadump all\r\n"), server("key=a exp=-1\r\nkey=b exp=-1\r\nEND\r\n"), client("get a\r\n"), server("END\r\n")},
       {"_OTHER ok", "GET ok 0+1"}},
  };
}

}  // namespace sockwatch
