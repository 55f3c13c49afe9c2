// Every dialogue, seen from both ends: whole, split in two at every byte, in pieces of one byte, and of a
// few.
#include <gtest/gtest.h>

#include "dialogues.h"
#include "player.h"

namespace sockwatch {
namespace {

class Http1Dialogue : public testing::TestWithParam<Dialogue> {
 protected:
  // A dialogue of many bytes is split at some of them only: each split plays all of it.
  static constexpr size_t kSplits = 1500;

  static void expect_no_surprise(const std::string& surprises, const std::string& how) {
    EXPECT_TRUE(surprises.empty()) << how << "\n" << surprises;
  }
};

TEST_P(Http1Dialogue, ComesOutTheSameHoweverItIsCut) {
  const Script script = parse_script(GetParam().script);
  const size_t bytes = said(script);
  for (const Role role : {Role::server, Role::client}) {
    SCOPED_TRACE(to_string(role));
    expect_no_surprise(play(script, role, whole), "whole");
    for (const size_t size : {1, 2, 3, 7})
      expect_no_surprise(play(script, role, [&](size_t, size_t) { return size; }),
                         "in pieces of " + std::to_string(size));
    for (size_t split = 1; split < bytes && !HasFailure(); split += 1 + bytes / kSplits) {
      const auto cut = [&](size_t at, size_t left) { return at < split ? split - at : left; };
      expect_no_surprise(play(script, role, cut), "split at " + std::to_string(split));
    }
  }
}

// Where a send or receive begins tells something only as long as it is not cut.
TEST(Http1Resync, AMessageAtTheBeginningOfAPieceBehindWhatLookedLikeOne) {
  EXPECT_EQ(play(parse_script(R"(
    >? 1
    <? 1
    < some content
    > PUT
    > GET /a HTTP/1.1||
    < HTT
    < HTTP/1.1 201 OK|Content-Length: 0||
    x
    = GET /a 201 0 0
  )"),
                 Role::server, whole),
            "");
}

std::string name_of(const testing::TestParamInfo<Dialogue>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Framing, Http1Dialogue,
                         testing::ValuesIn(framing_dialogues().begin(), framing_dialogues().end()), name_of);
INSTANTIATE_TEST_SUITE_P(Endings, Http1Dialogue,
                         testing::ValuesIn(ending_dialogues().begin(), ending_dialogues().end()), name_of);
INSTANTIATE_TEST_SUITE_P(Hostile, Http1Dialogue,
                         testing::ValuesIn(hostile_dialogues().begin(), hostile_dialogues().end()), name_of);
INSTANTIATE_TEST_SUITE_P(Refusals, Http1Dialogue,
                         testing::ValuesIn(refusal_dialogues().begin(), refusal_dialogues().end()), name_of);

INSTANTIATE_TEST_SUITE_P(Gaps, Http1Dialogue,
                         testing::ValuesIn(gap_dialogues().begin(), gap_dialogues().end()), name_of);
INSTANTIATE_TEST_SUITE_P(PipelineGaps, Http1Dialogue,
                         testing::ValuesIn(pipeline_gap_dialogues().begin(), pipeline_gap_dialogues().end()), name_of);
INSTANTIATE_TEST_SUITE_P(LateGaps, Http1Dialogue,
                         testing::ValuesIn(late_gap_dialogues().begin(), late_gap_dialogues().end()), name_of);

}  // namespace
}  // namespace sockwatch
