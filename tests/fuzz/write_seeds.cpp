// Writes the dialogues of the unit tests as inputs of the fuzzer (see http1_fuzz.cpp for the format).
#include <algorithm>
#include <fstream>
#include <iostream>

#include "dialogues.h"
#include "script.h"

namespace sockwatch {
namespace {

constexpr size_t kLongest = 64 * 3 + 256;  // bytes of a step

void append_step(std::string& out, uint8_t kind, Direction direction, size_t n) {
  const uint8_t step = kind | (direction == Direction::send ? 4 : 0);
  if (n <= 12) {
    out += static_cast<char>(step | (n - 1) << 4);
    return;
  }
  // Size codes 13 to 16 stand for 1, 2, 3 and 0 times 64.
  const size_t times = std::min<size_t>((n - 1) / 64, 3);
  const size_t code = times == 0 ? 16 : 12 + times;
  out += static_cast<char>(step | (code - 1) << 4);
  out += static_cast<char>(n - 1 - 64 * times);
}

std::string input_of(const Script& script) {
  std::string out;
  for (const Step& step : script) {
    switch (step.kind) {
      case Step::Kind::say:
        for (size_t at = 0; at < step.bytes.size(); at += kLongest) {
          const std::string piece = step.bytes.substr(at, kLongest);
          append_step(out, 0, step.from, piece.size());
          out += piece;
        }
        break;
      case Step::Kind::miss: {
        const size_t n = std::clamp<size_t>(step.amount, 1, kLongest);
        append_step(out, 1, step.from, n);
        std::string tail = step.bytes.substr(step.bytes.size() - std::min<size_t>(step.bytes.size(), 8));
        tail.insert(0, std::min<size_t>(n, 8) - std::min(std::min<size_t>(n, 8), tail.size()), 'x');
        out += tail;
        break;
      }
      case Step::Kind::end:
        append_step(out, 2, step.from, 1);
        break;
      case Step::Kind::wait:
        append_step(out, 3, Direction::recv, std::clamp<size_t>(step.amount / 100, 1, 12));
        break;
      default:
        break;
    }
  }
  return out;
}

}  // namespace
}  // namespace sockwatch

int main(int argc, char** argv) {
  using namespace sockwatch;
  if (argc != 2) {
    std::cerr << "usage: write_seeds FOLDER\n";
    return 2;
  }
  for (const auto& dialogues :
       {framing_dialogues(), ending_dialogues(), hostile_dialogues(), gap_dialogues()})
    for (const Dialogue& dialogue : dialogues) {
      std::ofstream file(std::string(argv[1]) + "/" + dialogue.name, std::ios::binary);
      file << input_of(parse_script(dialogue.script));
      if (!file.flush()) {
        std::cerr << "cannot write to " << argv[1] << "\n";
        return 1;
      }
    }
  return 0;
}
