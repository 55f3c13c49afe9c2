// What dialogues with databases and caches must give whole, in pieces of every size, seen from either end.
#include <gtest/gtest.h>

#include <string>

#include "query_dialogues.h"
#include "query_player.h"

namespace sockwatch {
namespace {

class QueryDialogues : public testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(FromEitherEnd, QueryDialogues, testing::Values(Role::client, Role::server),
                         [](const auto& role) { return std::string(to_string(role.param)); });

TEST_P(QueryDialogues, GiveTheSameWholeAndInPieces) {
  for (const QueryDialogue& dialogue : query_dialogues()) {
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{7}, size_t{64}}) {
      QueryPlayer player(GetParam());
      for (const Turn& turn : dialogue.turns) ASSERT_LE(player.play(turn, piece), Verdict::mine) << dialogue.name << " by " << piece;
      EXPECT_EQ(player.finish(), dialogue.expected) << dialogue.name << " by " << piece;
      EXPECT_EQ(player.detector().protocol().name, dialogue.protocol) << dialogue.name;
      EXPECT_EQ(player.sink().errors, Lines()) << dialogue.name << " by " << piece;
    }
  }
}

TEST_P(QueryDialogues, EveryTurnMayBeCutAtEveryByte) {
  for (const QueryDialogue& dialogue : query_dialogues()) {
    for (size_t cut_turn = 0; cut_turn < dialogue.turns.size(); ++cut_turn) {
      for (size_t at = 1; at < dialogue.turns[cut_turn].bytes.size(); ++at) {
        QueryPlayer player(GetParam());
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
        QueryPlayer player(GetParam());
        for (size_t i = 0; i < last; ++i) player.play(dialogue.turns[i]);
        Turn turn = dialogue.turns[last];
        turn.bytes.resize(at);
        player.play(turn);
        const Lines seen = player.finish();
        for (size_t i = 0; i < seen.size(); ++i) {
          const bool same = i < dialogue.expected.size() && seen[i] == dialogue.expected[i];
          ASSERT_TRUE(same || is_unanswered(seen[i])) << dialogue.name << ", turn " << last << " at " << at << ": " << seen[i];
        }
      }
    }
  }
}

}  // namespace
}  // namespace sockwatch
