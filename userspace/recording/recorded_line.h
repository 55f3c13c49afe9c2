// One line of a recording as it stands there: the fields that are present, each of the right type. What they
// mean together is the reader's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.h"

namespace sockwatch {

struct RecordedLine {
  std::optional<std::string> conn, event, dir, data, tail, local, remote, service, comm, unix_path, peer,
      unreadable;
  std::optional<uint64_t> ts, wall_ns, len, off, pid, flight, netns, recv_end, send_end;
  std::optional<bool> reset, from_start;
};

/// Replaces `out`. Unknown keys are passed over, whatever their value; a known key of another type is an
/// error. Memory is bounded by the text's length, however deep it is nested.
Result<> parse_recorded_line(std::string_view text, RecordedLine& out);

}  // namespace sockwatch
