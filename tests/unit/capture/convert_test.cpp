#include "capture/convert.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace sockwatch {
namespace {

std::vector<uint8_t> record(sw_header header, size_t payload) {
  std::vector<uint8_t> bytes(sizeof(header) + payload, 'x');
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

TEST(Convert, SegmentViewsItsBytesAndTail) {
  sw_header header{};
  header.kind = SW_RECORD_SEGMENT;
  header.flags = SW_FLAG_SEND;
  header.socket = 7;
  header.offset = 100;
  header.length = 500;
  header.captured = 10;
  header.tail = 4;
  SocketEvent event;
  const auto bytes = record(header, 16);
  ASSERT_TRUE(to_event(bytes.data(), bytes.size(), event));
  EXPECT_EQ(event.kind, SocketEvent::Kind::segment);
  EXPECT_EQ(event.segment.direction, Direction::send);
  EXPECT_EQ(event.segment.length, 500u);
  EXPECT_EQ(event.segment.data.size(), 10u);
  EXPECT_EQ(event.segment.tail.data(), event.segment.data.data() + 10);
}

TEST(Convert, EndsTellWhereTheStreamsEnd) {
  sw_header header{};
  header.kind = SW_RECORD_EOF;
  header.offset = 100;
  header.length = 500;
  SocketEvent event;
  ASSERT_TRUE(to_event(&header, sizeof(header), event));
  EXPECT_EQ(event.eof.end, 100u);
  header.flags = SW_FLAG_SEND;
  ASSERT_TRUE(to_event(&header, sizeof(header), event));
  EXPECT_EQ(event.eof.end, 500u);
  header.kind = SW_RECORD_CLOSE;
  ASSERT_TRUE(to_event(&header, sizeof(header), event));
  EXPECT_EQ(event.close.end[0], 100u);
  EXPECT_EQ(event.close.end[1], 500u);
}

TEST(Convert, TellsWhyAConnectionIsWatchedNoLonger) {
  sw_header header{};
  header.kind = SW_RECORD_CLOSE;
  SocketEvent event;
  for (const auto& [flags, why] : {std::pair{0, Unread::none}, {SW_FLAG_UNREAD, Unread::other}, {SW_FLAG_UNREAD | SW_FLAG_TLS, Unread::tls},
                                   {SW_FLAG_UNREAD | SW_FLAG_HTTP2, Unread::http2}}) {
    header.flags = static_cast<sw_u8>(flags);
    ASSERT_TRUE(to_event(&header, sizeof(header), event));
    EXPECT_EQ(event.close.unread, why);
  }
}

TEST(Convert, RefusesARecordThatClaimsMoreThanItHolds) {
  sw_header header{};
  header.kind = SW_RECORD_SEGMENT;
  header.captured = 20;
  SocketEvent event;
  const auto bytes = record(header, 10);
  EXPECT_FALSE(to_event(bytes.data(), bytes.size(), event));
  EXPECT_FALSE(to_event(bytes.data(), sizeof(header) - 1, event));
  header.captured = 0;
  for (int kind : std::vector<int>{SW_RECORD_OPEN, SW_RECORD_OWNER, 99}) {
    header.kind = static_cast<sw_u8>(kind);
    const auto short_record = record(header, 8);
    EXPECT_FALSE(to_event(short_record.data(), short_record.size(), event)) << kind;
  }
}

TEST(Convert, MappedAddressesAreIpv4) {
  struct {
    sw_header header;
    sw_open open;
  } r{};
  r.header.kind = SW_RECORD_OPEN;
  r.open.names.family = SW_FAMILY_INET6;
  const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  std::memcpy(r.open.names.local, mapped, sizeof(mapped));
  r.open.names.local_port = 80;
  r.open.names.unix_path_len = 255;  // more than there is
  SocketEvent event;
  ASSERT_TRUE(to_event(&r, sizeof(r), event));
  EXPECT_EQ(to_string(event.open.local), "10.0.0.1:80");
  EXPECT_LE(event.open.unix_path.size(), sizeof(r.open.unix_path));
}

TEST(Convert, PathOfAUnixSocketEndsBeforeItsNul) {
  struct {
    sw_header header;
    sw_open open;
  } r{};
  r.header.kind = SW_RECORD_OPEN;
  r.open.names.family = SW_FAMILY_UNIX;
  const std::string path = "/run/docker.sock";
  std::memcpy(r.open.unix_path, path.c_str(), path.size() + 1);
  r.open.names.unix_path_len = static_cast<sw_u8>(path.size() + 1);
  SocketEvent event;
  ASSERT_TRUE(to_event(&r, sizeof(r), event));
  EXPECT_EQ(event.open.unix_path, path);
  std::memset(r.open.unix_path, 'x', sizeof(r.open.unix_path));  // too long to have its end here
  r.open.names.unix_path_len = sizeof(r.open.unix_path);
  ASSERT_TRUE(to_event(&r, sizeof(r), event));
  EXPECT_EQ(event.open.unix_path.size(), sizeof(r.open.unix_path));
}

}  // namespace
}  // namespace sockwatch
