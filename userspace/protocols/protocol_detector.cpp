#include "protocols/protocol_detector.h"

#include <utility>

namespace sockwatch {

ProtocolDetector::ProtocolDetector(TransactionSink& sink, Candidates candidates)
    : sink_(sink), all_tried_(candidates == Candidates::http) {
  parsers_[0] = protocols()[0].make(sink);
}

void ProtocolDetector::try_all() {
  if (std::exchange(all_tried_, true)) return;
  for (size_t i = 1; i < kProtocols; ++i) parsers_[i] = protocols()[i].make(sink_);
}

Verdict ProtocolDetector::recognise(size_t i, Verdict verdict) {
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
Verdict ProtocolDetector::try_each(Ask ask) {
  Verdict all = Verdict::not_mine;
  for (size_t i = 0; i < kProtocols; ++i) {
    if (i == 1) try_all();
    if (!parsers_[i]) continue;
    active_ = i;
    const Verdict verdict = recognise(i, ask(*parsers_[i]));
    if (known_) return verdict;
    if (verdict == Verdict::undecided) all = verdict;
  }
  return all;
}

Verdict ProtocolDetector::detect(Direction direction, const Arrival& arrival, std::string_view bytes) {
  return try_each([&](Parser& parser) { return parser.data(direction, arrival, bytes); });
}

Verdict ProtocolDetector::on_gap(Direction direction, const Arrival& arrival, const Gap& bytes) {
  if (known_) return active().on_gap(direction, arrival, bytes);
  try_all();
  return try_each([&](Parser& parser) { return parser.on_gap(direction, arrival, bytes); });
}

void ProtocolDetector::eof(Direction direction, uint64_t ts_ns) {
  if (!known_) try_all();
  for (const auto& parser : parsers_)
    if (parser) parser->eof(direction, ts_ns);
}

void ProtocolDetector::close(uint64_t ts_ns) {
  for (const auto& parser : parsers_)
    if (parser) parser->close(ts_ns);
}

void ProtocolDetector::advance(uint64_t now_ns) {
  for (const auto& parser : parsers_)
    if (parser) parser->advance(now_ns);
}

bool ProtocolDetector::waiting() const {
  if (known_) return active().waiting();
  for (const auto& parser : parsers_)
    if (parser && parser->waiting()) return true;
  return false;
}

bool ProtocolDetector::consistent() const {
  if (known_ && !parsers_[active_]) return false;
  for (size_t i = 0; i < kProtocols; ++i)
    if (parsers_[i] && ((known_ && i != active_) || !parsers_[i]->consistent())) return false;
  return true;
}

void ProtocolDetector::start_is_a_guess() {
  for (const auto& parser : parsers_)
    if (parser) parser->start_is_a_guess();
}

size_t ProtocolDetector::memory() const {
  if (known_) return active().memory();
  size_t bytes = 0;
  for (const auto& parser : parsers_)
    if (parser) bytes += parser->memory();
  return bytes;
}

}  // namespace sockwatch
