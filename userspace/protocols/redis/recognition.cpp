// Recognising the protocol by the client's first command.
#include "protocols/redis/redis.h"

#include <algorithm>
#include <utility>

#include "protocols/common/bounded_bytes.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxTries = 32;
constexpr uint64_t kMaxFirstLine = 512;  ///< of a connection whose first command is a line, not an array
constexpr size_t kMinCommands = 4;       ///< lines in a row that make their text a batch of commands

// Replies that a command which is a line may have, by their first two bytes: text, or a number.
bool begins_reply(std::string_view bytes) {
  const bool is_number = (bytes[1] >= '0' && bytes[1] <= '9') || bytes[1] == '-';
  return bytes[0] == '+' || bytes[0] == '-' || (is_number && std::string_view(":$*%").find(bytes[0]) != std::string_view::npos);
}

// Of letters, digits and dots: as commands are called.
bool is_plain(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

// Whether the text is commands, the last one of which may be cut off.
bool are_commands(std::string_view text) {
  RedisRequestReader reader;
  for (size_t commands = 0;;) {
    switch (reader.read(text)) {
      case RedisRequestReader::Outcome::bad:
        return false;
      case RedisRequestReader::Outcome::need_more:
        return commands >= kMinCommands;
      case RedisRequestReader::Outcome::done:
        if (reader.is_blank()) break;
        if (!is_known(redis_command(reader.name()))) return false;
        ++commands;
    }
  }
}

}  // namespace

// By the client's first command. A copy of the reader looks ahead, so that nothing is told of what turns out to be another protocol.
Verdict Redis::recognise(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (line_waits_) return recognise_line(direction, arrival, bytes);
  if (!unseen_before_ && tries_ > 0 && direction != client_) return Verdict::not_mine;
  if (unseen_before_ && (direction != client_ || request_.at_start()) && !RedisRequestReader::may_begin(bytes))
    return ++tries_ < kMaxTries ? Verdict::undecided : Verdict::not_mine;
  if (request_.at_start()) {
    client_ = direction;
    request_start_ns_ = arrival.ts_ns;
    request_tgid_ = arrival.tgid;
  }
  ++tries_;
  std::string_view rest = bytes;
  switch (request_.read(rest)) {
    case RedisRequestReader::Outcome::bad:
      return Verdict::not_mine;
    case RedisRequestReader::Outcome::need_more:
      return request_.line_size() <= kMaxFirstLine ? Verdict::undecided : Verdict::not_mine;
    case RedisRequestReader::Outcome::done:
      break;
  }
  const bool capitals = std::none_of(request_.name().begin(), request_.name().end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const bool http = request_.last_argument().starts_with("HTTP/");
  const bool other = !request_.is_array() && (!capitals || http || request_.line_size() > kMaxFirstLine);
  // From its start an array of strings is a command whatever its name (a module's); in the middle it may be a reply.
  const bool plain = request_.is_array() && !unseen_before_ && is_plain(request_.name());
  if ((!is_known(redis_command(request_.name())) && !plain) || other) return Verdict::not_mine;
  if (!request_.is_array()) {
    line_waits_ = true;
    line_arrival_ = arrival;
    return more_before_reply(rest);
  }
  recognised_ = true;
  client_flight_ = arrival.flight;
  last_ns_ = arrival.ts_ns;
  if (const Verdict verdict = request(arrival); verdict != Verdict::mine) return verdict;
  return requests(arrival, rest);
}

// "GET /a" may be HTTP/0.9, "QUIT" many a protocol: a line is a command when it is replied to like one.
Verdict Redis::recognise_line(Direction direction, const Arrival& arrival, std::string_view bytes) {
  if (direction == client_) return more_before_reply(bytes);
  early_reply_ += bytes;
  if (early_reply_.size() < 2) return Verdict::undecided;
  if (!begins_reply(early_reply_)) return Verdict::not_mine;
  if (const Verdict verdict = take_lines(); verdict != Verdict::mine) return verdict;
  last_ns_ = arrival.ts_ns;
  return replies(arrival, std::exchange(early_reply_, {}));
}

// What is said behind the first line waits for the reply. When it gets long, it is commands if they all are.
Verdict Redis::more_before_reply(std::string_view bytes) {
  bytes.remove_prefix(append_up_to(early_, kMaxEarly, bytes));
  if (bytes.empty()) return Verdict::undecided;
  if (!are_commands(early_)) return Verdict::not_mine;
  if (const Verdict verdict = take_lines(); verdict != Verdict::mine) return verdict;
  return requests(line_arrival_, bytes);
}

// The first line, which has been read, and what waits behind it.
Verdict Redis::take_lines() {
  recognised_ = true;
  line_waits_ = false;
  client_flight_ = line_arrival_.flight;
  if (const Verdict verdict = request(line_arrival_); verdict != Verdict::mine) return verdict;
  const std::string early = std::exchange(early_, {});
  return requests(line_arrival_, early);
}

}  // namespace sockwatch
