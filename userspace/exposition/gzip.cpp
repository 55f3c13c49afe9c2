#include "exposition/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace sockwatch {
namespace {

constexpr int kLevel = Z_BEST_SPEED;
constexpr int kGzipWindowBits = 15 + 16;  // + 16: a gzip header rather than zlib's own
constexpr int kMemLevel = 8;              // zlib's default

/// zlib counts in unsigned int: at most so much in one go.
uInt one_go(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  // Metrics shrink to a twelfth; what does not is met by growing.
  std::string out(text.size() / 8 + 1024, '\0');
  size_t written = 0;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  size_t unread = text.size();
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (written == out.size()) out.resize(2 * out.size());
    const uInt input = one_go(unread);
    const uInt room = one_go(out.size() - written);
    stream.avail_in = input;
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + written;
    stream.avail_out = room;
    status = deflate(&stream, input == unread ? Z_FINISH : Z_NO_FLUSH);
    unread -= input - stream.avail_in;
    written += room - stream.avail_out;
  }
  deflateEnd(&stream);
  out.resize(written);
  return out;
}

}  // namespace sockwatch
