// What a connection is at, and what the parsers bear.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "query_dialogues.h"
#include "query_messages.h"
#include "query_player.h"

namespace sockwatch {
namespace {

TEST(QuerySessions, WhatAConnectionIsAt) {
  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  EXPECT_EQ(postgres.detector().session(), SessionState::none);
  postgres.play(server(kPgWelcome));
  EXPECT_EQ(postgres.detector().session(), SessionState::idle);
  postgres.play(client(pg('Q', nul("BEGIN")).substr(0, 2)));
  EXPECT_EQ(postgres.detector().session(), SessionState::active);
  postgres.play(client(pg('Q', nul("BEGIN")).substr(2)));
  postgres.play(server(done("BEGIN") + ready('T')));
  EXPECT_EQ(postgres.detector().session(), SessionState::in_transaction);

  postgres.play(client(pg('Q', nul("SELECT 1/0"))));
  postgres.play(server(kPgError + ready('E')));
  EXPECT_EQ(postgres.detector().session(), SessionState::in_transaction);
  postgres.play(client(pg('Q', nul("ROLLBACK"))));
  postgres.play(server(done("ROLLBACK") + ready('I')));
  EXPECT_EQ(postgres.detector().session(), SessionState::idle);
  // What is flushed and not synchronised leaves the server busy.
  postgres.play(client(parse("SELECT 1") + bind("") + execute("") + pg('H', "")));
  postgres.play(server(kPgBound + done("SELECT 1")));
  EXPECT_EQ(postgres.detector().session(), SessionState::active);
  postgres.play(client(kSync));
  EXPECT_EQ(postgres.detector().session(), SessionState::active);
  postgres.play(server(ready('I')));
  EXPECT_EQ(postgres.detector().session(), SessionState::idle);

  QueryPlayer cancel(Role::client);
  EXPECT_EQ(cancel.play(client(big(16) + big(80877102) + big(7) + big(8))), Verdict::finished);
  EXPECT_EQ(cancel.finish(), Lines());

  QueryPlayer encrypted(Role::client);
  encrypted.play(client(big(8) + big(80877103)));
  encrypted.play(server("S"));
  encrypted.play(client("\x16\x03\x01 all that follows"));
  EXPECT_EQ(encrypted.detector().session(), SessionState::unreadable);
  EXPECT_EQ(encrypted.finish(), Lines());
  EXPECT_EQ(encrypted.sink().errors, (Lines{"encrypted"}));
}

TEST(QueryLimits, HostileLengthsGetNoAnswer) {
  const std::vector<Turn> turns = {client("*1\r\n$99999999999999999999\r\n"), client("*2147483648\r\n"), client("*1\r\n$-1\r\n"),
                                   client("set k 0 0 99999999999\r\n"),       client(big(4) + big(196608)), client(big(0xffffffff) + big(196608)),
                                   server(my(0, std::string(1, 10))),         client(std::string(200, '\0')), client(std::string(200, '\xff')),
                                   client("\x80" + std::string(199, '\0')), client("\x80\1\xff\xff" + std::string(4, '\0') + std::string(16, '\xff'))};
  for (const Turn& turn : turns) {
    QueryPlayer player(Role::server);
    player.play(turn);
    for (const std::string& line : player.finish()) EXPECT_TRUE(is_unanswered(line)) << line;
  }
  QueryPlayer postgres(Role::client);
  postgres.play(client(pg_startup()));
  postgres.play(server(kPgWelcome));
  postgres.play(client(pg('Q', nul("SELECT 1"))));
  postgres.play(server("T" + big(3)));
  EXPECT_EQ(postgres.finish(), (Lines{"SELECT unknown"}));
  EXPECT_EQ(postgres.sink().errors, (Lines{"bad_message"}));

  QueryPlayer redis(Role::client);
  redis.play(client(resp({"GET", "k"})));
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += "*1\r\n";
  redis.play(server(nested));
  EXPECT_EQ(redis.finish(), (Lines{"GET unknown"}));
}

TEST(QueryLimits, HostileDialoguesInventNothing) {
  for (const Role role : {Role::server, Role::client}) {
    for (const QueryDialogue& dialogue : hostile_query_dialogues()) {
      for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{3}, size_t{7}}) {
        QueryPlayer player(role);
        for (const Turn& turn : dialogue.turns) player.play(turn, piece);
        EXPECT_EQ(player.finish(), dialogue.expected) << dialogue.name << " in pieces of " << piece;
      }
    }
  }
}

TEST(QueryLimits, QuestionsWithoutAnAnswerAreBounded) {
  QueryPlayer redis(Role::client);
  std::string many;
  for (int i = 0; i < 70'000; ++i) many += resp({"GET", "k"});
  redis.play(client(many));
  EXPECT_LT(redis.detector().memory(), 8u << 20);
  EXPECT_EQ(redis.sink().errors, (Lines{"pipeline_limit"}));
  EXPECT_EQ(redis.finish().size(), 70'000u - 1);
}

}  // namespace
}  // namespace sockwatch
