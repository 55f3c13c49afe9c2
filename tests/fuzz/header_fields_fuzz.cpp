// Values of header fields that tell of caches and traces, and credentials that are blanked in recordings.
//
// Input: lines; the first byte of each says which field it is a value of.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/http1/cache_headers.h"
#include "protocols/http1/trace_id.h"
#include "recording/credential_mask.h"
#include "require.h"

namespace sockwatch {
namespace {

void read_fields(std::string_view lines) {
  CacheHeaders cache;
  TraceHeaders trace;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.empty()) continue;
    const std::vector<char> copy(line.begin() + 1, line.end());
    const std::string_view value(copy.data(), copy.size());
    switch (line.front() & 7) {
      case 0: cache.cache_status(value); break;
      case 1: cache.cf_cache_status(value); break;
      case 2: cache.x_cache(value); break;
      case 3: cache.age(value); break;
      case 4: trace.traceparent(value); break;
      case 5: trace.b3(value); break;
      default: trace.x_b3_trace_id(value);
    }
  }
  REQUIRE(cache.answer(true) <= CacheAnswer::miss);
  REQUIRE(cache.answer(false) <= CacheAnswer::miss);
  const TraceId id = trace.id();
  REQUIRE(id.view().empty() || id.view().size() == 16 || id.view().size() == 32);
  REQUIRE(id.view().find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

std::string masked(std::string_view bytes, size_t piece) {
  CredentialMask mask;
  mask.open(1);
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = bytes.substr(at, piece);
    std::vector<uint8_t> copy(part.begin(), part.end());
    Segment segment;
    segment.offset = at;
    segment.length = part.size();
    mask.mask(1, segment, copy, {});
    out.append(copy.begin(), copy.end());
  }
  return out;
}

void blank(std::string_view bytes) {
  const std::string whole = masked(bytes, SIZE_MAX);
  REQUIRE(whole.size() == bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) REQUIRE(whole[i] == bytes[i] || (whole[i] == '*' && bytes[i] != '\n'));
  REQUIRE(masked(bytes, 1) == whole);
  REQUIRE(masked(bytes, 3) == whole);
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  sockwatch::read_fields(text);
  sockwatch::blank(text);
  return 0;
}
