// The 102 dialogues that the libhtp project wrote for passive HTTP parsers, through the whole pipeline: each
// as it stands, split at every byte, and byte by byte. All must give the transactions that expected.tsv has.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "dialogue.h"
#include "pipeline/pipeline.h"
#include "recording/recording_reader.h"
#include "recording/recording_writer.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

namespace fs = std::filesystem;

/// "GET /a 200 0 12", one line a transaction.
using Transactions = std::string;

std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte > ' ' && byte < 0x7f) {
      out += c;
    } else {
      out += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
    }
  }
  return out;
}

std::string line_of(const Transaction& t) {
  return printable(t.method) + " " + printable(t.target) + " " + t.status.text() + " " +
         std::to_string(t.request_bytes) + " " + std::to_string(t.response_bytes) + "\n";
}

std::map<std::string, Transactions> read_expected() {
  std::map<std::string, Transactions> expected;
  std::ifstream file(SOCKWATCH_EXPECTED);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string name, field;
    std::getline(fields, name, '\t');
    std::string transaction;
    while (std::getline(fields, field, '\t')) transaction += (transaction.empty() ? "" : " ") + field;
    Transactions& all = expected[name];
    if (transaction != "-") all += transaction + "\n";
  }
  return expected;
}

std::vector<Utterance> read_dialogue(const std::string& name) {
  std::ifstream file(fs::path(SOCKWATCH_LIBHTP_DIALOGUES) / name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_dialogue(text.str());
}

bool dialogues_are_here() { return fs::is_directory(SOCKWATCH_LIBHTP_DIALOGUES); }

/// Tells a dialogue as the events of one connection, cut into segments by `cut`, which is told each
/// utterance's place in the dialogue and its size and returns where to cut it (ascending, from 1 to its size
/// - 1).
template <typename Cut, typename Sink>
void tell(const std::vector<Utterance>& dialogue, SocketId socket, Cut cut, Sink sink) {
  static uint64_t now_ns = 0;
  const auto event_of = [&](SocketEvent::Kind kind) {
    SocketEvent event;
    event.socket = socket;
    event.ts_ns = now_ns += 1000;
    event.kind = kind;
    return event;
  };
  SocketEvent open = event_of(SocketEvent::Kind::open);
  open.open.local = parse_endpoint("127.0.0.1:80");
  open.open.remote = parse_endpoint("127.0.0.1:10000");
  open.open.service = "shop";
  sink(open);
  uint64_t offsets[2] = {0, 0};
  size_t place = 0;
  for (const Utterance& utterance : dialogue) {
    std::vector<size_t> cuts = cut(place, utterance.bytes.size());
    cuts.push_back(utterance.bytes.size());
    size_t begin = 0;
    for (const size_t end : cuts) {
      SocketEvent segment = event_of(SocketEvent::Kind::segment);
      segment.segment.direction = utterance.direction;
      uint64_t& offset = offsets[static_cast<size_t>(utterance.direction)];
      segment.segment.offset = offset;
      segment.segment.length = end - begin;
      segment.segment.data = {reinterpret_cast<const uint8_t*>(utterance.bytes.data()) + begin, end - begin};
      sink(segment);
      offset += end - begin;
      begin = end;
    }
    place += utterance.bytes.size();
  }
  sink(event_of(SocketEvent::Kind::close));
}

const auto kWhole = [](size_t, size_t) { return std::vector<size_t>{}; };
const auto kBytewise = [](size_t, size_t size) {
  std::vector<size_t> cuts;
  for (size_t at = 1; at < size; ++at) cuts.push_back(at);
  return cuts;
};

/// A pipeline that remembers what it saw, by connection.
class Player {
 public:
  Player() : pipeline_(Config{}) {
    pipeline_.set_observer([this](const ObservedTransaction& observed) {
      seen_[observed.socket] += line_of(observed.transaction);
      EXPECT_EQ(observed.transaction.role, Role::server);
      EXPECT_EQ(observed.service, "shop");
    });
    pipeline_.set_query_observer([this](const ObservedQuery& observed) {
      seen_[observed.socket] += "a query of " + std::string(observed.query.operation) + "\n";
    });
  }
  void pass(const SocketEvent& event) {
    pipeline_.advance(event.ts_ns);
    pipeline_.on_event(event);
  }
  template <typename Cut>
  SocketId play(const std::vector<Utterance>& dialogue, Cut cut) {
    tell(dialogue, ++last_socket_, cut, [this](const SocketEvent& event) { pass(event); });
    return last_socket_;
  }
  void finish() { pipeline_.finish(); }
  Transactions seen(SocketId socket) { return seen_[socket]; }

 private:
  Pipeline pipeline_;
  std::map<SocketId, Transactions> seen_;
  SocketId last_socket_ = 0;
};

class Libhtp : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!dialogues_are_here()) GTEST_SKIP() << "no dialogues at " << SOCKWATCH_LIBHTP_DIALOGUES;
    dialogue_ = read_dialogue(GetParam());
    ASSERT_FALSE(dialogue_.empty()) << "no dialogue in " << GetParam();
    for (const Utterance& utterance : dialogue_) size_ += utterance.bytes.size();
  }
  std::vector<Utterance> dialogue_;
  size_t size_ = 0;
};

TEST_P(Libhtp, GivesWhatStandsInTheTable) {
  Player player;
  const SocketId socket = player.play(dialogue_, kWhole);
  player.finish();
  EXPECT_EQ(player.seen(socket), read_expected()[GetParam()]);
}

TEST_P(Libhtp, GivesTheSameWhereverItIsSplit) {
  Player player;
  const SocketId whole = player.play(dialogue_, kWhole);
  std::map<size_t, SocketId> split;
  for (size_t at = 1; at < size_; ++at) {
    split[at] = player.play(dialogue_, [at](size_t place, size_t size) {
      return at > place && at < place + size ? std::vector<size_t>{at - place} : std::vector<size_t>{};
    });
  }
  const SocketId bytewise = player.play(dialogue_, kBytewise);
  player.finish();
  for (const auto& [at, socket] : split) {
    ASSERT_EQ(player.seen(socket), player.seen(whole)) << "split after byte " << at << " of " << size_;
  }
  EXPECT_EQ(player.seen(bytewise), player.seen(whole)) << "byte by byte";
}

TEST_P(Libhtp, GivesTheSameFromARecordingWithoutCredentials) {
  RecordingWriter writer(Credentials::masked);
  std::string lines;
  const auto write = [&](const SocketEvent& event) { writer.write(event, lines); };
  tell(dialogue_, 1, kWhole, write);
  tell(dialogue_, 2, kBytewise, write);
  const Fd file(::memfd_create("recording", MFD_CLOEXEC));
  ASSERT_EQ(::pwrite(file.get(), lines.data(), lines.size(), 0), static_cast<ssize_t>(lines.size()));

  Player recorded;
  RecordingReader reader(file.get(), "recording");
  SocketEvent event;
  for (;;) {
    const Result<bool> more = reader.next(event);
    ASSERT_TRUE(more) << more.error().message;
    if (!more.value()) break;
    recorded.pass(event);
  }
  recorded.finish();
  Player direct;
  const SocketId socket = direct.play(dialogue_, kWhole);
  direct.finish();
  EXPECT_EQ(recorded.seen(1), direct.seen(socket)) << "whole";
  EXPECT_EQ(recorded.seen(2), direct.seen(socket)) << "byte by byte";
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, transactions] : read_expected()) all.push_back(name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Dialogues, Libhtp, testing::ValuesIn(names()), [](const auto& test) {
  std::string name = test.param.substr(0, test.param.rfind('.'));
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

TEST(LibhtpTable, HasEveryDialogue) {
  if (!dialogues_are_here()) GTEST_SKIP() << "no dialogues at " << SOCKWATCH_LIBHTP_DIALOGUES;
  std::set<std::string> here;
  for (const auto& entry : fs::directory_iterator(SOCKWATCH_LIBHTP_DIALOGUES)) {
    if (entry.path().extension() == ".t") here.insert(entry.path().filename());
  }
  std::set<std::string> in_table;
  for (const std::string& name : names()) in_table.insert(name);
  EXPECT_EQ(here, in_table);
}

}  // namespace
}  // namespace sockwatch
