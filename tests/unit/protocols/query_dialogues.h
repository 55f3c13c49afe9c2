// Dialogues with databases and caches that must give the same however they are cut, seen from either
// end. The fuzzers start from them too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sockwatch {

/// What one side says, or that bytes of it pass unseen.
struct Turn {
  enum class Who : uint8_t { client, server } who;
  std::string bytes;
  size_t unseen = 0;
  std::string tail = {};
  bool late = false;  ///< the unseen bytes are told of only now, and may have passed before
};
Turn client(std::string bytes);
Turn server(std::string bytes);

struct QueryDialogue {
  const char* name;
  const char* protocol;
  std::vector<Turn> turns;
  std::vector<std::string> expected;  ///< "GET ok 1+0": operation, status, hits and misses where there are any
};

std::vector<QueryDialogue> query_dialogues();
/// What no client and server say, and what once broke a parser; what makes no sense is counted.
std::vector<QueryDialogue> hostile_query_dialogues();

}  // namespace sockwatch
