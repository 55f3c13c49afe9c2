// What must hold whatever a fuzzer makes up: where it does not, the program ends, and the fuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#define REQUIRE(holds) ::sockwatch::require((holds), #holds, __FILE__, __LINE__)

namespace sockwatch {

inline void require(bool holds, const char* what, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

/// For messages that tell one mistake a line.
inline void require_each_line_begins(std::string_view message, std::string_view start) {
  REQUIRE(!message.empty());
  while (!message.empty()) {
    REQUIRE(message.starts_with(start));
    const size_t end = message.find('\n');
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
}

}  // namespace sockwatch
