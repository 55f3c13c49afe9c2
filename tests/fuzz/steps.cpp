#include "steps.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr uint64_t kShort = 12;  ///< amounts up to this need no bytes of their own

std::string_view take(std::string_view& rest, uint64_t n) {
  const std::string_view taken = rest.substr(0, std::min<uint64_t>(n, rest.size()));
  rest.remove_prefix(taken.size());
  return taken;
}

/// How many bytes stand in the input behind a step's head.
uint64_t shown(FuzzStep::Kind kind, uint64_t amount) {
  switch (kind) {
    case FuzzStep::Kind::seen: return amount;
    case FuzzStep::Kind::unseen: return std::min<uint64_t>(amount, FuzzStep::kTail);
    case FuzzStep::Kind::end:
    case FuzzStep::Kind::wait: return 0;
  }
  return 0;
}

}  // namespace

std::vector<FuzzStep> read_steps(std::string_view input) {
  std::vector<FuzzStep> steps;
  bool ended[2] = {};
  while (!input.empty()) {
    const auto head = static_cast<uint8_t>(take(input, 1).front());
    FuzzStep step{.kind = static_cast<FuzzStep::Kind>(head & 3),
                  .direction = (head & 4) != 0 ? Direction::send : Direction::recv,
                  .later_flight = (head & 8) != 0,
                  .amount = (head >> 4) + 1u,
                  .bytes = {}};
    if (step.amount > kShort) {
      uint64_t number = 0;
      const std::string_view digits = take(input, step.amount - kShort);
      for (size_t i = digits.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(digits[i]);
      step.amount = number + kShort + 1;
    }
    step.bytes = take(input, shown(step.kind, step.amount));
    if (step.kind == FuzzStep::Kind::seen) step.amount = step.bytes.size();
    bool& over = ended[static_cast<size_t>(step.direction)];
    if (step.kind == FuzzStep::Kind::wait || (!over && (step.kind != FuzzStep::Kind::seen || !step.bytes.empty()))) steps.push_back(step);
    over = over || step.kind == FuzzStep::Kind::end;
  }
  return steps;
}

void append_step(std::string& input, const FuzzStep& step) {
  const auto flags = static_cast<uint8_t>(static_cast<unsigned>(step.kind) | (step.direction == Direction::send ? 4 : 0) |
                                          (step.later_flight ? 8 : 0));
  const uint64_t amount = std::max<uint64_t>(step.amount, 1);
  if (amount <= kShort) {
    input += static_cast<char>(flags | (amount - 1) << 4);
  } else {
    std::string digits;
    for (uint64_t rest = amount - kShort - 1; digits.empty() || rest > 0; rest >>= 8) digits += static_cast<char>(rest);
    input += static_cast<char>(flags | (kShort - 1 + digits.size()) << 4);
    input += digits;
  }
  const uint64_t n = shown(step.kind, amount);
  if (step.bytes.size() < n) input.append(n - step.bytes.size(), 'x');
  input += step.bytes.substr(step.bytes.size() - std::min<uint64_t>(n, step.bytes.size()));
}

}  // namespace sockwatch
