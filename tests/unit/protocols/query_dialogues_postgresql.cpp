#include "query_dialogues_more.h"
#include "query_messages.h"

namespace sockwatch {

std::vector<QueryDialogue> postgresql_dialogues() {
  return {
      {"COPY in the extended protocol, asked with a Sync that the server passes over", "postgresql",
       {client(pg_startup()), server(kPgWelcome), client(parse("COPY t FROM STDIN") + bind("") + execute("") + kSync),
        server(kPgBound + pg('G', "abc")), client(pg('d', "1\n") + pg('c', "") + kSync), server(done("COPY 1") + ready('I')),
        client(parse("COMMIT") + bind("") + execute("") + kSync), server(kPgBound + done("COMMIT") + ready('I')),
        client(parse("COPY t FROM STDIN") + bind("") + execute("") + kSync), server(kPgBound + pg('G', "abc")),
        client(pg('d', "1\n") + pg('f', nul("no")) + kSync), server(kPgError + ready('I')),
        client(parse("SELECT 1") + bind("") + execute("") + kSync), server(kPgBound + done("SELECT 1") + ready('I'))},
       {"COPY ok", "COMMIT ok", "COPY error", "SELECT ok"}},
      {"COPY whose rows did not wait to be asked for", "postgresql",
       {client(pg_startup()), server(kPgWelcome),
        client(parse("COPY t FROM STDIN") + bind("") + execute("") + pg('d', "1\n") + pg('c', "") + kSync + parse("DELETE FROM t") + bind("") +
               execute("") + kSync),
        server(kPgBound + pg('G', "abc") + done("COPY 1") + ready('I') + kPgBound + done("DELETE 1") + ready('I'))},
       {"COPY ok", "DELETE ok"}},
      {"rows fetched in pieces, to their end and not", "postgresql",
       {client(pg_startup()), server(kPgWelcome), client(parse("SELECT 1") + bind("c") + execute("c", 2) + kSync),
        server(kPgBound + kPgRow + kPgRow + pg('s', "") + ready('T')), client(execute("c", 2) + kSync), server(kPgRow + pg('s', "") + ready('T')),
        client(execute("c", 2) + kSync), server(done("SELECT 0") + ready('T')),
        client(parse("SELECT 2") + bind("") + execute("", 1) + kSync), server(kPgBound + kPgRow + pg('s', "") + ready('I')),
        client(parse("SELECT 3") + bind("c") + execute("c", 1) + pg('C', "P" + nul("c")) + bind("c") + execute("c") + kSync),
        server(kPgBound + kPgRow + pg('s', "") + pg('3', "") + pg('2', "") + done("SELECT 9") + ready('I')),
        client(parse("SELECT 4") + bind("") + execute("", 1) + kSync), server(kPgBound + kPgRow + pg('s', "") + ready('I')),
        client(execute("", 1) + kSync), server(kPgError + ready('I'))},
       {"SELECT ok", "SELECT ok", "SELECT ok", "SELECT ok", "SELECT ok", "SELECT error"}},
      {"an error in a pipeline: what follows is passed over up to the Sync", "postgresql",
       {client(pg_startup()), server(kPgWelcome),
        client(parse("INSERT INTO t VALUES (1)") + bind("") + execute("") + parse("UPDATE nowhere") + bind("") + execute("") + parse("SELECT 1") +
               bind("") + execute("") + kSync + parse("DELETE FROM t") + bind("") + execute("") + kSync),
        server(kPgBound + done("INSERT 0 1") + kPgError + ready('I') + kPgBound + done("DELETE 1") + ready('I'))},
       {"INSERT ok", "UPDATE error", "DELETE ok"}},
      {"function calls, notices, notifications, settings", "postgresql",
       {client(pg_startup()), server(kPgWelcome), client(pg('F', big(1) + std::string(6, '\0'))),
        server(pg('N', nul("SNOTICE") + '\0') + pg('V', big(0xffffffff)) + ready('I')), server(pg('A', big(1) + nul("ch") + nul("x"))),
        client(pg('Q', nul("SET a = b"))), server(pg('S', nul("a") + nul("b")) + done("SET") + ready('I')), client(pg('F', "")),
        server(kPgError + ready('I'))},
       {"_OTHER ok", "SET ok", "_OTHER error"}},
      {"GSS and TLS refused", "postgresql",
       {client(big(8) + big(80877104)), server("N"), client(big(8) + big(80877103)), server("N"), client(pg_startup()), server(kPgWelcome),
        client(pg('Q', nul("BEGIN"))), server(done("BEGIN") + ready('T'))},
       {"BEGIN ok"}},
      {"a subscriber's copy: its commands of replication are no queries", "postgresql",
       {client(pg_startup("database")), server(kPgWelcome), client(pg('Q', nul("IDENTIFY_SYSTEM"))), server(kPgRow + done("IDENTIFY_SYSTEM") + ready('I')),
        client(pg('Q', nul("SHOW wal_segment_size"))), server(kPgRow + done("SHOW") + ready('I')), client(pg('Q', nul("SELECT 1"))),
        server(kPgRow + done("SELECT 1") + ready('I')), client(pg('Q', nul(" create_replication_slot a LOGICAL pgoutput"))), server(kPgError + ready('I')),
        client(pg('Q', nul("COPY t TO STDOUT"))), server(pg('H', "abc") + pg('d', "1\n") + pg('c', "") + done("COPY 1") + ready('I')),
        client(pg('Q', nul("START_REPLICATION SLOT a LOGICAL 0/0")))},
       {"SELECT ok", "COPY ok"}},
      {"a password that is wrong", "postgresql",
       {client(pg_startup()), server(pg('R', big(3))), client(pg('p', nul("secret"))), server(kPgError)},
       {}},
  };
}

std::vector<QueryDialogue> hostile_query_dialogues() {
  return {
      {"a start that the server's answer cuts in two", "postgresql",
       {client(big(8) + big(80877103)), server("N"), client(big(80) + std::string("\0\3", 2)), server("\1"), client(std::string(900, 'A'))},
       {}},
  };
}

}  // namespace sockwatch
