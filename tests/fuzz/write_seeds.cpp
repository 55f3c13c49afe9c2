// Writes what the fuzzers begin with, a folder each: the dialogues of the unit tests (steps.h has the format), seen from either end,
// and examples of what else is read.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "dialogues.h"
#include "protocols/transaction.h"
#include "query_dialogues.h"
#include "recording/recording_writer.h"
#include "script.h"
#include "seed_texts.h"
#include "steps.h"

namespace sockwatch {
namespace {

namespace fs = std::filesystem;

/// As an input for the parsers, and as a recording.
struct Seed {
  std::string input;
  std::string recording;
};

class Stage {
 public:
  explicit Stage(Role role) : role_(role) {}

  /// `from`: recv is the client.
  void step(FuzzStep::Kind kind, Direction from, uint64_t amount, std::string_view bytes) {
    const Direction direction = role_ == Role::server ? from : opposite(from);
    const FuzzStep step{.kind = kind, .direction = direction, .later_flight = false, .amount = amount, .bytes = bytes};
    append_step(seed_.input, step);
    SocketEvent event;
    event.socket = 1;
    event.ts_ns = now_ns_ += 1000;
    switch (kind) {
      case FuzzStep::Kind::seen:
      case FuzzStep::Kind::unseen: {
        const std::span<const uint8_t> data(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
        event.segment.direction = direction;
        event.segment.offset = offsets_[static_cast<size_t>(direction)];
        event.segment.length = amount;
        (kind == FuzzStep::Kind::seen ? event.segment.data : event.segment.tail) = data;
        offsets_[static_cast<size_t>(direction)] += amount;
        break;
      }
      case FuzzStep::Kind::end:
        event.kind = SocketEvent::Kind::eof;
        event.eof.direction = direction;
        break;
      case FuzzStep::Kind::wait: now_ns_ += amount * 100'000'000; return;
    }
    writer_.write(event, seed_.recording);
  }
  Seed finish() {
    SocketEvent event;
    event.socket = 1;
    event.ts_ns = now_ns_ + 1;
    event.kind = SocketEvent::Kind::close;
    writer_.write(event, seed_.recording);
    return seed_;
  }

 private:
  Role role_;
  Seed seed_;
  RecordingWriter writer_{Credentials::kept};
  uint64_t now_ns_ = 0;
  uint64_t offsets_[2] = {};
};

Seed seed_of(const Script& script, Role role) {
  Stage stage(role);
  for (const Step& step : script) {
    switch (step.kind) {
      case Step::Kind::say:
        if (!step.bytes.empty()) stage.step(FuzzStep::Kind::seen, step.from, step.bytes.size(), step.bytes);
        break;
      case Step::Kind::miss: stage.step(FuzzStep::Kind::unseen, step.from, step.amount, step.bytes); break;
      case Step::Kind::lose: stage.step(FuzzStep::Kind::unseen, step.from, step.bytes.size(), {}); break;
      case Step::Kind::end: stage.step(FuzzStep::Kind::end, step.from, 1, {}); break;
      case Step::Kind::wait: stage.step(FuzzStep::Kind::wait, Direction::recv, step.amount / 100 + 1, {}); break;
      case Step::Kind::close:
      case Step::Kind::expect_transaction:
      case Step::Kind::expect_error: break;
    }
  }
  return stage.finish();
}

Seed seed_of(const QueryDialogue& dialogue, Role role) {
  Stage stage(role);
  for (const Turn& turn : dialogue.turns) {
    const Direction from = turn.who == Turn::Who::client ? Direction::recv : Direction::send;
    if (!turn.bytes.empty()) stage.step(FuzzStep::Kind::seen, from, turn.bytes.size(), turn.bytes);
    if (turn.unseen > 0) stage.step(FuzzStep::Kind::unseen, from, turn.unseen, turn.tail);
  }
  return stage.finish();
}

class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  void add(const std::string& fuzzer, std::string name, std::string_view text) {
    for (char& c : name)
      if (c == ' ' || c == '/') c = '_';
    fs::create_directories(path_ / fuzzer);
    std::ofstream file(path_ / fuzzer / name, std::ios::binary);
    file << text;
    if (!file.flush()) throw fs::filesystem_error("cannot write", path_ / fuzzer / name, std::error_code());
  }
  void add_dialogue(const std::string& protocol, const std::string& name, const Seed& seed) {
    add(protocol, name, seed.input);
    add("conversation", protocol + "_" + name, seed.input);
    add("recording", protocol + "_" + name, seed.recording);
  }

 private:
  fs::path path_;
};

void write_all(Folder folder) {
  for (const Role role : {Role::server, Role::client}) {
    const std::string end = "_" + std::string(to_string(role));
    for (const auto& dialogues : {framing_dialogues(), ending_dialogues(), hostile_dialogues(), refusal_dialogues(), gap_dialogues(), pipeline_gap_dialogues(),
                                  late_gap_dialogues()})
      for (const Dialogue& dialogue : dialogues)
        folder.add_dialogue("http", dialogue.name + end, seed_of(parse_script(dialogue.script), role));
    for (const auto& dialogues : {query_dialogues(), hostile_query_dialogues()})
      for (const QueryDialogue& dialogue : dialogues) folder.add_dialogue(dialogue.protocol, dialogue.name + end, seed_of(dialogue, role));
  }
  for (const SeedText& seed : seed_texts()) folder.add(seed.fuzzer, seed.name, seed.text);
}

}  // namespace
}  // namespace sockwatch

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_seeds FOLDER\n";
    return 2;
  }
  try {
    sockwatch::write_all(sockwatch::Folder(argv[1]));
  } catch (const std::filesystem::filesystem_error& error) {
    std::cerr << "write_seeds: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
