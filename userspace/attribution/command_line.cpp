#include "attribution/command_line.h"

#include <algorithm>

namespace sockwatch {

Arguments split_command_line(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  Arguments arguments;
  while (!text.empty()) {
    const std::string_view argument = text.substr(0, text.find('\0'));
    arguments.push_back(argument);
    text.remove_prefix(std::min(text.size(), argument.size() + 1));
  }
  return arguments;
}

Arguments split_words(std::string_view text) {
  Arguments words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

Arguments behind(const Arguments& arguments, size_t index) {
  return {arguments.begin() + static_cast<ptrdiff_t>(std::min(index + 1, arguments.size())), arguments.end()};
}

std::string_view option_value(const Arguments& arguments, std::string_view options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with('-')) continue;
    const size_t equals = argument.find('=');
    if (!has_word(options, argument.substr(0, equals))) continue;
    if (equals != std::string_view::npos) return argument.substr(equals + 1);
    if (i + 1 < arguments.size()) return arguments[i + 1];
  }
  return {};
}

bool has_word(std::string_view list, std::string_view word) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return false;
  for (size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

}  // namespace sockwatch
