// Dialogues made up at random, cut at random: exactly what happened. With segments lost, or seen in part:
// nothing that did not.
#include "random_dialogue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "pipeline/pipeline.h"

namespace sockwatch {
namespace {

struct Seen {
  std::string method, target, status;
  uint64_t request_bytes, response_bytes;
};

struct Loss {
  int lost_percent = 0;      ///< of segments
  int hidden_percent = 0;    ///< of segments: only a prefix is seen, and perhaps the end
  bool counted_flights = true;  ///< segments say in which flight they are
  bool requests = true;      ///< those of the client too
  bool whole = false;        ///< what is said is one segment
};

class RandomDialogues : public testing::Test {
 protected:
  RandomDialogues() {
    pipeline_.set_observer([this](const ObservedTransaction& o) {
      seen_.push_back({std::string(o.transaction.method), std::string(o.transaction.target),
                       o.transaction.status.text(), o.transaction.request_bytes,
                       o.transaction.response_bytes});
    });
  }

  // Plays the dialogue on a connection of its own and returns what was observed.
  std::vector<Seen> play(const RandomDialogue& dialogue, uint64_t seed, const Loss& loss) {
    std::mt19937_64 random(seed);
    const bool server = random() % 2 == 0;
    const bool small = random() % 3 == 0;
    seen_.clear();
    told_.clear();
    ++socket_;
    SocketEvent event = event_of(SocketEvent::Kind::open);
    pipeline_.on_event(event);
    uint64_t offset[2] = {};
    uint32_t flight = 0;
    for (size_t i = 0; i < dialogue.said.size(); ++i) {
      const Said& said = dialogue.said[i];
      if (i == 0 || said.from != dialogue.said[i - 1].from) ++flight;
      for (size_t at = 0; at < said.bytes.size();) {
        const size_t most = small ? 3 : random() % 4 == 0 ? 1000 : 60;
        const size_t n =
            loss.whole ? said.bytes.size() : std::min<size_t>(said.bytes.size() - at, 1 + random() % most);
        const std::string piece = said.bytes.substr(at, n);
        at += n;
        event = event_of(SocketEvent::Kind::segment);
        event.segment.direction = server ? said.from : opposite(said.from);
        uint64_t& next = offset[static_cast<size_t>(event.segment.direction)];
        event.segment.offset = next;
        event.segment.length = n;
        event.segment.flight = loss.counted_flights ? flight : 0;
        next += n;
        const auto* bytes = reinterpret_cast<const uint8_t*>(piece.data());
        event.segment.data = {bytes, n};
        if ((loss.requests || said.from == Direction::send) && chance(random, loss.hidden_percent)) {
          const size_t prefix = random() % n;
          event.segment.data = {bytes, prefix};
          const size_t tail = std::min<size_t>(n - prefix, random() % 17);
          event.segment.tail = {bytes + n - tail, tail};
        }
        const bool may_be_lost = loss.requests || said.from == Direction::send;
        const bool lost = may_be_lost && chance(random, loss.lost_percent);
        told_ += said.from == Direction::recv ? "> " : "< ";
        told_ += std::to_string(flight) + " " + testing::PrintToString(piece) +
                 (lost                            ? " lost"
                  : event.segment.data.size() < n ? " but for " + std::to_string(event.segment.data.size())
                                                  : "") +
                 "\n";
        if (!lost) pipeline_.on_event(event);
      }
    }
    event = event_of(SocketEvent::Kind::close);
    event.close.end[0] = offset[0];
    event.close.end[1] = offset[1];
    pipeline_.on_event(event);
    return seen_;
  }

  /// What the last one said, segment by segment.
  std::string told_;

 private:
  static bool chance(std::mt19937_64& random, int percent) {
    return random() % 100 < static_cast<uint64_t>(percent);
  }

  SocketEvent event_of(SocketEvent::Kind kind) {
    SocketEvent event;
    event.kind = kind;
    event.socket = socket_;
    event.ts_ns = now_ns_ += 1000;
    return event;
  }

  Pipeline pipeline_{Config{}};
  std::vector<Seen> seen_;
  SocketId socket_ = 0;
  uint64_t now_ns_ = 0;
};

std::string line_of(const std::string& method, const std::string& target, const std::string& status,
                    uint64_t request_bytes, uint64_t response_bytes) {
  return method + " " + target + " " + status + " " + std::to_string(request_bytes) + " " +
         std::to_string(response_bytes) + "\n";
}

std::string text_of(const std::vector<TrueTransaction>& truth) {
  std::string text;
  for (const TrueTransaction& t : truth)
    text += line_of(t.method, t.target, t.status, t.request_bytes, t.response_bytes);
  return text;
}

std::string text_of(const std::vector<Seen>& seen) {
  std::string text;
  for (const Seen& s : seen) text += line_of(s.method, s.target, s.status, s.request_bytes, s.response_bytes);
  return text;
}

TEST_F(RandomDialogues, EverythingSeenIsExact) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    const RandomDialogue dialogue =
        make_dialogue(seed, {.pipelined = seed % 3 == 0, .look_alikes = true, .unusual_methods = true});
    ASSERT_EQ(text_of(play(dialogue, seed, {.counted_flights = seed % 2 == 0})), text_of(dialogue.truth))
        << "seed " << seed << "\n"
        << told_;
  }
}

// Whatever is lost: each transaction that is reported has happened, once, with that status or one that could
// not be told.
TEST_F(RandomDialogues, NothingIsInventedWhereSegmentsAreLost) {
  uint64_t happened = 0, told = 0, unknown = 0;
  for (uint64_t seed = 1; seed <= 8000; ++seed) {
    // Where nobody counted the flights, much looks the same: clients that pipeline or not, a body or the next
    // request.
    const bool counted = seed % 4 != 0;
    const RandomDialogue dialogue =
        make_dialogue(seed, {.pipelined = counted && seed % 3 == 0, .expects = counted});
    const Loss loss{.lost_percent = static_cast<int>(seed % 7) * 5,
                    .hidden_percent = static_cast<int>(seed % 5) * 5,
                    .counted_flights = counted,
                    .requests = counted};
    std::map<std::string, const TrueTransaction*> truth;
    for (const TrueTransaction& t : dialogue.truth) truth[t.target] = &t;
    happened += truth.size();
    const std::vector<Seen> seen = play(dialogue, seed, loss);
    for (const Seen& s : seen) {
      const auto it = truth.find(s.target);
      const bool invented = it == truth.end() || it->second == nullptr || it->second->method != s.method ||
                            (s.status != "unknown" && s.status != it->second->status);
      ASSERT_FALSE(invented) << "seed " << seed << ": " << s.method << " " << s.target << " " << s.status
                             << "\nhappened:\n"
                             << text_of(dialogue.truth) << "seen:\n"
                             << text_of(seen) << told_;
      it->second = nullptr;
      ++told;
      unknown += s.status == "unknown";
    }
  }
  // It must not be right by saying nothing. (Most of these dialogues are cut into the smallest pieces, and a
  // third of it lost.)
  EXPECT_GT(told, happened / 2);
  EXPECT_LT(unknown, told * 2 / 3);
}

// One segment in a hundred lost costs little more than the exchanges that it was part of, where clients do
// not pipeline.
TEST_F(RandomDialogues, ALittleLossCostsLittle) {
  uint64_t happened = 0, exact = 0;
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    const RandomDialogue dialogue = make_dialogue(seed, {});
    happened += dialogue.truth.size();
    for (const Seen& s : play(dialogue, seed, {.lost_percent = 1, .whole = true}))
      exact += s.status != "unknown";
  }
  EXPECT_GT(exact, happened * 95 / 100);
}

}  // namespace
}  // namespace sockwatch
