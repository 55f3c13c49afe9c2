#include "dialogue.h"

#include <optional>

namespace sockwatch {
namespace {

struct Marker {
  Direction direction;
  size_t length;  ///< with its line break
};

/// The marker that starts at the beginning of `text`, if one does.
std::optional<Marker> marker_at(std::string_view text) {
  const bool client = text.starts_with(">>>");
  if (!client && !text.starts_with("<<<")) return std::nullopt;
  size_t length = 3;
  if (text.substr(length).starts_with("\r")) ++length;
  if (!text.substr(length).starts_with("\n")) return std::nullopt;
  return Marker{client ? Direction::recv : Direction::send, length + 1};
}

}  // namespace

std::vector<Utterance> parse_dialogue(std::string_view file) {
  std::vector<Utterance> dialogue;
  while (!file.empty()) {
    const std::optional<Marker> marker = marker_at(file);
    if (!marker) return {};  // no dialogue
    file.remove_prefix(marker->length);
    size_t end = marker_at(file) ? 0 : file.size();
    for (size_t newline = file.find('\n'); newline < end; newline = file.find('\n', newline + 1)) {
      if (marker_at(file.substr(newline + 1))) end = newline + 1;
    }
    std::string_view bytes = file.substr(0, end);
    if (end < file.size() && bytes.ends_with('\n')) {
      bytes.remove_suffix(1);
      if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    }
    if (!bytes.empty()) dialogue.push_back({marker->direction, std::string(bytes)});
    file.remove_prefix(end);
  }
  return dialogue;
}

}  // namespace sockwatch
