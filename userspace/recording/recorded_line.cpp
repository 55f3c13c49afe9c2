#include "recording/recorded_line.h"

#include <array>
#include <nlohmann/json.hpp>

namespace sockwatch {
namespace {

using Text = std::optional<std::string> RecordedLine::*;
using Number = std::optional<uint64_t> RecordedLine::*;
using Flag = std::optional<bool> RecordedLine::*;

struct Field {
  std::string_view name;
  std::variant<Text, Number, Flag> member;
};

constexpr std::array kFields = {
    Field{"conn", &RecordedLine::conn},
    Field{"event", &RecordedLine::event},
    Field{"dir", &RecordedLine::dir},
    Field{"data", &RecordedLine::data},
    Field{"tail", &RecordedLine::tail},
    Field{"local", &RecordedLine::local},
    Field{"remote", &RecordedLine::remote},
    Field{"service", &RecordedLine::service},
    Field{"comm", &RecordedLine::comm},
    Field{"unix_path", &RecordedLine::unix_path},
    Field{"peer", &RecordedLine::peer},
    Field{"ts", &RecordedLine::ts},
    Field{"wall_ns", &RecordedLine::wall_ns},
    Field{"len", &RecordedLine::len},
    Field{"off", &RecordedLine::off},
    Field{"pid", &RecordedLine::pid},
    Field{"run", &RecordedLine::flight},
    Field{"netns", &RecordedLine::netns},
    Field{"recv_end", &RecordedLine::recv_end},
    Field{"send_end", &RecordedLine::send_end},
    Field{"reset", &RecordedLine::reset},
    Field{"unreadable", &RecordedLine::unreadable},
    Field{"from_start", &RecordedLine::from_start},
};

/// Receives the document's parts from the JSON library, in the library's terms. Returning false stops the
/// parse.
class LineHandler {
 public:
  explicit LineHandler(RecordedLine& line) : line_(line) {}

  const std::string& error() const { return error_; }

  bool null() { return value<std::monostate>({}); }
  bool boolean(bool flag) { return value(flag); }
  bool number_integer(int64_t) { return value<std::monostate>({}); }  // negative ones alone come here
  bool number_unsigned(uint64_t number) { return value(number); }
  bool number_float(double, const std::string&) { return value<std::monostate>({}); }
  bool string(std::string& text) { return value(std::move(text)); }
  bool binary(nlohmann::json::binary_t&) { return value<std::monostate>({}); }
  bool start_object(size_t) { return start(true); }
  bool start_array(size_t) { return start(false); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }

  bool key(std::string& name) {
    if (depth_ != 1) return true;
    field_ = nullptr;
    for (const Field& field : kFields) {
      if (field.name == name) field_ = &field;
    }
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    return fail("not JSON from byte " + std::to_string(position) + " on");
  }

 private:
  template <typename V>
  bool value(V v) {
    if (depth_ == 0) return fail("expected a JSON object");
    if (depth_ > 1 || field_ == nullptr) return true;
    if constexpr (!std::is_same_v<V, std::monostate>) {
      if (auto* member = std::get_if<std::optional<V> RecordedLine::*>(&field_->member)) {
        line_.*(*member) = std::move(v);
        return true;
      }
    }
    return wrong_type();
  }

  bool start(bool object) {
    if (depth_ == 0 && !object) return fail("expected a JSON object");
    if (depth_ == 1 && field_ != nullptr) return wrong_type();
    ++depth_;
    return true;
  }

  bool end() {
    --depth_;
    return true;
  }

  bool wrong_type() {
    constexpr std::array expected = {"a string", "a whole number of at least 0", "true or false"};
    return fail("\"" + std::string(field_->name) + "\" is not " + expected[field_->member.index()]);
  }

  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  RecordedLine& line_;
  size_t depth_ = 0;
  const Field* field_ = nullptr;  ///< of the value that comes next at depth 1; null for unknown keys
  std::string error_;
};

}  // namespace

Result<> parse_recorded_line(std::string_view text, RecordedLine& out) {
  out = RecordedLine{};
  LineHandler handler(out);
  if (!nlohmann::json::sax_parse(text, &handler)) return Error{handler.error()};
  return {};
}

}  // namespace sockwatch
