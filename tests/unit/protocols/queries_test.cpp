// Dialogues with databases and caches: what they must give whole, in pieces of every size, seen from either end, and when part of
// them is not seen.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocols/conversation.h"
#include "query_dialogues.h"
#include "query_messages.h"

namespace sockwatch {
namespace {

using Lines = std::vector<std::string>;

class Queries final : public TransactionSink {
 public:
  void on_transaction(const Transaction& t) override { lines.push_back("HTTP " + t.status.text()); }
  void on_query(const Query& q) override {
    EXPECT_EQ(q.role, role);
    std::string line = std::string(q.operation) + " " + std::string(to_string(q.status));
    if (q.hits + q.misses > 0) line += " " + std::to_string(q.hits) + "+" + std::to_string(q.misses);
    lines.push_back(line);
  }
  void on_parse_error(ParseError error) override { errors.push_back(std::string(to_string(error))); }

  Role role = Role::client;
  Lines lines;
  Lines errors;
};

class Player {
 public:
  explicit Player(Role role) : role_(role), conversation_(sink_) { sink_.role = role; }

  /// The connection's start was not seen.
  void begin_in_the_middle() {
    for (Direction d : {Direction::recv, Direction::send}) conversation_.unseen(d, {.ts_ns = 1}, {.length = 1, .tail = {}, .late = true});
  }

  Verdict play(const Turn& turn, size_t piece = SIZE_MAX) {
    const Direction direction = (turn.who == Turn::Who::client) == (role_ == Role::client) ? Direction::send : Direction::recv;
    if (direction != last_ || run_ == 0) ++run_;
    last_ = direction;
    Verdict verdict = Verdict::undecided;
    for (std::string_view rest = turn.bytes; !rest.empty() && verdict <= Verdict::mine; rest.remove_prefix(std::min(piece, rest.size())))
      verdict = conversation_.data(direction, passage(), rest.substr(0, piece));
    if (turn.unseen > 0) verdict = conversation_.unseen(direction, passage(), {.length = turn.unseen, .tail = turn.tail, .late = false});
    return verdict;
  }

  Lines finish() {
    conversation_.advance(now_ + 2'000'000'000);
    conversation_.close(now_ + 2'000'000'000);
    return sink_.lines;
  }
  Conversation& conversation() { return conversation_; }
  const Queries& sink() const { return sink_; }

 private:
  Passage passage() { return {.ts_ns = now_ += 1000, .tgid = 7, .run = run_, .exact_run = true}; }

  Role role_;
  Queries sink_;
  Conversation conversation_;
  Direction last_ = Direction::recv;
  uint32_t run_ = 0;
  uint64_t now_ = 1'000'000'000;
};

bool unanswered(const std::string& line) { return line.ends_with(" aborted") || line.ends_with(" unknown"); }

class QueryDialogues : public testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(FromEitherEnd, QueryDialogues, testing::Values(Role::client, Role::server),
                         [](const auto& role) { return std::string(to_string(role.param)); });

TEST_P(QueryDialogues, GiveTheSameWholeAndInPieces) {
  for (const QueryDialogue& dialogue : query_dialogues()) {
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{7}, size_t{64}}) {
      Player player(GetParam());
      for (const Turn& turn : dialogue.turns) ASSERT_LE(player.play(turn, piece), Verdict::mine) << dialogue.name << " by " << piece;
      EXPECT_EQ(player.finish(), dialogue.expected) << dialogue.name << " by " << piece;
      EXPECT_EQ(player.conversation().protocol().name, dialogue.protocol) << dialogue.name;
      EXPECT_EQ(player.sink().errors, Lines()) << dialogue.name << " by " << piece;
    }
  }
}

TEST_P(QueryDialogues, EveryTurnMayBeCutAtEveryByte) {
  for (const QueryDialogue& dialogue : query_dialogues()) {
    for (size_t cut_turn = 0; cut_turn < dialogue.turns.size(); ++cut_turn) {
      for (size_t at = 1; at < dialogue.turns[cut_turn].bytes.size(); ++at) {
        Player player(GetParam());
        for (size_t i = 0; i < dialogue.turns.size(); ++i) {
          Turn turn = dialogue.turns[i];
          if (i == cut_turn) {
            Turn head = turn;
            head.bytes.resize(at);
            player.play(head);
            turn.bytes.erase(0, at);
          }
          player.play(turn);
        }
        ASSERT_EQ(player.finish(), dialogue.expected) << dialogue.name << ", turn " << cut_turn << " at " << at;
      }
    }
  }
}

TEST_P(QueryDialogues, TruncatedAtEveryByteInventsNothing) {
  for (const QueryDialogue& dialogue : query_dialogues()) {
    for (size_t last = 0; last < dialogue.turns.size(); ++last) {
      for (size_t at = 1; at < dialogue.turns[last].bytes.size(); ++at) {
        Player player(GetParam());
        for (size_t i = 0; i < last; ++i) player.play(dialogue.turns[i]);
        Turn turn = dialogue.turns[last];
        turn.bytes.resize(at);
        player.play(turn);
        const Lines seen = player.finish();
        for (size_t i = 0; i < seen.size(); ++i) {
          const bool same = i < dialogue.expected.size() && seen[i] == dialogue.expected[i];
          ASSERT_TRUE(same || unanswered(seen[i])) << dialogue.name << ", turn " << last << " at " << at << ": " << seen[i];
        }
      }
    }
  }
}

TEST(QueryGaps, TheMiddleOfAValueMayPassUnseen) {
  const std::string value(100'000, 'v');
  Player redis(Role::client);
  redis.play(client(resp({"GET", "k"})));
  redis.play({Turn::Who::server, "$100000\r\nvvvv", 100'000 - 4 + 2, "vvvvvvvvvvvvvv\r\n"});
  redis.play(client(resp({"GET", "k"})));
  redis.play(server("$-1\r\n"));
  EXPECT_EQ(redis.finish(), (Lines{"GET ok 1+0", "GET ok 0+1"}));
  EXPECT_EQ(redis.sink().errors, Lines());

  Player postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  const std::string row = pg('D', value);
  const std::string end = done("SELECT 1") + ready('T');
  postgres.play({Turn::Who::server, row.substr(0, 100), row.size() - 100 + end.size() - 10, ""});
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT unknown"}));
}

TEST(QueryGaps, ALongAnswersEndTellsOfTheOnlyQuestion) {
  Player postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  const std::string end = done("SELECT 50") + ready('I');
  postgres.play({Turn::Who::server, kPgRow, 500'000, end.substr(end.size() - 16)});
  EXPECT_EQ(postgres.conversation().session(), SessionState::idle);
  postgres.play(client(pg('Q', nul("DELETE FROM t"))));
  postgres.play(server(done("DELETE 1") + ready('I')));
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT ok", "DELETE ok"}));

  Player mysql(Role::client);
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

TEST(QueryGaps, TheEndOfACommandOfSeveralPacketsMayPassUnseen) {
  // 16 MiB - 1 is in the first packet; the second's header is not seen. The listing may tell of any part of it.
  const std::string begin("\xff\xff\xff\0\x03INSERT INTO t VALUES ('", 28);
  const size_t rest = 0xffffff + 4 - begin.size();
  for (const size_t told : {size_t{1'000'000}, rest - 1, rest}) {
    Player mysql(Role::client);
    mysql.play(server(my_greeting(kUsual)));
    mysql.play(client(my_login(kUsual)));
    mysql.play(server(my_ok(2, 2)));
    mysql.play({Turn::Who::client, begin, told, std::string(16, 'x')});
    mysql.play({Turn::Who::client, "", 17'000'000, std::string(16, 'x')});
    EXPECT_EQ(mysql.conversation().session(), SessionState::active);
    mysql.play(server(my_ok(2, 2)));
    EXPECT_EQ(mysql.conversation().session(), SessionState::idle);
    mysql.play(client(my_command(3, "SELECT 1")));
    mysql.play(server(my_rows(false, 2)));
    EXPECT_EQ(mysql.finish(), (Lines{"INSERT ok", "SELECT ok"})) << told;
  }
}

TEST(QueryGaps, WhatMayHaveHeldWholeMessagesMakesItsQuestionsUnknownAndFootingIsFoundAgain) {
  Player redis(Role::server);
  redis.play(client(resp({"GET", "a"}) + resp({"GET", "b"})));
  redis.play({Turn::Who::server, "$1\r\n", 20, ""});
  redis.play(client(resp({"GET", "c"})));
  redis.play(server("$1\r\nv\r\n"));
  EXPECT_EQ(redis.finish(), (Lines{"GET unknown", "GET unknown", "GET ok 1+0"}));

  Player packets(Role::client);
  packets.play(client(ask(0, 1, "a") + ask(0, 2, "b")));
  packets.play({Turn::Who::server, answer(0, 0, 1, "v"), 40, ""});
  packets.play(client(ask(0, 3, "c")));
  packets.play({Turn::Who::server, answer(0, 0, 3, std::string(90'000, 'v')).substr(0, 30), 89'994, ""});
  EXPECT_EQ(packets.finish(), (Lines{"GET ok 1+0", "GET unknown", "GET ok 1+0"}));

  Player memcached(Role::client);
  memcached.play(client("get a\r\nget b\r\n"));
  memcached.play({Turn::Who::server, "VAL", 40, ""});
  memcached.play(client("get c\r\n"));
  memcached.play(server("END\r\n"));
  EXPECT_EQ(memcached.finish(), (Lines{"GET unknown", "GET unknown", "GET ok 0+1"}));
}

TEST(QueryGaps, AConnectionIsRecognisedInTheMiddle) {
  for (const Role role : {Role::client, Role::server}) {
    Player postgres(role);
    postgres.begin_in_the_middle();
    postgres.play(server(pg('D', "the end of an earlier answer")));
    postgres.play(client(pg('Q', nul("SELECT 1"))));
    postgres.play(server(kPgRow + done("SELECT 1") + ready('T')));
    EXPECT_EQ(postgres.conversation().session(), SessionState::in_transaction);
    EXPECT_EQ(postgres.finish(), (Lines{"SELECT ok"}));

    Player mysql(role);
    mysql.begin_in_the_middle();
    mysql.play(client(my_command(3, "SELECT 1")));
    mysql.play(server(my_rows(true, 2)));
    EXPECT_EQ(mysql.conversation().session(), SessionState::idle);
    EXPECT_EQ(mysql.finish(), (Lines{"SELECT ok"}));

    Player prepared_before(role);
    prepared_before.begin_in_the_middle();
    prepared_before.play(client(my_command(23, "\xff\xff\xff\xff" + std::string(5, '\0'))));
    prepared_before.play(server(my_ok(1, 2)));
    EXPECT_EQ(prepared_before.finish(), (Lines{"_OTHER ok"}));

    Player redis(role);
    redis.begin_in_the_middle();
    redis.play(server("$3\r\nold\r\n"));
    redis.play(client(resp({"GET", "k"})));
    redis.play(server("$-1\r\n"));
    EXPECT_EQ(redis.finish(), (Lines{"GET ok 0+1"}));

    Player memcached(role);
    memcached.begin_in_the_middle();
    memcached.play(server(answer(0, 0, 2, "old")));
    memcached.play(client(ask(0, 3, "k")));
    memcached.play(server(answer(0, 1, 3, "Not found")));
    EXPECT_EQ(memcached.finish(), (Lines{"GET ok 0+1"}));
  }
}

TEST(QuerySessions, WhatAConnectionIsAt) {
  Player postgres(Role::client);
  postgres.play(client(pg_startup()));
  EXPECT_EQ(postgres.conversation().session(), SessionState::none);
  postgres.play(server(kPgWelcome));
  EXPECT_EQ(postgres.conversation().session(), SessionState::idle);
  postgres.play(client(pg('Q', nul("BEGIN")).substr(0, 2)));
  EXPECT_EQ(postgres.conversation().session(), SessionState::active);
  postgres.play(client(pg('Q', nul("BEGIN")).substr(2)));
  postgres.play(server(done("BEGIN") + ready('T')));
  EXPECT_EQ(postgres.conversation().session(), SessionState::in_transaction);

  postgres.play(client(pg('Q', nul("SELECT 1/0"))));
  postgres.play(server(kPgError + ready('E')));
  EXPECT_EQ(postgres.conversation().session(), SessionState::in_transaction);
  postgres.play(client(pg('Q', nul("ROLLBACK"))));
  postgres.play(server(done("ROLLBACK") + ready('I')));
  EXPECT_EQ(postgres.conversation().session(), SessionState::idle);
  // What is flushed and not synchronised leaves the server busy.
  postgres.play(client(parse("SELECT 1") + bind("") + execute("") + pg('H', "")));
  postgres.play(server(kPgBound + done("SELECT 1")));
  EXPECT_EQ(postgres.conversation().session(), SessionState::active);
  postgres.play(client(kSync));
  EXPECT_EQ(postgres.conversation().session(), SessionState::active);
  postgres.play(server(ready('I')));
  EXPECT_EQ(postgres.conversation().session(), SessionState::idle);

  Player cancel(Role::client);
  EXPECT_EQ(cancel.play(client(big(16) + big(80877102) + big(7) + big(8))), Verdict::finished);
  EXPECT_EQ(cancel.finish(), Lines());

  Player encrypted(Role::client);
  encrypted.play(client(big(8) + big(80877103)));
  encrypted.play(server("S"));
  encrypted.play(client("\x16\x03\x01 all that follows"));
  EXPECT_EQ(encrypted.conversation().session(), SessionState::unreadable);
  EXPECT_EQ(encrypted.finish(), Lines());
  EXPECT_EQ(encrypted.sink().errors, (Lines{"encrypted"}));
}

TEST(QueryProtocols, AStandbysConnectionHasNoQueries) {
  for (const char* replication : {"true", "on", "1"}) {
    Player standby(Role::server);
    EXPECT_EQ(standby.play(client(pg_startup(replication))), Verdict::finished) << replication;
    EXPECT_EQ(standby.finish(), Lines());
  }
  for (const char* replication : {"false", "off", "0"}) {
    Player none(Role::server);
    none.play(client(pg_startup(replication)));
    none.play(server(kPgWelcome));
    none.play(client(pg('Q', nul("SHOW a"))));
    none.play(server(done("SHOW") + ready('I')));
    EXPECT_EQ(none.finish(), (Lines{"SHOW ok"})) << replication;
  }
  // Found in the middle it shows by what it asks.
  Player later(Role::server);
  later.begin_in_the_middle();
  later.play(client(pg('Q', nul("IDENTIFY_SYSTEM"))));
  later.play(server(kPgRow + done("IDENTIFY_SYSTEM") + ready('I')));
  later.play(client(pg('Q', nul("START_REPLICATION 0/0"))));
  EXPECT_EQ(later.play(server(pg('W', "abc"))), Verdict::finished);
  EXPECT_EQ(later.finish(), Lines());
}

TEST(QueryLimits, HostileLengthsGetNoAnswer) {
  const std::vector<Turn> turns = {client("*1\r\n$99999999999999999999\r\n"), client("*2147483648\r\n"), client("*1\r\n$-1\r\n"),
                                   client("set k 0 0 99999999999\r\n"),       client(big(4) + big(196608)), client(big(0xffffffff) + big(196608)),
                                   server(my(0, std::string(1, 10))),         client(std::string(200, '\0')), client(std::string(200, '\xff')),
                                   client("\x80" + std::string(199, '\0')), client("\x80\1\xff\xff" + std::string(4, '\0') + std::string(16, '\xff'))};
  for (const Turn& turn : turns) {
    Player player(Role::server);
    player.play(turn);
    for (const std::string& line : player.finish()) EXPECT_TRUE(unanswered(line)) << line;
  }
  Player postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  postgres.play(server("T" + big(3)));
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT unknown"}));
  EXPECT_EQ(postgres.sink().errors, (Lines{"bad_message"}));

  Player redis(Role::client);
  redis.play(client(resp({"GET", "k"})));
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += "*1\r\n";
  redis.play(server(nested));
  EXPECT_EQ(redis.finish(), (Lines{"GET unknown"}));
}

TEST(QueryLimits, QuestionsWithoutAnAnswerAreBounded) {
  Player redis(Role::client);
  std::string many;
  for (int i = 0; i < 70'000; ++i) many += resp({"GET", "k"});
  redis.play(client(many));
  EXPECT_LT(redis.conversation().memory(), 8u << 20);
  EXPECT_EQ(redis.sink().errors, (Lines{"pipeline_limit"}));
  EXPECT_EQ(redis.finish().size(), 70'000u - 1);
}

TEST(QueryProtocols, ALineOfRedisIsRecognisedHoweverItIsCut) {
  const std::string key(200, 'k');
  for (const size_t piece : {SIZE_MAX, size_t{1}}) {
    Player player(Role::server);
    player.play(client("GET " + key + "\r\n"), piece);
    player.play(server("$-1\r\n"), piece);
    EXPECT_EQ(player.finish(), (Lines{"GET ok 0+1"})) << piece;
  }
}

TEST(QueryProtocols, HttpStaysHttp) {
  const std::string head = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{4}}) {
    Player player(Role::server);
    player.play(client(head), piece);
    player.play(server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), piece);
    EXPECT_EQ(player.finish(), (Lines{"HTTP 200"}));
  }
  // Blanks where there should be none; `get` and a word more are memcached's too.
  for (const char* line : {"GET  /a b\t HTTP/1.1 ", "GET /a b HTTP/1.1", "get /a HTTP/1.1", "SET /a b c HTTP/1.0"}) {
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{20}}) {
      Player player(Role::server);
      player.play(client(std::string(line) + "\r\nHost: a\r\n\r\n"), piece);
      player.play(server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), piece);
      EXPECT_EQ(player.finish(), (Lines{"HTTP 200"})) << line << " by " << piece;
    }
  }
  // The first HTTP had no version; what else is no command's first line.
  for (const char* other : {"GET /\r\n", "GET /index.html\r\nHost: a\r\n\r\n", " get a b\r\n", "\rget a b\r\n"}) {
    for (const size_t piece : {SIZE_MAX, size_t{1}}) {
      Player player(Role::server);
      player.play(client(other), piece);
      EXPECT_EQ(player.finish(), Lines()) << other << " by " << piece;
    }
  }
  Player ssh(Role::server);
  EXPECT_EQ(ssh.play(client("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")), Verdict::not_mine);
}

// Redis takes commands as lines too; so do many others.
TEST(Redis, ALineIsACommandWhenItIsRepliedToLikeOne) {
  for (const size_t piece : {size_t{1}, size_t{3}, SIZE_MAX}) {
    for (const char* request : {"GET /a\r\n", "GET /a http/1.1\r\n\r\n", "HELLO\r\n\r\n", "QUIT\r\n"}) {
      for (const char* reply : {"<html>old</html>", "221 Bye\r\n", ""}) {
        Player player(Role::server);
        player.play(client(request), piece);
        if (*reply != 0) player.play(server(reply), piece);
        EXPECT_EQ(player.finish(), Lines{}) << request << reply;
        EXPECT_EQ(player.sink().errors, Lines{}) << request << reply;
      }
    }
    Player player(Role::server);
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
    Player player(Role::server);
    EXPECT_EQ(player.play(client(lines), piece), Verdict::mine) << piece;
    player.play(server(replies), piece);
    EXPECT_EQ(player.finish(), expected) << piece;
    Player other(Role::server);
    EXPECT_EQ(other.play(client("SET first v\r\nGET a\r\nDEL a\r\nPING\r\nHost: a\r\n" + lines), piece), Verdict::not_mine) << piece;
  }
  Player long_line(Role::server);
  EXPECT_EQ(long_line.play(client("SET first v\r\nSET k " + std::string(5000, 'v') + "\r\n")), Verdict::not_mine);
}

}  // namespace
}  // namespace sockwatch
