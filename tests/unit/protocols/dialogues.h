// Dialogues that cover how HTTP/1 messages are framed and paired. Each must come out the same however it is cut. The fuzzer
// starts from them too.
#pragma once

#include <ostream>
#include <span>

namespace sockwatch {

struct Dialogue {
  const char* name;
  const char* script;  ///< see script.h
};

/// For GoogleTest.
inline void PrintTo(const Dialogue& dialogue, std::ostream* out) { *out << dialogue.name; }

std::span<const Dialogue> framing_dialogues();   ///< dialogues.cpp
std::span<const Dialogue> ending_dialogues();    ///< dialogues_endings.cpp: how exchanges and connections end
std::span<const Dialogue> hostile_dialogues();   ///< dialogues_hostile.cpp
std::span<const Dialogue> refusal_dialogues();   ///< dialogues_refusals.cpp: lines that are no request
std::span<const Dialogue> gap_dialogues();       ///< dialogues_gaps.cpp: not every byte is seen, of bodies and heads
std::span<const Dialogue> pipeline_gap_dialogues();  ///< dialogues_gaps_pipelines.cpp: the same of clients that do not wait
std::span<const Dialogue> late_gap_dialogues();      ///< dialogues_gaps_late.cpp: losses that show late, the middle of a connection

}  // namespace sockwatch
