#include "recording/recording_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recording/recording_reader.h"
#include "temporary_file.h"

namespace sockwatch {
namespace {

using Kind = SocketEvent::Kind;
using testing::HasSubstr;
using testing::Not;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string text_of(std::span<const uint8_t> data) { return {data.begin(), data.end()}; }

SocketEvent open_event() {
  SocketEvent event;
  event.socket = 12;
  event.ts_ns = 1000;
  event.kind = Kind::open;
  event.process.tgid = 42;
  event.process.comm = "py\"thon";
  event.open.local = parse_endpoint("127.0.0.1:80");
  event.open.remote = parse_endpoint("[fe80::1]:5000");
  event.open.netns = 77;
  event.open.peer = 13;
  return event;
}

SocketEvent segment_event(std::string_view data, uint64_t offset = 0) {
  SocketEvent event;
  event.socket = 12;
  event.ts_ns = 2000;
  event.kind = Kind::segment;
  event.segment.direction = Direction::recv;
  event.segment.offset = offset;
  event.segment.length = data.size();
  event.segment.data = bytes(data);
  return event;
}

/// The event that a line stands for, if its views are not needed.
class ReadBack {
 public:
  explicit ReadBack(std::string_view text) : file_(file_with(text)), reader_(file_.get(), "back") {}
  const SocketEvent& next() {
    const Result<bool> more = reader_.next(event_);
    EXPECT_TRUE(more && more.value()) << (more ? "the end" : more.error().message);
    return event_;
  }
  RecordingReader& reader() { return reader_; }

 private:
  Fd file_;
  RecordingReader reader_;
  SocketEvent event_;
};

TEST(RecordingWriter, TellsTheTimeOfTheWorldWithEachConnection) {
  RecordingWriter writer(Credentials::masked, 1'700'000'000'000'000'000);
  std::string text;
  writer.write(open_event(), text);
  EXPECT_THAT(text, HasSubstr("\"wall_ns\":1700000000000001000"));
  ReadBack back(text);
  EXPECT_EQ(back.reader().wall_clock_offset_ns(), std::nullopt);
  EXPECT_EQ(back.next().ts_ns, 1000u);
  EXPECT_EQ(back.reader().wall_clock_offset_ns(), 1'700'000'000'000'000'000);
  std::string without;
  RecordingWriter(Credentials::masked).write(open_event(), without);
  EXPECT_THAT(without, Not(HasSubstr("wall_ns")));
}

TEST(RecordingWriter, EveryFieldComesBack) {
  RecordingWriter writer(Credentials::masked);
  std::string text;
  writer.write(open_event(), text);
  SocketEvent segment = segment_event("GET", 5);
  segment.process.tgid = 43;
  segment.segment.length = 100;
  segment.segment.tail = bytes("END");
  segment.segment.flight = 9;
  segment.segment.hidden = Hidden::splice;
  writer.write(segment, text);
  SocketEvent owner;
  owner.socket = 12;
  owner.kind = Kind::owner;
  owner.process.tgid = 44;
  owner.process.comm = "sh";
  writer.write(owner, text);
  SocketEvent eof;
  eof.socket = 12;
  eof.kind = Kind::eof;
  eof.eof.direction = Direction::send;
  eof.eof.end = 700;
  writer.write(eof, text);
  SocketEvent close;
  close.socket = 12;
  close.ts_ns = 3000;
  close.kind = Kind::close;
  close.close.reset = true;
  close.close.end[0] = 105;
  close.close.end[1] = 700;
  writer.write(close, text);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);

  ReadBack back(text);
  const SocketEvent& event = back.next();
  EXPECT_EQ(event.kind, Kind::open);
  EXPECT_EQ(event.ts_ns, 1000u);
  EXPECT_EQ(back.reader().connection(event.socket), "s12");
  EXPECT_EQ(back.reader().connection(event.open.peer), "s13");
  EXPECT_EQ(event.process.tgid, 42u);
  EXPECT_EQ(event.process.comm, "py\"thon");
  EXPECT_EQ(event.open.local, open_event().open.local);
  EXPECT_EQ(event.open.remote, open_event().open.remote);
  EXPECT_EQ(event.open.netns, 77u);
  EXPECT_TRUE(event.open.from_start);
  back.next();
  EXPECT_EQ(event.kind, Kind::segment);
  EXPECT_EQ(event.process.tgid, 43u);
  EXPECT_EQ(event.segment.direction, Direction::recv);
  EXPECT_EQ(event.segment.offset, 5u);
  EXPECT_EQ(event.segment.length, 100u);
  EXPECT_EQ(event.segment.flight, 9u);
  EXPECT_EQ(event.segment.hidden, Hidden::splice);
  back.next();
  EXPECT_EQ(event.kind, Kind::owner);
  EXPECT_EQ(event.process.tgid, 44u);
  EXPECT_EQ(event.process.comm, "sh");
  back.next();
  EXPECT_EQ(event.kind, Kind::eof);
  EXPECT_EQ(event.eof.direction, Direction::send);
  EXPECT_EQ(event.eof.end, 700u);
  back.next();
  EXPECT_EQ(event.kind, Kind::close);
  EXPECT_EQ(event.ts_ns, 3000u);
  EXPECT_TRUE(event.close.reset);
  EXPECT_EQ(event.close.end[0], 105u);
  EXPECT_EQ(event.close.end[1], 700u);
}

TEST(RecordingWriter, UnixSocketsAndMidwayConnectionsComeBack) {
  RecordingWriter writer(Credentials::masked);
  SocketEvent open;
  open.socket = 1;
  open.kind = Kind::open;
  open.open.local.family = open.open.remote.family = SocketFamily::unix_stream;
  open.open.unix_path = "@abstract";
  open.open.from_start = false;
  std::string text;
  writer.write(open, text);
  ReadBack back(text);
  const SocketEvent& event = back.next();
  EXPECT_EQ(event.open.local.family, SocketFamily::unix_stream);
  EXPECT_EQ(event.open.unix_path, "@abstract");
  EXPECT_FALSE(event.open.from_start);
}

TEST(RecordingWriter, TheLineOfASegment) {
  RecordingWriter writer(Credentials::masked);
  std::string text;
  writer.write(open_event(), text);
  text.clear();
  writer.write(segment_event("GET / HTTP/1.1\r\n"), text);
  EXPECT_EQ(text,
            "{\"ts\":2000,\"conn\":\"s12\",\"dir\":\"recv\",\"off\":0,\"len\":16,\"data\":"
            "\"R0VUIC8gSFRUUC8xLjENCg==\"}\n");
}

TEST(RecordingWriter, CredentialsAreBlankedUnlessKept) {
  const std::string_view head = "GET / HTTP/1.1\r\nCookie: id=1\r\n\r\n";
  for (const Credentials credentials : {Credentials::masked, Credentials::kept}) {
    RecordingWriter writer(credentials);
    std::string text;
    writer.write(open_event(), text);
    writer.write(segment_event(head), text);
    SocketEvent cut = segment_event("", head.size());
    cut.segment.length = 1000;
    cut.segment.tail = bytes("secret");
    writer.write(cut, text);
    ReadBack back(text);
    const SocketEvent& event = back.next();
    back.next();
    EXPECT_EQ(text_of(event.segment.data),
              credentials == Credentials::kept ? head : "GET / HTTP/1.1\r\nCookie: ****\r\n\r\n");
    back.next();
    EXPECT_EQ(text_of(event.segment.tail), credentials == Credentials::kept ? "secret" : "******");
  }
}

TEST(RecordingWriter, WhatIsWrittenIsValidWhateverTheProcessIsCalled) {
  RecordingWriter writer(Credentials::masked);
  SocketEvent event = open_event();
  event.process.comm = "\xff\n\"\\";
  std::string text;
  writer.write(event, text);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(ReadBack(text).next().process.comm, "\xEF\xBF\xBD\n\"\\");
}

}  // namespace
}  // namespace sockwatch
