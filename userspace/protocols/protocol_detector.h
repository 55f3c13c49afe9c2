// One connection and the protocol that is spoken on it. Until the bytes tell which, every protocol's parser gets them; the
// first to recognise them stays alone.
//
// One thread. Parsers report nothing before they have said that the bytes are theirs.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "protocols/parser.h"

namespace sockwatch {

class ProtocolDetector {
 public:
  enum class Candidates : uint8_t { all, http };
  /// `sink` outlives this.
  explicit ProtocolDetector(TransactionSink& sink, Candidates candidates = Candidates::all);

  // As in Parser. not_mine: of no protocol that is known.
  Verdict data(Direction direction, const Arrival& arrival, std::string_view bytes) {
    return known_ ? active().data(direction, arrival, bytes) : detect(direction, arrival, bytes);
  }
  Verdict on_gap(Direction direction, const Arrival& arrival, const Gap& bytes);
  void eof(Direction direction, uint64_t ts_ns);
  void close(uint64_t ts_ns);
  void advance(uint64_t now_ns);
  bool waiting() const;
  size_t memory() const;
  bool consistent() const;
  void start_is_a_guess();

  /// The protocol whose parser reports, as long as it does, and the one that is spoken once that is known.
  const Protocol& protocol() const { return protocols()[active_]; }
  SessionState session() const { return known_ ? active().session() : SessionState::none; }
  Role role() const { return active().role(); }
  /// The direction that carries requests; nothing as long as that is not known.
  std::optional<Direction> asks() const {
    if (!known_) return {};
    return role() == Role::client ? Direction::send : Direction::recv;
  }

 private:
  Parser& active() const { return *parsers_[active_]; }
  Verdict detect(Direction direction, const Arrival& arrival, std::string_view bytes);
  void try_all();
  Verdict recognise(size_t i, Verdict verdict);
  template <typename Ask>
  Verdict try_each(Ask ask);

  TransactionSink& sink_;
  bool known_ = false;
  size_t active_ = 0;  ///< whose the connection is; before that, who is asked
  bool all_tried_ = false;  ///< most connections show by their first bytes that they speak the first protocol
  std::array<std::unique_ptr<Parser>, kProtocols> parsers_;  ///< null: has said that it is not its own
};

}  // namespace sockwatch
