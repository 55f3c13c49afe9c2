// A recording has what the filter lets pass.
#include "pipeline/wanted_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "fake_host.h"

namespace sockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Wanted : public testing::Test {
 protected:
  Wanted() {
    for (const auto& [pid, name] : {std::pair(7u, "shopd"), std::pair(8u, "mailer")}) {
      FakeProcess process;
      process.executable = std::string("/usr/bin/") + name;
      process.arguments = {name};
      process.comm = name;
      host_.start(pid, process);
    }
    config_.procfs = host_.procfs();
    config_.cgroupfs = host_.cgroupfs();
    config_.attribution = FakeHost::no_engine();
  }

  WantedConnections made() {
    return WantedConnections(config_, [this](SocketId socket) { ignored_.push_back(socket); });
  }

  static SocketEvent event(SocketEvent::Kind kind, SocketId socket, uint32_t pid = 0, uint16_t local_port = 0) {
    SocketEvent made;
    made.kind = kind;
    made.socket = socket;
    made.process.tgid = pid;
    made.process.comm = pid == 7 ? "shopd" : "mailer";
    made.open.local.port = local_port;
    return made;
  }

  using Kind = SocketEvent::Kind;

  FakeHost host_;
  Config config_;
  std::vector<SocketId> ignored_;
};

TEST_F(Wanted, EverythingWithoutAFilter) {
  WantedConnections wanted = made();
  EXPECT_TRUE(wanted.wants(event(Kind::open, 1, 7)));
  EXPECT_TRUE(wanted.wants(event(Kind::segment, 2))) << "whose open was lost";
  EXPECT_THAT(ignored_, IsEmpty());
}

TEST_F(Wanted, OfTheServicesThatAreIncluded) {
  config_.filter.include.services = {"shop*"};
  WantedConnections wanted = made();
  EXPECT_TRUE(wanted.wants(event(Kind::open, 1, 7)));
  EXPECT_FALSE(wanted.wants(event(Kind::open, 2, 8)));
  EXPECT_TRUE(wanted.wants(event(Kind::segment, 1)));
  EXPECT_FALSE(wanted.wants(event(Kind::segment, 2)));
  EXPECT_FALSE(wanted.wants(event(Kind::close, 2)));
  EXPECT_TRUE(wanted.wants(event(Kind::close, 1)));
  EXPECT_FALSE(wanted.wants(event(Kind::segment, 1))) << "it has ended";
  EXPECT_THAT(ignored_, ElementsAre(2, 2, 1));
}

TEST_F(Wanted, NotOfThePortsThatAreExcluded) {
  config_.filter.exclude.ports = {443};
  WantedConnections wanted = made();
  EXPECT_TRUE(wanted.wants(event(Kind::open, 1, 7, 80)));
  EXPECT_FALSE(wanted.wants(event(Kind::open, 2, 7, 443)));
}

TEST_F(Wanted, UntilAProcessThatIsLeftOutTakesItOver) {
  config_.filter.exclude.services = {"mailer"};
  WantedConnections wanted = made();
  EXPECT_TRUE(wanted.wants(event(Kind::open, 1, 7)));
  EXPECT_FALSE(wanted.wants(event(Kind::owner, 1, 8)));
  EXPECT_FALSE(wanted.wants(event(Kind::segment, 1)));
}

TEST_F(Wanted, NoMoreThanMayBeFollowedAtOnce) {
  config_.filter.exclude.ports = {443};
  config_.capture.max_connections = 1;
  WantedConnections wanted = made();
  EXPECT_TRUE(wanted.wants(event(Kind::open, 1, 7)));
  EXPECT_FALSE(wanted.wants(event(Kind::open, 2, 7)));
  EXPECT_TRUE(wanted.wants(event(Kind::close, 1)));
  EXPECT_TRUE(wanted.wants(event(Kind::open, 3, 7)));
}

}  // namespace
}  // namespace sockwatch
