// Dialogues of one connection made up from a seed, each with the truth about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stream/socket_event.h"

namespace sockwatch {

struct TrueTransaction {
  std::string method;
  std::string target;  ///< no other has the same
  std::string status;
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
};

struct Said {
  Direction from = Direction::recv;  ///< recv: the client
  std::string bytes;
};

struct RandomDialogue {
  std::vector<Said> said;  ///< in the order in which it passed
  std::vector<TrueTransaction> truth;
};

struct RandomDialogueOptions {
  bool pipelined = false;
  bool expects = true;           ///< some clients wait for leave to send their body
  bool look_alikes = false;      ///< bodies hold what looks like heads
  bool unusual_methods = false;  ///< some that nobody has registered
};

RandomDialogue make_dialogue(uint64_t seed, const RandomDialogueOptions& options);

}  // namespace sockwatch
