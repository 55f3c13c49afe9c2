#include "recording/recording_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_file.h"

namespace sockwatch {
namespace {

using Kind = SocketEvent::Kind;
using testing::HasSubstr;

std::string text_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

/// Hands out a text's events one after the other.
class Recording {
 public:
  explicit Recording(std::string_view text) : file_(file_with(text)), reader_(file_.get(), "test.jsonl") {}
  const SocketEvent& next() {
    const Result<bool> more = reader_.next(event_);
    EXPECT_TRUE(more) << more.error().message;
    EXPECT_TRUE(more && more.value()) << "the recording has ended";
    return event_;
  }
  bool at_end() {
    const Result<bool> more = reader_.next(event_);
    return more && !more.value();
  }
  /// The first error.
  std::string error() {
    for (;;) {
      const Result<bool> more = reader_.next(event_);
      if (!more) return more.error().message;
      if (!more.value()) return "no error";
    }
  }
  RecordingReader& reader() { return reader_; }

 private:
  Fd file_;
  RecordingReader reader_;
  SocketEvent event_;
};

TEST(RecordingReader, TheFourKindsOfLine) {
  Recording recording(
      R"({"ts":1000,"conn":"c1","event":"open","local":"127.0.0.1:8080","remote":"[::1]:5","pid":42,"service":"shop"}
{"ts":1100,"conn":"c1","dir":"recv","len":20,"data":"R0VUIC8gSFRUUC8xLjENCg0K"}
{"conn":"c1","event":"eof","dir":"send"}
{"ts":1300,"conn":"c1","event":"close"}
)");
  const SocketEvent& event = recording.next();
  EXPECT_EQ(event.kind, Kind::open);
  EXPECT_EQ(event.ts_ns, 1000u);
  EXPECT_EQ(event.process.tgid, 42u);
  EXPECT_EQ(to_string(event.open.local), "127.0.0.1:8080");
  EXPECT_EQ(to_string(event.open.remote), "[::1]:5");
  EXPECT_EQ(event.open.service, "shop");
  EXPECT_TRUE(event.open.from_start);
  const SocketId socket = event.socket;
  EXPECT_EQ(recording.reader().connection(socket), "c1");

  recording.next();
  EXPECT_EQ(event.kind, Kind::segment);
  EXPECT_EQ(event.socket, socket);
  EXPECT_EQ(event.segment.direction, Direction::recv);
  EXPECT_EQ(event.segment.offset, 0u);
  EXPECT_EQ(event.segment.length, 20u);
  EXPECT_EQ(text_of(event.segment.data), "GET / HTTP/1.1\r\n\r\n");

  recording.next();
  EXPECT_EQ(event.kind, Kind::eof);
  EXPECT_EQ(event.ts_ns, 1100u) << "a line without ts happens when the one before it did";
  EXPECT_EQ(event.eof.direction, Direction::send);

  recording.next();
  EXPECT_EQ(event.kind, Kind::close);
  EXPECT_EQ(event.ts_ns, 1300u);
  EXPECT_FALSE(event.close.reset);
  EXPECT_TRUE(recording.at_end());
}

TEST(RecordingReader, Extensions) {
  Recording recording(
      R"({"ts":1,"conn":"a","event":"open","unix_path":"/run/x","comm":"py","netns":7,"peer":"b","from_start":false}
{"ts":2,"conn":"a","dir":"send","off":10,"len":9,"data":"YQ==","tail":"Yg==","run":3,"unreadable":"io_uring"}
{"ts":3,"conn":"a","event":"owner","pid":5,"comm":"sh"}
{"ts":4,"conn":"a","event":"close","reset":true}
{"ts":5,"conn":"b","event":"open"}
)");
  const SocketEvent& event = recording.next();
  EXPECT_EQ(event.open.unix_path, "/run/x");
  EXPECT_EQ(event.open.local.family, SocketFamily::unix_stream);
  EXPECT_EQ(event.process.comm, "py");
  EXPECT_EQ(event.open.netns, 7u);
  EXPECT_FALSE(event.open.from_start);
  const SocketId peer = event.open.peer;
  recording.next();
  EXPECT_EQ(event.segment.offset, 10u);
  EXPECT_EQ(text_of(event.segment.data), "a");
  EXPECT_EQ(text_of(event.segment.tail), "b");
  EXPECT_EQ(event.segment.flight, 3u);
  EXPECT_EQ(event.segment.hidden, Hidden::io_uring);
  recording.next();
  EXPECT_EQ(event.kind, Kind::owner);
  EXPECT_EQ(event.process.tgid, 5u);
  EXPECT_EQ(event.process.comm, "sh");
  recording.next();
  EXPECT_TRUE(event.close.reset);
  recording.next();
  EXPECT_EQ(event.socket, peer);
}

TEST(RecordingReader, OffsetsRunOnByConnectionAndDirection) {
  Recording recording(R"({"conn":"a","dir":"recv","len":5}
{"conn":"a","dir":"recv","len":2}
{"conn":"a","dir":"send","len":3}
{"conn":"b","dir":"recv","len":4}
{"conn":"a","dir":"recv","off":100,"len":1}
{"conn":"a","dir":"recv","len":1}
)");
  std::vector<uint64_t> offsets;
  for (int i = 0; i < 8; ++i) {
    const SocketEvent& event = recording.next();
    if (event.kind == Kind::segment) offsets.push_back(event.segment.offset);
  }
  EXPECT_THAT(offsets, testing::ElementsAre(0, 5, 0, 0, 100, 101));
  EXPECT_TRUE(recording.at_end());
}

TEST(RecordingReader, AnOpenThatIsMissingIsMadeUpBeforeTheFirstSegment) {
  Recording recording(
      "{\"ts\":9,\"conn\":\"a\",\"dir\":\"recv\",\"len\":1,\"data\":\"YQ==\",\"service\":\"shop\"}\n");
  const SocketEvent& event = recording.next();
  EXPECT_EQ(event.kind, Kind::open);
  EXPECT_EQ(event.ts_ns, 9u);
  EXPECT_EQ(event.open.service, "shop");
  EXPECT_TRUE(event.open.from_start);
  recording.next();
  EXPECT_EQ(event.kind, Kind::segment);
  EXPECT_EQ(event.ts_ns, 9u);
  EXPECT_EQ(text_of(event.segment.data), "a");
  EXPECT_TRUE(recording.at_end());
}

TEST(RecordingReader, ANameThatIsUsedAgainAfterItsCloseIsANewConnection) {
  Recording recording(R"({"conn":"a","dir":"recv","len":5}
{"conn":"a","event":"close"}
{"conn":"a","dir":"recv","len":5}
)");
  const SocketEvent& event = recording.next();
  const SocketId first = event.socket;
  recording.next();
  recording.next();
  EXPECT_EQ(event.kind, Kind::close);
  recording.next();
  EXPECT_EQ(event.kind, Kind::open);
  EXPECT_NE(event.socket, first);
  EXPECT_EQ(recording.reader().connection(event.socket), "a");
  recording.next();
  EXPECT_EQ(event.segment.offset, 0u);
}

TEST(RecordingReader, NothingIsKeptOfAConnectionThatHasClosed) {
  Recording recording(R"({"conn":"c","event":"open"}
{"conn":"c","event":"close"}
{"conn":"d","event":"close"}
{"conn":"e","event":"open"}
)");
  recording.next();
  const SocketId c = recording.next().socket;
  EXPECT_EQ(recording.reader().connection(c), "c");  // what its end brings still has its name
  const SocketId d = recording.next().socket;
  EXPECT_EQ(recording.reader().connection(c), "");
  recording.next();
  EXPECT_EQ(recording.reader().connection(d), "");
}

TEST(RecordingReader, BlankLinesUnknownKeysAndAMissingLastNewlineAreFine) {
  Recording recording(
      "\n \r\n{\"conn\":\"a\",\"event\":\"close\",\"more\":[{\"conn\":7},[]],\"x\":null,\"y\":-1.5}");
  EXPECT_EQ(recording.next().kind, Kind::close);
  EXPECT_EQ(recording.reader().connection(1), "a");
  EXPECT_TRUE(recording.at_end());
  EXPECT_TRUE(Recording("").at_end());
}

TEST(RecordingReader, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_EQ(Recording("{\"conn\":\"a\",\"event\":\"close\"}\n\n{]\n").error(),
            "test.jsonl:3: not JSON from byte 2 on");
  const auto error = [](std::string_view line) { return Recording(line).error(); };
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","len":2,"data":"YWJj"})"),
            "test.jsonl:1: \"len\" is 2 but 3 bytes of data follow");
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","len":1,"data":"YQ==","tail":"YQ=="})"),
            "test.jsonl:1: \"len\" is 1 but 2 bytes of data follow");
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv"})"), "test.jsonl:1: \"len\" is missing");
  EXPECT_EQ(error(R"({"conn":"a","len":1})"), "test.jsonl:1: \"dir\" is missing");
  EXPECT_EQ(error(R"({"conn":"a","event":"eof"})"), "test.jsonl:1: \"dir\" is missing");
  EXPECT_EQ(error(R"({"dir":"recv","len":1})"), "test.jsonl:1: \"conn\" is missing");
  EXPECT_EQ(error(R"({"conn":"a","dir":"up","len":1})"),
            "test.jsonl:1: \"dir\" is \"up\"; expected recv or send");
  EXPECT_THAT(error(R"({"conn":"a","event":"begin"})"), HasSubstr("expected open, eof, owner or close"));
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","len":1,"data":"?"})"), "test.jsonl:1: \"data\" is no base64");
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","len":1,"tail":"?"})"), "test.jsonl:1: \"tail\" is no base64");
  EXPECT_EQ(error(R"({"conn":1})"), "test.jsonl:1: \"conn\" is not a string");
  EXPECT_EQ(error(R"({"conn":null})"), "test.jsonl:1: \"conn\" is not a string");
  EXPECT_EQ(error(R"({"conn":["a"]})"), "test.jsonl:1: \"conn\" is not a string");
  EXPECT_EQ(error(R"({"conn":"a","ts":"1"})"), "test.jsonl:1: \"ts\" is not a whole number of at least 0");
  EXPECT_EQ(error(R"({"conn":"a","ts":-1})"), "test.jsonl:1: \"ts\" is not a whole number of at least 0");
  EXPECT_EQ(error(R"({"conn":"a","ts":1.5})"), "test.jsonl:1: \"ts\" is not a whole number of at least 0");
  EXPECT_EQ(error(R"({"conn":"a","ts":{}})"), "test.jsonl:1: \"ts\" is not a whole number of at least 0");
  EXPECT_THAT(error(R"({"conn":"a","dir":"recv","len":1,"unreadable":"magic"})"),
              HasSubstr("\"unreadable\" is \"magic\", which is no known reason"));
  EXPECT_EQ(error(R"({"conn":"a","reset":1})"), "test.jsonl:1: \"reset\" is not true or false");
  EXPECT_EQ(error(R"({"conn":"a","event":"open","pid":4294967296})"),
            "test.jsonl:1: \"pid\" is no process id");
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","len":1,"run":4294967296})"),
            "test.jsonl:1: \"run\" is too large");
  EXPECT_EQ(error(R"({"conn":"a","dir":"recv","off":18446744073709551615,"len":1})"),
            "test.jsonl:1: \"off\" and \"len\" are too large");
  EXPECT_THAT(error(R"({"conn":"a","event":"open","local":"somewhere"})"),
              HasSubstr("\"local\" is \"somewhere\"; expected an address"));
  EXPECT_EQ(error("[]"), "test.jsonl:1: expected a JSON object");
  EXPECT_EQ(error("7"), "test.jsonl:1: expected a JSON object");
  EXPECT_EQ(error("\x1f\x8b\x08"), "test.jsonl:1: not JSON from byte 1 on");
  EXPECT_THAT(error(R"({"conn":"a","event":"clo)"), HasSubstr("test.jsonl:1: not JSON"));
}

TEST(RecordingReader, AMessageNeverRepeatsRawBytes) {
  const std::string message = Recording("{\"conn\":\"a\",\"event\":\"\\u001b[2J\\n\"}").error();
  EXPECT_EQ(message.find_first_of("\x1b\n"), std::string::npos) << message;
}

TEST(RecordingReader, ADeeplyNestedValueIsPassedOver) {
  const std::string deep(1 << 20, '[');
  const std::string closed = deep + std::string(deep.size(), ']');
  EXPECT_EQ(Recording("{\"x\":" + closed + ",\"conn\":\"a\",\"event\":\"close\"}").next().kind, Kind::close);
  EXPECT_THAT(Recording("{\"x\":" + deep).error(), HasSubstr("not JSON"));
}

TEST(RecordingReader, AnEndlessLineIsAnErrorNotAllOfMemory) {
  const Fd zeros = file_with("");
  ASSERT_EQ(::ftruncate(zeros.get(), static_cast<off_t>(RecordingReader::kMaxLineBytes) * 4), 0);
  RecordingReader reader(zeros.get(), "zeros");
  SocketEvent event;
  EXPECT_EQ(reader.next(event).error().message, "zeros:1: the line is longer than 67108864 bytes");
}

TEST(RecordingReader, AFileThatCannotBeRead) {
  RecordingReader reader(-1, "nothing");
  SocketEvent event;
  EXPECT_EQ(reader.next(event).error().message, "nothing:1: cannot be read: Bad file descriptor");
}

TEST(RecordingReader, LinesAreHandedOnAsTheyArrive) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  RecordingReader reader(read_end.get(), "pipe");
  const std::string_view line = "{\"conn\":\"a\",\"event\":\"close\"}\n{\"conn\":";
  ASSERT_EQ(::write(write_end.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
  SocketEvent event;
  EXPECT_TRUE(reader.next(event).value()) << "the first line is complete although the pipe is still open";
  const std::string_view rest = "\"b\",\"event\":\"close\"}\n";
  ASSERT_EQ(::write(write_end.get(), rest.data(), rest.size()), static_cast<ssize_t>(rest.size()));
  EXPECT_TRUE(reader.next(event).value());
  EXPECT_EQ(reader.connection(event.socket), "b");
}

}  // namespace
}  // namespace sockwatch
