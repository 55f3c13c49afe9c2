// Which protocol a connection speaks.
#include <gtest/gtest.h>

#include <string>

#include "query_dialogues.h"
#include "query_messages.h"
#include "query_player.h"

namespace sockwatch {
namespace {

TEST(QueryProtocols, AStandbysConnectionHasNoQueries) {
  for (const char* replication : {"true", "on", "1"}) {
    QueryPlayer standby(Role::server);
    EXPECT_EQ(standby.play(client(pg_startup(replication))), Verdict::finished) << replication;
    EXPECT_EQ(standby.finish(), Lines());
  }
  for (const char* replication : {"false", "off", "0"}) {
    QueryPlayer none(Role::server);
    none.play(client(pg_startup(replication)));
    none.play(server(kPgWelcome));
    none.play(client(pg('Q', nul("SHOW a"))));
    none.play(server(done("SHOW") + ready('I')));
    EXPECT_EQ(none.finish(), (Lines{"SHOW ok"})) << replication;
  }
  // Found in the middle it shows by what it asks.
  QueryPlayer later(Role::server);
  later.begin_in_the_middle();
  later.play(client(pg('Q', nul("IDENTIFY_SYSTEM"))));
  later.play(server(kPgRow + done("IDENTIFY_SYSTEM") + ready('I')));
  later.play(client(pg('Q', nul("START_REPLICATION 0/0"))));
  EXPECT_EQ(later.play(server(pg('W', "abc"))), Verdict::finished);
  EXPECT_EQ(later.finish(), Lines());
}

TEST(QueryProtocols, WhatWaitsWhenAConnectionLeavesItsProtocolIsUnknown) {
  QueryPlayer redis(Role::client);
  EXPECT_EQ(redis.play(client(resp({"GET", "k"}) + resp({"MONITOR"}))), Verdict::finished);
  EXPECT_EQ(redis.sink().lines, (Lines{"GET unknown", "MONITOR ok"}));
  EXPECT_EQ(redis.finish(), redis.sink().lines);

  // memcached answers what waits, and the command itself, before it begins with its log.
  for (const size_t piece : {SIZE_MAX, size_t{1}}) {
    QueryPlayer memcached(Role::client);
    memcached.play(client("get a\r\nwatch fetchers\r\n"), piece);
    EXPECT_EQ(memcached.play(server("END\r\nOK\r\nts=1.2 gid=1 type=item_get key=a status=not_found\r\n"), piece), Verdict::finished);
    EXPECT_EQ(memcached.sink().lines, (Lines{"GET ok 0+1", "WATCH ok"}));
    EXPECT_EQ(memcached.finish(), memcached.sink().lines);
  }
  QueryPlayer unanswered(Role::client);
  unanswered.play(client("get a\r\n"));
  unanswered.play(server("END\r\n"));
  unanswered.play(client("get a\r\nwatch\r\n"));
  EXPECT_EQ(unanswered.finish(), (Lines{"GET ok 0+1", "GET aborted", "WATCH aborted"}));

  QueryPlayer mysql(Role::client);
  mysql.play(server(my_greeting(kUsual)));
  mysql.play(client(my_login(kUsual)));
  mysql.play(server(my_ok(2, 2)));
  EXPECT_EQ(mysql.play(client(my_command(3, "SELECT 1") + my_command(0x12, std::string(10, '\0')))), Verdict::finished);
  EXPECT_EQ(mysql.sink().lines, (Lines{"SELECT unknown"}));
  EXPECT_EQ(mysql.finish(), mysql.sink().lines);

  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup("database")));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("START_REPLICATION SLOT a LOGICAL 0/0")) + pg('Q', nul("SELECT 1"))));
  EXPECT_EQ(postgres.play(server(pg('W', "abc"))), Verdict::finished);
  EXPECT_EQ(postgres.sink().lines, (Lines{"SELECT unknown"}));
  EXPECT_EQ(postgres.finish(), postgres.sink().lines);
}

TEST(QueryProtocols, ALineOfRedisIsRecognisedHoweverItIsCut) {
  const std::string key(200, 'k');
  for (const size_t piece : {SIZE_MAX, size_t{1}}) {
    QueryPlayer player(Role::server);
    player.play(client("GET " + key + "\r\n"), piece);
    player.play(server("$-1\r\n"), piece);
    EXPECT_EQ(player.finish(), (Lines{"GET ok 0+1"})) << piece;
  }
}

TEST(QueryProtocols, HttpStaysHttp) {
  const std::string head = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{4}}) {
    QueryPlayer player(Role::server);
    player.play(client(head), piece);
    player.play(server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), piece);
    EXPECT_EQ(player.finish(), (Lines{"HTTP 200"}));
  }
  // Blanks where there should be none; `get` and a word more are memcached's too.
  for (const char* line : {"GET  /a b\t HTTP/1.1 ", "GET /a b HTTP/1.1", "get /a HTTP/1.1", "SET /a b c HTTP/1.0"}) {
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{20}}) {
      QueryPlayer player(Role::server);
      player.play(client(std::string(line) + "\r\nHost: a\r\n\r\n"), piece);
      player.play(server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), piece);
      EXPECT_EQ(player.finish(), (Lines{"HTTP 200"})) << line << " by " << piece;
    }
  }
  // The first HTTP had no version; what else is no command's first line.
  for (const char* other : {"GET /\r\n", "GET /index.html\r\nHost: a\r\n\r\n", " get a b\r\n", "\rget a b\r\n"}) {
    for (const size_t piece : {SIZE_MAX, size_t{1}}) {
      QueryPlayer player(Role::server);
      player.play(client(other), piece);
      EXPECT_EQ(player.finish(), Lines()) << other << " by " << piece;
    }
  }
  QueryPlayer ssh(Role::server);
  ssh.play(client("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
  EXPECT_EQ(ssh.play(server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")), Verdict::not_mine);
  // What is never answered is not waited for without end.
  QueryPlayer one_way(Role::server);
  EXPECT_EQ(one_way.play(client("servers.a.load 1 2\n")), Verdict::undecided);
  EXPECT_EQ(one_way.play(client(std::string(70'000, 'a'))), Verdict::not_mine);
}

// Redis takes commands as lines too; so do many others.
TEST(Redis, ALineIsACommandWhenItIsRepliedToLikeOne) {
  for (const size_t piece : {size_t{1}, size_t{3}, SIZE_MAX}) {
    for (const char* request : {"GET /a\r\n", "GET /a http/1.1\r\n\r\n", "HELLO\r\n\r\n", "QUIT\r\n", "PING\r\n"}) {
      for (const char* reply : {"<html>old</html>", "221 Bye\r\n", ":irc.example PONG\r\n", "*** hello\r\n", "$ ", ":", ""}) {
        QueryPlayer player(Role::server);
        player.play(client(request), piece);
        if (*reply != 0) player.play(server(reply), piece);
        EXPECT_EQ(player.finish(), Lines{}) << request << reply;
        EXPECT_EQ(player.sink().errors, Lines{}) << request << reply;
      }
    }
    QueryPlayer player(Role::server);
    player.play(client("PING\r\nGET a\r\n"), piece);
    player.play(server("+PONG\r\n$-1\r\n"), piece);
    player.play(client("GET b\r\n"), piece);
    player.play(server("$1\r\nb\r\n"), piece);
    EXPECT_EQ(player.finish(), (Lines{"PING ok", "GET ok 0+1", "GET ok 1+0"}));
  }
}

// As `redis-cli --pipe` sends them: thousands before the first reply.
TEST(Redis, ManyLinesInARowAreCommandsBeforeAnyReply) {
  std::string lines = "SET first v\r\n", replies = "+OK\r\n";
  Lines expected = {"SET ok"};
  for (int i = 0; i < 500; ++i) {
    lines += "rpush list" + std::to_string(i) + " a b\n";
    replies += ":2\r\n";
    expected.push_back("RPUSH ok");
  }
  for (const size_t piece : {size_t{1}, size_t{1000}, SIZE_MAX}) {
    QueryPlayer player(Role::server);
    EXPECT_EQ(player.play(client(lines), piece), Verdict::mine) << piece;
    player.play(server(replies), piece);
    EXPECT_EQ(player.finish(), expected) << piece;
    QueryPlayer other(Role::server);
    other.play(client("SET first v\r\nGET a\r\nDEL a\r\nPING\r\nHost: a\r\n" + lines), piece);
    EXPECT_EQ(other.play(server(replies), piece), Verdict::not_mine) << piece;
  }
  QueryPlayer long_line(Role::server);
  long_line.play(client("SET first v\r\nSET k " + std::string(5000, 'v') + "\r\n"));
  EXPECT_EQ(long_line.play(server("+OK\r\n")), Verdict::not_mine);
}

// Words of memcached and Redis that others have too, with answers of their own.
TEST(QueryProtocols, WhoHasTheSameWordsAndOtherAnswersIsNoCache) {
  const std::vector<std::vector<Turn>> foreign = {
      {client("stats\r\n"), server("OK 10\r\n---\na: 1\n\r\n"), client("put 0 0 60 5\r\nhello\r\n"), server("INSERTED 1\r\n")},  // beanstalkd
      {client("version\n"), server("OK 1.1.19\n"), client("status\n"), server(".\n")},                                              // gearmand
      {client("stats\n"), server("uptime: 10\nmessages.bad_lines_seen: 0\nEND\n\n"), client("get a b c\n"), server("END\n")},          // statsd
      {client("get a\n"), server("1\n"), client("get b\n"), server("nil\n"), client("delete a\n"), server("OK\n")},
      {client("delete k\r\n"), server("200 gone\r\n")},
      {client("incr k 1\r\n"), server("five\r\n")},
      {client("get a b c\r\n"), server(std::string(2000, 'x'))},
      {client("quit\r\n"), server("BYE\r\n"), client("get a\r\n"), server("END\r\n")},
  };
  for (const Role role : {Role::client, Role::server}) {
    for (const std::vector<Turn>& turns : foreign) {
      for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{3}}) {
        QueryPlayer player(role);
        Verdict verdict = Verdict::undecided;
        for (const Turn& turn : turns)
          if (verdict <= Verdict::mine) verdict = player.play(turn, piece);
        EXPECT_EQ(verdict, Verdict::not_mine) << turns[0].bytes;
        EXPECT_EQ(player.finish(), Lines()) << turns[0].bytes;
        EXPECT_EQ(player.sink().errors, Lines()) << turns[0].bytes;
      }
    }
  }
}

TEST(QueryProtocols, AValueTellsMemcachedBeforeItsAnswer) {
  QueryPlayer memcached(Role::client);
  memcached.play(client("set k 0 0 9000\r\n" + std::string(9000, 'v') + "\r\n"));
  memcached.play(server("STORED\r\n"));
  EXPECT_EQ(memcached.finish(), (Lines{"SET ok"}));

  QueryPlayer unseen(Role::client);
  unseen.play({Turn::Who::client, "set k 0 0 9000\r\n" + std::string(100, 'v'), 8902, ""});
  unseen.play(server("STORED\r\n"));
  EXPECT_EQ(unseen.finish(), (Lines{"SET ok"}));

  std::string many;
  for (int i = 0; i < 1000; ++i) many += "get k\r\n";
  QueryPlayer batch(Role::client);
  EXPECT_EQ(batch.play(client(many)), Verdict::mine);
  EXPECT_EQ(batch.finish().size(), 1000u);
}

}  // namespace
}  // namespace sockwatch
