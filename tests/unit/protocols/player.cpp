#include "player.h"

#include <algorithm>
#include <utility>

#include "protocols/http1/http1.h"

namespace sockwatch {
namespace {

std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte > ' ' && byte < 0x7f) {
      out += c;
    } else {
      out += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
    }
  }
  return out;
}

class Performance {
 public:
  Performance(Role role, const Cutter& cut) : role_(role), cut_(cut) {}

  void perform(const Step& step) {
    now_ns_ += 1000;
    const Direction direction = role_ == Role::server ? step.from : opposite(step.from);
    switch (step.kind) {
      case Step::Kind::say:
        say(direction, step.bytes);
        break;
      case Step::Kind::lose:
        turn(direction);
        lost_[static_cast<size_t>(direction)] += step.bytes.size();
        break;
      case Step::Kind::miss:
        turn(direction);
        notice_loss(direction);
        if (!over_)
          over_ = parser_->on_gap(direction, arrival(), {.length = step.amount, .tail = step.bytes}) >
                  Verdict::mine;
        break;
      case Step::Kind::end:
        notice_loss(direction);
        if (!over_) parser_->eof(direction, now_ns_);
        break;
      case Step::Kind::close:
        close();
        break;
      case Step::Kind::wait:
        now_ns_ += step.amount * 1'000'000;
        if (!over_) parser_->advance(now_ns_);
        break;
      case Step::Kind::expect_transaction:
        expect(step.bytes);
        break;
      case Step::Kind::expect_error:
        expected_errors_.push_back(step.bytes);
        break;
    }
    if (!over_ && !parser_->consistent()) surprises_ += "inconsistent after: " + step.bytes + "\n";
  }

  std::string finish() {
    close();
    for (; next_ < got_.lines.size(); ++next_) surprises_ += "unexpected: " + got_.lines[next_] + "\n";
    std::sort(got_.errors.begin(), got_.errors.end());
    std::sort(expected_errors_.begin(), expected_errors_.end());
    if (got_.errors != expected_errors_) {
      surprises_ += "errors:";
      for (const std::string& error : got_.errors) surprises_ += " " + error;
      surprises_ += "\n";
    }
    return surprises_;
  }

 private:
  void turn(Direction direction) {
    if (flight_ == 0 || direction != last_) ++flight_;
    last_ = direction;
  }

  Arrival arrival() const { return {.ts_ns = now_ns_, .tgid = 7, .flight = flight_}; }

  void notice_loss(Direction direction) {
    const uint64_t lost = std::exchange(lost_[static_cast<size_t>(direction)], 0);
    if (lost > 0 && !over_)
      over_ =
          parser_->on_gap(direction, arrival(), {.length = lost, .tail = {}, .detected_late = true}) > Verdict::mine;
  }

  void say(Direction direction, std::string_view bytes) {
    turn(direction);
    notice_loss(direction);
    while (!bytes.empty()) {
      const size_t n = std::clamp<size_t>(cut_(at_, bytes.size()), 1, bytes.size());
      // An exact copy: a parser that reads on, or keeps a view, is noticed by the address sanitizer.
      const std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      if (!over_) over_ = parser_->data(direction, arrival(), {piece.data(), piece.size()}) > Verdict::mine;
      bytes.remove_prefix(n);
      at_ += n;
      now_ns_ += 1000;
    }
  }

  void close() {
    notice_loss(Direction::recv);
    notice_loss(Direction::send);
    if (!over_) parser_->close(now_ns_);
    over_ = true;
  }

  void expect(const std::string& line) {
    if (next_ >= got_.lines.size()) {
      surprises_ += "not yet: " + line + "\n";
      return;
    }
    if (got_.lines[next_] != line)
      surprises_ += "expected: " + line + "\n     got: " + got_.lines[next_] + "\n";
    ++next_;
  }

  Role role_;
  const Cutter& cut_;
  Collector got_;
  std::unique_ptr<Parser> parser_ = Http1::make(got_);
  bool over_ = false;
  uint64_t now_ns_ = 1'000'000'000;
  uint32_t flight_ = 0;
  uint64_t lost_[2] = {};
  Direction last_ = Direction::recv;
  size_t at_ = 0;
  size_t next_ = 0;
  std::vector<std::string> expected_errors_;
  std::string surprises_;
};

}  // namespace

std::string line_of(const Transaction& t) {
  constexpr size_t kShown = 60;
  std::string target = printable(t.target);
  if (target.size() > kShown) target = target.substr(0, 5) + "...[" + std::to_string(t.target.size()) + "]";
  return printable(t.method) + " " + target + " " + t.status.text() + " " + std::to_string(t.request_bytes) +
         " " + std::to_string(t.response_bytes);
}

size_t whole(size_t, size_t left) { return left; }

size_t said(const Script& script) {
  size_t bytes = 0;
  for (const Step& step : script)
    if (step.kind == Step::Kind::say) bytes += step.bytes.size();
  return bytes;
}

std::string play(const Script& script, Role role, const Cutter& cut) {
  Performance performance(role, cut);
  for (const Step& step : script) performance.perform(step);
  return performance.finish();
}

}  // namespace sockwatch
