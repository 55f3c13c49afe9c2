// What must hold whatever a fuzzer makes up: where it does not, the program ends, and the fuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define REQUIRE(holds) ::sockwatch::require((holds), #holds, __FILE__, __LINE__)

namespace sockwatch {

inline void require(bool holds, const char* what, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

}  // namespace sockwatch
