// Dialogues with databases and caches of which a part is not seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "query_dialogues.h"
#include "query_messages.h"
#include "query_player.h"

namespace sockwatch {
namespace {

TEST(QueryGaps, TheMiddleOfAValueMayPassUnseen) {
  const std::string value(100'000, 'v');
  QueryPlayer redis(Role::client);
  redis.play(client(resp({"GET", "k"})));
  redis.play({Turn::Who::server, "$100000\r\nvvvv", 100'000 - 4 + 2, "vvvvvvvvvvvvvv\r\n"});
  redis.play(client(resp({"GET", "k"})));
  redis.play(server("$-1\r\n"));
  EXPECT_EQ(redis.finish(), (Lines{"GET ok 1+0", "GET ok 0+1"}));
  EXPECT_EQ(redis.sink().errors, Lines());

  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  const std::string row = pg('D', value);
  const std::string end = done("SELECT 1") + ready('T');
  postgres.play({Turn::Who::server, row.substr(0, 100), row.size() - 100 + end.size() - 10, ""});
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT unknown"}));
}

TEST(QueryGaps, ALongAnswersEndTellsOfTheOnlyQuestion) {
  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  const std::string end = done("SELECT 50") + ready('I');
  postgres.play({Turn::Who::server, kPgRow, 500'000, end.substr(end.size() - 16)});
  EXPECT_EQ(postgres.detector().session(), SessionState::idle);
  postgres.play(client(pg('Q', nul("DELETE FROM t"))));
  postgres.play(server(done("DELETE 1") + ready('I')));
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT ok", "DELETE ok"}));

  QueryPlayer mysql(Role::client);
  mysql.play(server(my_greeting(kUsual)));
  mysql.play(client(my_login(kUsual)));
  mysql.play(server(my_ok(2, 2)));
  mysql.play(client(my_command(3, "SELECT 1")));
  const std::string rows = my_rows(false, 3);
  mysql.play({Turn::Who::server, rows.substr(0, 60), 500'000, rows.substr(rows.size() - 16)});
  mysql.play(client(my_command(3, "COMMIT")));
  mysql.play(server(my_ok(1, 2)));
  EXPECT_EQ(mysql.finish(), (Lines{"SELECT ok", "COMMIT ok"}));
}

TEST(QueryGaps, NoCommandWaitsForAReplyThatCannotBeTold) {
  QueryPlayer redis(Role::client);
  redis.play(client(resp({"GET", "a"})));
  redis.skip_flights(2);
  redis.play(client(resp({"GET", "b"})));
  redis.play(server("$-1\r\n"));  // it asked before it had its answer
  redis.play({Turn::Who::server, "", 100, ""});
  redis.play(client(resp({"CLIENT", "REPLY", "ON"})));
  EXPECT_EQ(redis.finish(), (Lines{"GET ok 0+1", "GET unknown", "CLIENT unknown"}));
}

TEST(QueryGaps, AnAnswerWhoseEndTellsNothingIsUnknownAndTheNextIsNot) {
  // The last segment is ReadyForQuery alone: what it follows, a tag or an error, is not seen.
  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  postgres.play({Turn::Who::server, kPgRow, 500'000, ready('T')});
  postgres.play(client(pg('Q', nul("SELECT 2"))));
  EXPECT_EQ(postgres.detector().session(), SessionState::active);
  postgres.play(server(kPgRow + done("SELECT 1") + ready('I')));
  postgres.play(client(pg('Q', nul("DELETE FROM t"))));
  postgres.play(server(done("DELETE 1") + ready('I')));
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT unknown", "SELECT ok", "DELETE ok"}));
}

TEST(QueryGaps, TheEndOfALongAnswerMayBeToldInParts) {
  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  for (const std::string& end : {kPgRow + done("SELECT 1"), kPgRow + kPgError}) {
    postgres.play(client(pg('Q', nul("SELECT 1"))));
    postgres.play({Turn::Who::server, kPgRow, 500'000, end.substr(end.size() - 16)});
    postgres.play({Turn::Who::server, "", 6, ready('T')});
    postgres.play(client(pg('Q', nul("SELECT 2"))));
    postgres.play(server(kPgRow + done("SELECT 1") + ready('I')));
  }
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT ok", "SELECT ok", "SELECT error", "SELECT ok"}));

  QueryPlayer mysql(Role::client);
  mysql.play(server(my_greeting(kUsual)));
  mysql.play(client(my_login(kUsual)));
  mysql.play(server(my_ok(2, 2)));
  const std::string rows = my_rows(false, 3);
  for (const size_t apart : {size_t{1}, size_t{5}, size_t{9}}) {
    mysql.play(client(my_command(3, "SELECT 1")));
    mysql.play({Turn::Who::server, rows.substr(0, 60), 500'000, rows.substr(rows.size() - apart - 16, 16)});
    mysql.play({Turn::Who::server, "", apart, rows.substr(rows.size() - apart)});
  }
  mysql.play(client(my_command(3, "COMMIT")));
  mysql.play(server(my_ok(1, 2)));
  EXPECT_EQ(mysql.finish(), (Lines{"SELECT ok", "SELECT ok", "SELECT ok", "COMMIT ok"}));
}

TEST(QueryGaps, ALongParameterOfPostgreSqlMayPassUnseenWithWhatAlwaysFollows) {
  // Bind, and behind it, in the same flight, Describe, Execute and Sync, of which the last 16 bytes are seen.
  const std::string value(3'000'000, 'v');
  const std::string bound = pg('B', nul("") + nul("") + value), rest = pg('D', "P" + nul("")) + execute("") + kSync;
  for (const size_t told_before : {size_t{0}, size_t{100}, size_t{2'000'000}, value.size() - 1000}) {
    QueryPlayer postgres(Role::client);
    postgres.play(client(pg_startup()));
    postgres.play(server(kPgWelcome));
    postgres.play(client(parse("INSERT INTO t VALUES ($1)")));
    if (told_before > 0) postgres.play({Turn::Who::client, bound.substr(0, 1000), told_before, std::string(16, 'v')});
    const size_t seen = told_before > 0 ? 1000 + told_before : 1000;
    postgres.play({Turn::Who::client, told_before > 0 ? "" : bound.substr(0, 1000), bound.size() - seen + rest.size(),
                   rest.substr(rest.size() - 16)});
    postgres.play(server(kPgBound + done("INSERT 0 1") + ready('I')));
    postgres.play(client(pg('Q', nul("SELECT 1"))));
    postgres.play(server(kPgRow + done("SELECT 1") + ready('I')));
    EXPECT_EQ(postgres.finish(), (Lines{"INSERT ok", "SELECT ok"})) << told_before;
    EXPECT_EQ(postgres.sink().errors, Lines()) << told_before;
  }
  QueryPlayer apart(Role::client);
  apart.play(client(pg_startup()));
  apart.play(server(kPgWelcome));
  apart.play(client(parse("INSERT INTO t VALUES ($1)")));
  apart.play({Turn::Who::client, bound.substr(0, 1000), bound.size() - 1000, std::string(16, 'v')});
  apart.play({Turn::Who::client, "", rest.size(), rest.substr(rest.size() - 16)});
  apart.play(server(kPgBound + done("INSERT 0 1") + ready('I')));
  EXPECT_EQ(apart.finish(), (Lines{"INSERT ok"}));
  // Another length, or another end: it is not that.
  for (const std::string& other : {pg('D', "P" + nul("c")) + execute("") + kSync, pg('D', "P" + nul("")) + pg('H', "") + execute("c") + kSync}) {
    QueryPlayer postgres(Role::client);
    postgres.play(client(pg_startup()));
    postgres.play(server(kPgWelcome));
    postgres.play({Turn::Who::client, bound.substr(0, 1000), bound.size() - 1000 + other.size(), other.substr(other.size() - 16)});
    EXPECT_EQ(postgres.finish(), Lines());
    EXPECT_EQ(postgres.sink().errors, (Lines{"unseen_request"}));
  }
}

TEST(QueryGaps, ALongReplyOfRedisHasEndedWhenItsOnlyReaderSpeaksAgain) {
  const std::string list = "*20000\r\n$3\r\nabc\r\n$5";
  QueryPlayer redis(Role::client);
  redis.play(client(resp({"LRANGE", "l", "0", "-1"})));
  redis.play({Turn::Who::server, list, 500'000, "\r\n$3\r\nabc\r\n$3\r\nabc\r\n"});
  redis.play({Turn::Who::server, "$3\r\nend\r\n", 0, ""});
  redis.play(client(resp({"MGET", "a", "b"})));
  redis.play({Turn::Who::server, list, 500'000, ""});
  redis.play(client(resp({"GET", "k"})));
  redis.play(server("$-1\r\n"));
  redis.play(client(resp({"HGETALL", "h"})));
  redis.play({Turn::Who::server, list, 500'000, ""});
  EXPECT_EQ(redis.finish(), (Lines{"LRANGE ok 1+0", "MGET ok", "GET ok 0+1", "HGETALL ok 1+0"}));
  EXPECT_EQ(redis.sink().errors, Lines(3, "unseen_response"));

  // Another command behind it, or a transaction: which bytes are whose is not known.
  QueryPlayer two(Role::client);
  two.play(client(resp({"LRANGE", "l", "0", "-1"}) + resp({"GET", "k"})));
  two.play({Turn::Who::server, list, 500'000, "$1\r\nv\r\n"});
  two.play(client(resp({"MULTI"})));
  two.play(server("+OK\r\n"));
  two.play(client(resp({"GET", "k"})));
  two.play(server("+QUEUED\r\n"));
  two.play(client(resp({"EXEC"})));
  two.play({Turn::Who::server, "*1\r\n*90000\r\n$3\r\n", 500'000, ""});
  two.play(client(resp({"GET", "k"})));
  two.play(server("$-1\r\n"));
  EXPECT_EQ(two.finish(), (Lines{"LRANGE unknown", "GET unknown", "MULTI ok", "GET unknown", "EXEC unknown", "GET ok 0+1"}));
}

TEST(QueryGaps, ALongCommandOfRedisIsAnsweredByTheNextReply) {
  QueryPlayer redis(Role::client);
  redis.play(client(resp({"PING"})));
  redis.play(server("+PONG\r\n"));
  redis.play({Turn::Who::client, "*20002\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$3\r\nab", 500'000, "\r\n$3\r\nabc\r\n"});
  redis.play({Turn::Who::client, "$3\r\nabc\r\n", 500'000, "\r\n$3\r\nabc\r\n"});
  EXPECT_EQ(redis.detector().session(), SessionState::active);
  redis.play(server(":20000\r\n"));
  EXPECT_EQ(redis.detector().session(), SessionState::idle);
  redis.play({Turn::Who::client, "*1001\r\n$6\r\nEXISTS\r\n$1\r\na\r\n", 500'000, ""});
  redis.play(server(":400\r\n"));
  redis.play(client(resp({"GET", "k"})));
  redis.play(server("$-1\r\n"));
  EXPECT_EQ(redis.finish(), (Lines{"PING ok", "RPUSH ok", "EXISTS ok 400+600", "GET ok 0+1"}));
  EXPECT_EQ(redis.sink().errors, Lines(2, "unseen_request"));

  // One behind another in a pipeline: there may have been more of them.
  QueryPlayer pipeline(Role::client);
  pipeline.play({Turn::Who::client, resp({"SET", "k", "v"}) + "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900000\r\nab", 1'000'000, ""});
  pipeline.play(server("+OK\r\n+OK\r\n+OK\r\n"));
  pipeline.play(client(resp({"GET", "k"})));
  pipeline.play(server("$-1\r\n"));
  EXPECT_EQ(pipeline.finish(), (Lines{"SET unknown", "GET ok 0+1"}));
}

TEST(QueryGaps, TheEndOfACommandOfSeveralPacketsMayPassUnseen) {
  // 16 MiB - 1 is in the first packet; the second's header is not seen. The listing may tell of any part of it.
  const std::string begin("\xff\xff\xff\0\x03INSERT INTO t VALUES ('", 28);
  const size_t rest = 0xffffff + 4 - begin.size();
  for (const size_t told : {size_t{1'000'000}, rest - 1, rest}) {
    QueryPlayer mysql(Role::client);
    mysql.play(server(my_greeting(kUsual)));
    mysql.play(client(my_login(kUsual)));
    mysql.play(server(my_ok(2, 2)));
    mysql.play({Turn::Who::client, begin, told, std::string(16, 'x')});
    mysql.play({Turn::Who::client, "", 17'000'000, std::string(16, 'x')});
    EXPECT_EQ(mysql.detector().session(), SessionState::active);
    mysql.play(server(my_ok(2, 2)));
    EXPECT_EQ(mysql.detector().session(), SessionState::idle);
    mysql.play(client(my_command(3, "SELECT 1")));
    mysql.play(server(my_rows(false, 2)));
    EXPECT_EQ(mysql.finish(), (Lines{"INSERT ok", "SELECT ok"})) << told;
  }
}

TEST(QueryGaps, WhatMayHaveHeldWholeMessagesMakesItsQuestionsUnknownAndFootingIsFoundAgain) {
  QueryPlayer redis(Role::server);
  redis.play(client(resp({"GET", "a"}) + resp({"GET", "b"})));
  redis.play({Turn::Who::server, "$1\r\n", 20, ""});
  redis.play(client(resp({"GET", "c"})));
  redis.play(server("$1\r\nv\r\n"));
  EXPECT_EQ(redis.finish(), (Lines{"GET unknown", "GET unknown", "GET ok 1+0"}));

  QueryPlayer packets(Role::client);
  packets.play(client(ask(0, 1, "a") + ask(0, 2, "b")));
  packets.play({Turn::Who::server, answer(0, 0, 1, "v"), 40, ""});
  packets.play(client(ask(0, 3, "c")));
  packets.play({Turn::Who::server, answer(0, 0, 3, std::string(90'000, 'v')).substr(0, 30), 89'994, ""});
  EXPECT_EQ(packets.finish(), (Lines{"GET ok 1+0", "GET unknown", "GET ok 1+0"}));

  QueryPlayer memcached(Role::client);
  memcached.play(client("get x\r\n"));
  memcached.play(server("END\r\n"));
  memcached.play(client("get a\r\nget b\r\n"));
  memcached.play({Turn::Who::server, "VAL", 40, ""});
  memcached.play(client("get c\r\n"));
  memcached.play(server("END\r\n"));
  EXPECT_EQ(memcached.finish(), (Lines{"GET ok 0+1", "GET unknown", "GET unknown", "GET ok 0+1"}));
}

TEST(QueryGaps, AConnectionIsRecognisedInTheMiddle) {
  for (const Role role : {Role::client, Role::server}) {
    QueryPlayer postgres(role);
    postgres.begin_in_the_middle();
    postgres.play(server(pg('D', "the end of an earlier answer")));
    postgres.play(client(pg('Q', nul("SELECT 1"))));
    postgres.play(server(kPgRow + done("SELECT 1") + ready('T')));
    EXPECT_EQ(postgres.detector().session(), SessionState::in_transaction);
    EXPECT_EQ(postgres.finish(), (Lines{"SELECT ok"}));

    QueryPlayer mysql(role);
    mysql.begin_in_the_middle();
    mysql.play(client(my_command(3, "SELECT 1")));
    mysql.play(server(my_rows(true, 2)));
    EXPECT_EQ(mysql.detector().session(), SessionState::idle);
    EXPECT_EQ(mysql.finish(), (Lines{"SELECT ok"}));

    QueryPlayer prepared_before(role);
    prepared_before.begin_in_the_middle();
    prepared_before.play(client(my_command(23, "\xff\xff\xff\xff" + std::string(5, '\0'))));
    prepared_before.play(server(my_ok(1, 2)));
    EXPECT_EQ(prepared_before.finish(), (Lines{"_OTHER ok"}));

    QueryPlayer redis(role);
    redis.begin_in_the_middle();
    redis.play(server("$3\r\nold\r\n"));
    redis.play(client(resp({"GET", "k"})));
    redis.play(server("$-1\r\n"));
    EXPECT_EQ(redis.finish(), (Lines{"GET ok 0+1"}));

    QueryPlayer memcached(role);
    memcached.begin_in_the_middle();
    memcached.play(server(answer(0, 0, 2, "old")));
    memcached.play(client(ask(0, 3, "k")));
    memcached.play(server(answer(0, 1, 3, "Not found")));
    EXPECT_EQ(memcached.finish(), (Lines{"GET ok 0+1"}));
  }
}

struct Busy {
  const char* protocol;
  std::vector<Turn> start;
  std::string question, answer, line;
};

std::vector<Busy> busy_connections() {
  return {{"redis", {}, resp({"GET", "k"}), "$1\r\nv\r\n", "GET ok 1+0"},
          {"memcached", {}, "get k\r\n", "VALUE k 0 1\r\nv\r\nEND\r\n", "GET ok 1+0"},
          {"memcached, binary", {}, ask(0, 1, "k"), answer(0, 0, 1, "v"), "GET ok 1+0"},
          {"postgresql", {client(pg_startup()), server(kPgWelcome)}, pg('Q', nul("SELECT 1")), kPgRow + done("SELECT 1") + ready('I'), "SELECT ok"},
          {"mysql",
           {server(my_greeting(kUsual)), client(my_login(kUsual)), server(my_ok(2, 2))},
           my_command(3, "COMMIT"),
           my_ok(1, 2),
           "COMMIT ok"}};
}

// Which bytes of an exchange are lost: its answer, its question, both of many; or the end of an answer.
TEST(QueryGaps, ABusyConnectionIsReadAgainAfterALoss) {
  for (const Busy& busy : busy_connections()) {
    for (const char* lost : {"answer", "question", "many", "answers and the last question", "end of an answer"}) {
      const std::string_view what = lost;
      QueryPlayer player(Role::client);
      for (const Turn& turn : busy.start) player.play(turn);
      const auto exchange = [&] {
        player.play(client(busy.question));
        player.play(server(busy.answer));
      };
      exchange();
      if (what == "answer") {
        player.play(client(busy.question));
        player.skip_flights(2);
        player.play(client(busy.question));
        player.play({Turn::Who::server, "", busy.answer.size(), "", true});
        player.play(server(busy.answer));
      } else if (what == "question") {
        player.skip_flights(1);
        player.play(server(busy.answer));
        player.play({Turn::Who::client, "", busy.question.size(), "", true});
        player.play(client(busy.question));
        player.play(server(busy.answer));
      } else if (what == "many") {
        player.skip_flights(40);
        player.play({Turn::Who::client, "", 20 * busy.question.size(), "", true});
        player.play(client(busy.question));
        player.play({Turn::Who::server, "", 20 * busy.answer.size(), "", true});
        player.play(server(busy.answer));
      } else if (what == "end of an answer") {
        player.play(client(busy.question));
        player.play(server(busy.answer.substr(0, 3)));
        player.play(client(busy.question));
        player.play({Turn::Who::server, "", busy.answer.size() - 3, "", true});
        player.play(server(busy.answer));
      } else {
        player.play(client(busy.question));
        player.skip_flights(3);
        player.play({Turn::Who::server, "", busy.answer.size(), "", true});
        player.play(server(busy.answer));
      }
      const size_t before = player.sink().lines.size();
      for (int i = 0; i < 5; ++i) exchange();
      const Lines lines = player.finish();
      ASSERT_GE(lines.size(), before + 3) << busy.protocol << ", lost: " << lost;
      EXPECT_EQ(Lines(lines.end() - 3, lines.end()), Lines(3, busy.line)) << busy.protocol << ", lost: " << lost;
      EXPECT_EQ(lines.front(), busy.line) << busy.protocol << ", lost: " << lost;
    }
  }
}

// A client that asks before it has its answer, with every byte seen, gets none by chance after a loss.
TEST(QueryGaps, AClientThatDoesNotWaitGetsNoAnswerOfAnother) {
  QueryPlayer redis(Role::client);
  const std::string get = resp({"GET", "k"}), set = resp({"SET", "k", "v"});
  redis.play(client(get));
  redis.play(client(get));
  for (int i = 0; i < 3; ++i) {
    redis.play(server("$1\r\nv\r\n"));
    redis.play(client(i == 2 ? set : get));
  }
  redis.play({Turn::Who::server, "", 7, "", true});
  for (int i = 0; i < 5; ++i) {
    redis.play(server(i == 1 ? "+OK\r\n" : "$1\r\nv\r\n"));
    redis.play(client(get));
  }
  const Lines lines = redis.finish();
  EXPECT_EQ(std::count_if(lines.begin() + 3, lines.end(), [](const std::string& line) { return !is_unanswered(line); }), 0) << lines.size();
}

}  // namespace
}  // namespace sockwatch
