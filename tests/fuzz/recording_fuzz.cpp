// A file that `replay` is given: whatever stands in it, it is read, refused with the number of a line, or written again as the same;
// and what the pipeline makes of it stays bounded.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pipeline/pipeline.h"
#include "recording/recording_reader.h"
#include "recording/recording_writer.h"
#include "require.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

struct Told {
  std::vector<std::tuple<uint64_t, uint64_t, std::string, std::string>> segments;  ///< when, offset, bytes, tail
  size_t events = 0;
  std::string rewritten;
  bool refused = false;
};

std::string text_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

Told read_all(std::string_view file, Pipeline* pipeline) {
  const Fd fd(::memfd_create("recording", MFD_CLOEXEC));
  REQUIRE(::write(fd.get(), file.data(), file.size()) == static_cast<ssize_t>(file.size()));
  REQUIRE(::lseek(fd.get(), 0, SEEK_SET) == 0);
  RecordingReader reader(fd.get(), "a");
  RecordingWriter writer(Credentials::kept);
  Told told;
  while (true) {
    SocketEvent event;
    const auto more = reader.next(event);
    if (!more) {
      told.refused = true;
      REQUIRE(more.error().message.starts_with("a:"));
      break;
    }
    if (!more.value()) break;
    ++told.events;
    REQUIRE(!reader.connection(event.socket).empty() || event.socket != 0);
    if (event.kind == SocketEvent::Kind::segment) {
      const Segment& s = event.segment;
      REQUIRE(s.data.size() <= s.length);
      REQUIRE(s.tail.size() <= s.length);
      told.segments.emplace_back(event.ts_ns, s.offset, text_of(s.data), text_of(s.tail));
    }
    writer.write(event, told.rewritten);
    if (pipeline != nullptr) pipeline->on_event(event);
  }
  const auto lines = static_cast<size_t>(std::count(file.begin(), file.end(), '\n')) + 1;
  REQUIRE(told.events <= 2 * lines);  // an open may be told before a segment
  return told;
}

void run(std::string_view file) {
  Pipeline pipeline{Config{}};
  uint64_t transactions = 0;
  pipeline.set_observer([&](const ObservedTransaction& seen) {
    ++transactions;
    REQUIRE(seen.path.find('?') == std::string_view::npos);
  });
  const Told told = read_all(file, &pipeline);
  pipeline.finish();
  REQUIRE(transactions <= file.size());
  Snapshot snapshot;
  pipeline.snapshot(snapshot);

  const Told again = read_all(told.rewritten, nullptr);
  REQUIRE(!again.refused);
  REQUIRE(again.segments == told.segments);
  REQUIRE(again.rewritten == told.rewritten);
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
