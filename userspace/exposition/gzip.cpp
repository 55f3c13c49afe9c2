#include "exposition/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace sockwatch {
namespace {

constexpr int kLevel = Z_BEST_SPEED;
constexpr int kGzipWindowBits = 15 + 16;  // + 16: a gzip header rather than zlib's own
constexpr int kMemLevel = 8;              // zlib's default
constexpr size_t kRoom = 16 * 1024;       // for what comes out, at a time

}  // namespace

void Gzip::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

Gzip::Gzip() {
  auto stream = std::make_unique<z_stream_s>();
  if (deflateInit2(stream.get(), kLevel, Z_DEFLATED, kGzipWindowBits, kMemLevel, Z_DEFAULT_STRATEGY) == Z_OK)
    stream_.reset(stream.release());
}

void Gzip::add(std::string_view text) {
  constexpr size_t kMost = std::numeric_limits<uInt>::max();  // zlib counts in unsigned int
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMost))) pack(text.substr(0, kMost), Z_NO_FLUSH);
}

std::string Gzip::finish() {
  pack({}, Z_FINISH);
  return std::move(out_);
}

void Gzip::pack(std::string_view text, int flush) {
  std::array<char, kRoom> room;
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream_->avail_in = static_cast<uInt>(text.size());
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(room.data());
    stream_->avail_out = kRoom;
    deflate(stream_.get(), flush);
    out_.append(room.data(), kRoom - stream_->avail_out);
  } while (stream_->avail_out == 0);  // there may be more
}

}  // namespace sockwatch
