// Examples of what is read besides the protocols.
#pragma once

#include <string>
#include <vector>

namespace sockwatch {

struct SeedText {
  const char* fuzzer;
  const char* name;
  std::string text;
};

std::vector<SeedText> seed_texts();

}  // namespace sockwatch
