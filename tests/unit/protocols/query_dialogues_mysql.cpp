#include <utility>

#include "query_dialogues_more.h"
#include "query_messages.h"

namespace sockwatch {

namespace {

// A file that the client sends at the server's asking: packets enough for their numbers to begin again.
std::string my_file() {
  std::string out;
  for (int i = 2; i < 300; ++i) out += my(static_cast<uint8_t>(i), "\x03 a line\n");
  return out + my(static_cast<uint8_t>(300), "");
}

QueryDialogue mysql_dialogue(const char* name, std::vector<Turn> turns, std::vector<std::string> expected, uint32_t capabilities = kUsual | kDeprecateEof) {
  std::vector<Turn> all = {server(my_greeting(capabilities)), client(my_login(capabilities)), server(my_ok(2, 2))};
  all.insert(all.end(), turns.begin(), turns.end());
  return {name, "mysql", std::move(all), std::move(expected)};
}

std::string long_text(size_t statements) {
  std::string out;
  for (size_t i = 0; i < statements; ++i) out += "UPDATE t SET a = 1 WHERE b = 'a;b'; ";
  return out;
}

}  // namespace

std::vector<QueryDialogue> mysql_dialogues() {
  const std::string rows = my_rows(true, 2), more = my_rows(true, 10);
  std::string updates;
  for (int i = 0; i < 40; ++i) updates += my_ok(static_cast<uint8_t>(1 + i), 10);
  std::vector<std::string> updated(40, "UPDATE ok");
  updated.push_back("SELECT ok");
  const auto execute = [](uint32_t number) {
    return my_command(23, std::string{static_cast<char>(number), static_cast<char>(number >> 8), static_cast<char>(number >> 16),
                                      static_cast<char>(number >> 24), 0, 1, 0, 0, 0});
  };
  const auto prepared = [](char number) { return my(1, std::string{0, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); };
  return {
      mysql_dialogue("LOCAL INFILE",
                     {client(my_command(3, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t")), server(my(1, "\xfb" "f")), client(my_file()),
                      server(my_ok(3, 2)), client(my_command(3, "SELECT 1")), server(rows)},
                     {"LOAD ok", "SELECT ok"}),
      mysql_dialogue("many statements in one text", {client(my_command(3, long_text(40) + "SELECT 1")), server(updates + rows)}, updated),
      mysql_dialogue("what a statement is",
                     {client(my_command(3, "START SLAVE")), server(my_ok(1, 2)), client(my_command(3, "start transaction")), server(my_ok(1, 3)),
                      client(my_command(3, "WITH a AS (SELECT ')') , b AS (SELECT 1) UPDATE t SET a = 1")), server(my_ok(1, 2)),
                      client(my_command(3, "with recursive a as (select 1 union select 2) select * from a")), server(rows),
                      client(my_command(3, "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END")), server(more + more + my_ok(9, 2))},
                     {"_OTHER ok", "BEGIN ok", "UPDATE ok", "SELECT ok", "COMPOUND ok"}),
      mysql_dialogue("settings for one statement",
                     {client(my_command(3, "SET STATEMENT max_statement_time=1 FOR SELECT 1")), server(rows),
                      client(my_command(3, "set statement sort_buffer_size=(1+1), sql_mode='for' for with a as (select 1) delete from t; SELECT 1")),
                      server(my_ok(1, 10) + rows), client(my_command(3, "SET STATEMENT a=1")), server(my_ok(1, 2)),
                      client(my_command(3, "SET statement_for = 1")), server(my_ok(1, 2)), client(my_command(22, "SET STATEMENT a=1 FOR UPDATE t SET b=1")),
                      server(prepared(1)), client(execute(1)), server(my_ok(1, 2))},
                     {"SELECT ok", "DELETE ok", "SELECT ok", "SET ok", "SET ok", "PREPARE ok", "UPDATE ok"}),
      mysql_dialogue("a dump's first statement, behind a comment for no server",
                     {client(my_command(3, "/*M!999999\\- enable the sandbox mode */ \n/*!40101 SET @a=@b */")), server(my_ok(1, 2)),
                      client(my_command(3, "/*!50003 CREATE*/ /*!50017 DEFINER=a*/ /*!50003 TRIGGER t */")), server(my_ok(1, 2))},
                     {"SET ok", "CREATE ok"}),
      mysql_dialogue("a replica signs on, which is no query",
                     {client(my_command(3, "SET @a = 1")), server(my_ok(1, 2)), client(my_command(21, std::string(18, '\0'))), server(my_ok(1, 2)),
                      client(my_command(3, "SELECT 1")), server(rows), client(my_command(21, std::string(18, '\0'))), server(my(1, "\xff" "abc#42000no"))},
                     {"SET ok", "SELECT ok"}),
      mysql_dialogue("prepared in a row, before the first answer",
                     {client(my_command(22, "DELETE FROM t") + execute(0xffffffff) + my_command(22, "INSERT INTO t VALUES (1)") + execute(0xffffffff)),
                      server(prepared(1) + my_ok(1, 2) + prepared(2) + my_ok(1, 2)), client(execute(1)), server(my_ok(1, 2)), client(execute(2)),
                      server(my_ok(1, 2))},
                     {"PREPARE ok", "DELETE ok", "PREPARE ok", "INSERT ok", "DELETE ok", "INSERT ok"}),
      mysql_dialogue("long data, a cursor, a reset",
                     {client(my_command(22, "SELECT a FROM t")), server(prepared(7)), client(my_command(24, std::string(2000, 'x'))),
                      client(execute(7)), server(my(1, "\x01") + my(2, std::string(40, 'd')) + my_ok(3, 0x42, 0xfe)),
                      client(my_command(28, std::string(8, '\7'))), server(my(1, std::string(20, '\0')) + my_ok(2, 0x82, 0xfe)),
                      client(my_command(26, std::string(4, '\7'))), server(my_ok(1, 2)), client(my_command(31, "")), server(my_ok(1, 2)),
                      client(execute(7)), server(my(1, "\xff\xdb\x04#HY000unknown"))},
                     {"PREPARE ok", "SELECT ok", "FETCH ok", "RESET ok", "RESET_CONNECTION ok", "_OTHER error"}),
      mysql_dialogue("another user, whose password is asked for",
                     {client(my_command(17, nul("other") + "x")), server(my(1, "\xfe" "caching_sha2_password" + std::string(21, 's'))),
                      client(my(2, std::string(32, 'p'))), server(my(3, "\x01\x04")), client(my(4, "\x02")), server(my(5, "\x01-----BEGIN PUBLIC KEY")),
                      client(my(6, std::string(256, 'e'))), server(my_ok(7, 2)), client(my_command(3, "SELECT 1")), server(rows)},
                     {"_OTHER ok", "SELECT ok"}),
      mysql_dialogue("definitions left out",
                     {client(my_command(3, "SELECT 1")), server(my(1, std::string("\0\1", 2)) + my(2, std::string(30, 'r')) + my_ok(3, 2, 0xfe)),
                      client(my_command(3, "SELECT 1")),
                      server(my(1, "\1\1") + my(2, std::string(40, 'd')) + my(3, std::string(30, 'r')) + my_ok(4, 2, 0xfe)),
                      client(my_command(3, "DO 1")), server(my_ok(1, 2))},
                     {"SELECT ok", "SELECT ok", "DO ok"}, kUsual | kDeprecateEof | 1u << 25),
      mysql_dialogue("news of the session, progress, a deadlock",
                     {client(my_command(3, "SET a = b")), server(my(1, std::string("\0\0\0\3\x40\0\0\0\x0f", 9) + std::string(15, 's'))),
                      client(my_command(3, "ALTER TABLE t ADD KEY (a)")), server(my(1, "\xff\xff\xff\1 progress") + my_ok(2, 3)),
                      client(my_command(3, "UPDATE t SET a = 1")), server(my(1, "\xff\xbd\x04#40001deadlock"))},
                     {"SET ok", "ALTER ok", "UPDATE error"}),
      {"caching_sha2, all of it", "mysql",
       {server(my_greeting(kUsual)), client(my_login(kUsual)), server(my(2, "\x01\x04")), client(my(3, "\x02")), server(my(4, "\x01-----BEGIN")),
        client(my(5, std::string(256, 'e'))), server(my_ok(6, 2)), client(my_command(3, "SELECT 1")), server(my_rows(false, 2))},
       {"SELECT ok"}},
      {"no such user", "mysql", {server(my_greeting(kUsual)), client(my_login(kUsual)), server(my(2, "\xff\x15\x04#28000denied"))}, {}},
  };
}

}  // namespace sockwatch
