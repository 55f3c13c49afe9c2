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
  EXPECT_EQ(ssh.play(client("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")), Verdict::not_mine);
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
    EXPECT_EQ(other.play(client("SET first v\r\nGET a\r\nDEL a\r\nPING\r\nHost: a\r\n" + lines), piece), Verdict::not_mine) << piece;
  }
  QueryPlayer long_line(Role::server);
  EXPECT_EQ(long_line.play(client("SET first v\r\nSET k " + std::string(5000, 'v') + "\r\n")), Verdict::not_mine);
}

}  // namespace
}  // namespace sockwatch
