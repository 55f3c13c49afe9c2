#include "recording/credential_mask.h"

#include <gtest/gtest.h>

#include <string>

namespace sockwatch {
namespace {

constexpr SocketId kSocket = 7;

/// One direction of a connection, written piece by piece.
class Masked {
 public:
  explicit Masked(bool from_start = true, size_t max_connections = CredentialMask::kMaxConnections)
      : mask_(max_connections) {
    if (from_start) mask_.open(kSocket);
  }
  std::string add(std::string data) {
    Segment segment;
    segment.offset = offset_;
    segment.length = data.size();
    return pass(segment, data, "").first;
  }
  /// `missing` bytes between data and tail were not captured.
  std::pair<std::string, std::string> add(std::string data, uint64_t missing, std::string tail) {
    Segment segment;
    segment.offset = offset_;
    segment.length = data.size() + missing + tail.size();
    return pass(segment, data, tail);
  }
  void lose(uint64_t count) { offset_ += count; }
  CredentialMask& mask() { return mask_; }

 private:
  std::pair<std::string, std::string> pass(Segment segment, std::string data, std::string tail) {
    segment.direction = Direction::recv;
    offset_ += segment.length;
    mask_.mask(kSocket, segment, {reinterpret_cast<uint8_t*>(data.data()), data.size()},
               {reinterpret_cast<uint8_t*>(tail.data()), tail.size()});
    return {data, tail};
  }
  CredentialMask mask_;
  uint64_t offset_ = 0;
};

TEST(CredentialMask, TheFourHeadersAreBlankedAndNothingElse) {
  EXPECT_EQ(
      Masked().add(
          "GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic abc\r\nCookie: a=b; c=d\r\n"
          "Proxy-Authorization:\tz\r\nX-Cookie: kept\r\nCookies: kept\r\nSet-Cooki: kept\r\n\r\nbody: kept"),
      "GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: *********\r\nCookie: ********\r\n"
      "Proxy-Authorization:\t*\r\nX-Cookie: kept\r\nCookies: kept\r\nSet-Cooki: kept\r\n\r\nbody: kept");
  EXPECT_EQ(Masked().add("HTTP/1.1 200 OK\r\nSet-Cookie: id=1\r\nServer: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nSet-Cookie: ****\r\nServer: x\r\n\r\n");
}

TEST(CredentialMask, NamesInAnyCaseWithBlanksAroundAndBareNewlines) {
  EXPECT_EQ(Masked().add(" Cookie: c\ncOOKIE:a\nCookie : b\nCookie\t:d\nAccept: e\n"),
            " Cookie: *\ncOOKIE:*\nCookie : *\nCookie\t:*\nAccept: e\n");
}

TEST(CredentialMask, FoldedValuesAreBlankedToTheirEnd) {
  EXPECT_EQ(Masked().add("Authorization: Digest u=\"x\",\r\n nonce=\"y\",\r\n\tqop=z\r\nHost: h\r\n"),
            "Authorization: *************\r\n **********\r\n\t*****\r\nHost: h\r\n");
}

TEST(CredentialMask, PiecesOfAnySizeGiveTheSame) {
  const std::string head =
      "GET / HTTP/1.1\r\nCookie: a=b\r\nSet-Cookie: c\r\n folded\r\nProxy-Authorization : d\r\nHost: "
      "h\r\n\r\n";
  const std::string expected = Masked().add(head);
  EXPECT_EQ(expected.find("a=b"), std::string::npos);
  for (size_t size = 1; size < head.size(); ++size) {
    Masked stream;
    std::string got;
    for (size_t at = 0; at < head.size(); at += size) got += stream.add(head.substr(at, size));
    EXPECT_EQ(got, expected) << "in pieces of " << size;
  }
}

TEST(CredentialMask, AfterAGapInAValueTheRestOfTheLineIsBlanked) {
  Masked stream;
  EXPECT_EQ(
      stream.add("GET / HTTP/1.1\r\nCookie: ab", 500, "secret\r\nHost: h\r\n\r\n"),
      std::make_pair(std::string("GET / HTTP/1.1\r\nCookie: **"), std::string("******\r\nHost: h\r\n\r\n")));
}

TEST(CredentialMask, AfterAGapInAnotherLineTheRestOfTheLineIsBlankedToo) {
  // The gap may have swallowed "Cookie: ".
  Masked stream;
  EXPECT_EQ(stream.add("GET / HTTP/1.1\r\nHost: h", 500, "secret\r\n fold\r\nAccept: a\r\n").second,
            "******\r\n ****\r\nAccept: a\r\n");
  Masked lossy;
  lossy.add("GET / HTTP/1.1\r\n");
  lossy.lose(3);
  EXPECT_EQ(lossy.add("secret\r\nA: b\r\n"), "******\r\nA: b\r\n");
}

TEST(CredentialMask, AConnectionThatWasOpenBeforeMayStandInAValue) {
  EXPECT_EQ(Masked(false).add("a=GET /x secret\r\nA: b\r\n"), "***************\r\nA: b\r\n");
}

TEST(CredentialMask, AMessageThatStartsAfterAGapStaysReadable) {
  for (const char* start :
       {"GET /a?b HTTP/1.1\r\n", "GET /long-target-cut-o", "OPTIONS * HTTP/1.1\r\n", "CONNECT a:1",
        "GET http://a/", "WHATEVER /x HTTP/1.0\r\n", "HTTP/1.1 200 OK\r\n"}) {
    Masked stream;
    stream.add("POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n", 900, "");
    EXPECT_EQ(stream.add(start), start);
  }
  // ... also when its body's last bytes stand before it, in the same segment or in the one before.
  Masked stream;
  EXPECT_EQ(stream.add("HTTP/1.1 200 OK\r\n\r\n", 900, "bodyHTTP/1.1 204 No Content\r\nSet-Cookie: a\r\n\r\n")
                .second,
            "****HTTP/1.1 204 No Content\r\nSet-Cookie: *\r\n\r\n");
  EXPECT_EQ(stream.add("", 900, "body").second, "****");
  EXPECT_EQ(stream.add("HTTP/1.1 404 No\r\nSet-Cookie: a\r\n"), "HTTP/1.1 404 No\r\nSet-Cookie: *\r\n");
}

TEST(CredentialMask, TheTwoDirectionsDoNotMix) {
  CredentialMask mask;
  mask.open(kSocket);
  const auto pass = [&](Direction direction, uint64_t offset, std::string text) {
    Segment segment;
    segment.direction = direction;
    segment.offset = offset;
    segment.length = text.size();
    mask.mask(kSocket, segment, {reinterpret_cast<uint8_t*>(text.data()), text.size()}, {});
    return text;
  };
  EXPECT_EQ(pass(Direction::recv, 0, "Cookie: a"), "Cookie: *");
  EXPECT_EQ(pass(Direction::send, 0, "HTTP/1.1 100 Continue\r\n"), "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(pass(Direction::recv, 9, "b\r\n"), "*\r\n");
}

TEST(CredentialMask, TooManyConnectionsAreForgottenAndThenBlankMore) {
  Masked stream(true, 1);
  EXPECT_EQ(stream.add("GET / HTTP/1.1\r\nHost: a"), "GET / HTTP/1.1\r\nHost: a");
  EXPECT_EQ(stream.mask().forgotten(), 0u);
  stream.mask().open(kSocket + 1);
  EXPECT_EQ(stream.mask().forgotten(), 1u);
  EXPECT_EQ(stream.add("unsure\r\nA: b\r\n"), "******\r\nA: b\r\n");
  EXPECT_EQ(stream.mask().forgotten(), 2u);
}

TEST(CredentialMask, AClosedConnectionMakesRoom) {
  Masked stream(true, 1);
  stream.mask().close(kSocket);
  stream.mask().open(kSocket + 1);
  EXPECT_EQ(stream.mask().forgotten(), 0u);
}

}  // namespace
}  // namespace sockwatch
