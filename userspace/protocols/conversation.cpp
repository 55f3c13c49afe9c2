#include "protocols/conversation.h"

#include <utility>

namespace sockwatch {

Conversation::Conversation(TransactionSink& sink, Candidates candidates)
    : sink_(sink), all_asked_(candidates == Candidates::http) {
  parsers_[0] = protocols()[0].make(sink);
}

void Conversation::ask_all() {
  if (std::exchange(all_asked_, true)) return;
  for (size_t i = 1; i < kProtocols; ++i) parsers_[i] = protocols()[i].make(sink_);
}

Verdict Conversation::recognise(size_t i, Verdict verdict) {
  if (verdict == Verdict::undecided) return verdict;
  if (verdict == Verdict::not_mine) {
    parsers_[i].reset();
    return verdict;
  }
  known_ = true;
  for (size_t other = 0; other < kProtocols; ++other)
    if (other != i) parsers_[other].reset();
  return verdict;
}

// In the table's order, up to the first that recognises the bytes.
template <typename Ask>
Verdict Conversation::ask_each(Ask ask) {
  Verdict all = Verdict::not_mine;
  for (size_t i = 0; i < kProtocols; ++i) {
    if (i == 1) ask_all();
    if (!parsers_[i]) continue;
    speaker_ = i;
    const Verdict verdict = recognise(i, ask(*parsers_[i]));
    if (known_) return verdict;
    if (verdict == Verdict::undecided) all = verdict;
  }
  return all;
}

Verdict Conversation::seek(Direction direction, const Passage& passage, std::string_view bytes) {
  return ask_each([&](Parser& parser) { return parser.data(direction, passage, bytes); });
}

Verdict Conversation::unseen(Direction direction, const Passage& passage, const Unseen& bytes) {
  if (known_) return speaker().unseen(direction, passage, bytes);
  ask_all();
  return ask_each([&](Parser& parser) { return parser.unseen(direction, passage, bytes); });
}

void Conversation::eof(Direction direction, uint64_t ts_ns) {
  if (!known_) ask_all();
  for (const auto& parser : parsers_)
    if (parser) parser->eof(direction, ts_ns);
}

void Conversation::close(uint64_t ts_ns) {
  for (const auto& parser : parsers_)
    if (parser) parser->close(ts_ns);
}

void Conversation::advance(uint64_t now_ns) {
  for (const auto& parser : parsers_)
    if (parser) parser->advance(now_ns);
}

bool Conversation::waiting() const {
  if (known_) return speaker().waiting();
  for (const auto& parser : parsers_)
    if (parser && parser->waiting()) return true;
  return false;
}

bool Conversation::consistent() const {
  if (known_ && !parsers_[speaker_]) return false;
  for (size_t i = 0; i < kProtocols; ++i)
    if (parsers_[i] && ((known_ && i != speaker_) || !parsers_[i]->consistent())) return false;
  return true;
}

void Conversation::start_is_a_guess() {
  for (const auto& parser : parsers_)
    if (parser) parser->start_is_a_guess();
}

size_t Conversation::memory() const {
  if (known_) return speaker().memory();
  size_t bytes = 0;
  for (const auto& parser : parsers_)
    if (parser) bytes += parser->memory();
  return bytes;
}

}  // namespace sockwatch
