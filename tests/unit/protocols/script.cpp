#include "script.h"

#include <gtest/gtest.h>

#include <charconv>

namespace sockwatch {
namespace {

uint64_t number(std::string_view text, int base = 10) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << "no number: " << text;
  return value;
}

// What stands between "\{" and "}", repeated.
std::string repeated(std::string_view text) {
  const size_t star = text.rfind('*');
  if (star == std::string_view::npos) {
    ADD_FAILURE() << "no repetition: " << text;
    return {};
  }
  const std::string unit = unescape(text.substr(0, star));
  std::string out;
  for (uint64_t n = number(text.substr(star + 1)); n > 0; --n) out += unit;
  return out;
}

Step parse_line(std::string_view line) {
  Step step;
  const char sign = line.front();
  std::string_view rest = line.substr(1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  switch (sign) {
    case '>':
    case '<':
      step.from = sign == '>' ? Direction::recv : Direction::send;
      if (line.substr(1, 1) == ".") {
        step.kind = Step::Kind::end;
      } else if (line.substr(1, 2) == "- ") {
        step.kind = Step::Kind::lose;
        step.bytes = unescape(line.substr(3));
      } else if (line.substr(1, 2) == "? ") {
        step.kind = Step::Kind::miss;
        rest = line.substr(3);
        const size_t blank = rest.find(' ');
        step.amount = number(rest.substr(0, blank));
        if (blank != std::string_view::npos) step.bytes = unescape(rest.substr(blank + 1));
      } else {
        step.bytes = unescape(rest);
      }
      break;
    case 'x':
      step.kind = Step::Kind::close;
      break;
    case '~':
      step.kind = Step::Kind::wait;
      step.amount = number(rest);
      break;
    case '=':
      step.kind = rest.starts_with("error ") ? Step::Kind::expect_error : Step::Kind::expect_transaction;
      step.bytes = rest.substr(step.kind == Step::Kind::expect_error ? 6 : 0);
      break;
    default:
      ADD_FAILURE() << "no line of a script: " << line;
  }
  return step;
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '|') {
      out += "\r\n";
      continue;
    }
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char escape = ++i < text.size() ? text[i] : '\0';
    switch (escape) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case '|':
      case '\\':
        out += escape;
        break;
      case 'x':
        out += static_cast<char>(number(text.substr(i + 1, 2), 16));
        i += 2;
        break;
      case '{': {
        const size_t end = text.find('}', i);
        out += repeated(text.substr(i + 1, end - i - 1));
        i = end == std::string_view::npos ? text.size() : end;
        break;
      }
      default:
        ADD_FAILURE() << "no escape in " << text;
    }
  }
  return out;
}

Script parse_script(std::string_view text) {
  Script script;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.empty() && line.front() != '#') script.push_back(parse_line(line));
  }
  return script;
}

}  // namespace sockwatch
