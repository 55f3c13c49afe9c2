// The dialogues of the libhtp project: what a client and a server said to each other, one file a connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stream/socket_event.h"

namespace sockwatch {

/// Bytes that one side said before the other one spoke again (or said more).
struct Utterance {
  Direction direction = Direction::recv;  ///< recv: the client's, as its server sees them
  std::string bytes;
};

/// Takes a file apart. A line ">>>" starts bytes of the client, "<<<" those of the server; the marker's line
/// and the line break before it belong to the file, all the rest to the dialogue.
std::vector<Utterance> parse_dialogue(std::string_view file);

}  // namespace sockwatch
