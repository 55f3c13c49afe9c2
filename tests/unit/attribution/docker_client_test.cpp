#include "attribution/docker_client.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <thread>

#include "fake_engine.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Asked {
  EngineAnswer answer;
  ContainerInfo info;
  Clock::duration took;
};

Asked ask(const std::string& socket, std::vector<std::string> labels = {}, Clock::duration patience = 5s,
          int cancel = -1) {
  Asked asked{};
  const auto start = Clock::now();
  asked.answer = EngineQuestion{.socket = socket,
                                .id = "abc123",
                                .labels = std::move(labels),
                                .deadline = start + patience,
                                .cancel_fd = cancel}
                     .ask(asked.info);
  asked.took = Clock::now() - start;
  return asked;
}

Asked ask_for(const std::string& bytes) {
  const FakeEngine engine([&](const std::string&) { return bytes; });
  return ask(engine.socket());
}

TEST(DockerClient, ReadsNameImageAndTheLabelsThatAreWanted) {
  std::string asked_id;
  const FakeEngine engine([&](const std::string& id) {
    asked_id = id;
    return container_answer("shop", "acme/shop:1.2", R"({"team":"blue","secret":"x","n":3})");
  });
  const Asked asked = ask(engine.socket(), {"team", "n", "missing"});
  EXPECT_EQ(asked.answer, EngineAnswer::found);
  EXPECT_EQ(asked_id, "abc123");
  EXPECT_EQ(asked.info.name, "shop");
  EXPECT_EQ(asked.info.image, "acme/shop:1.2");
  EXPECT_EQ(asked.info.labels, (std::map<std::string, std::string>{{"n", ""}, {"team", "blue"}}));
}

TEST(DockerClient, AnUnknownContainerAndAMissingEngineAreAbsent) {
  EXPECT_EQ(ask_for(no_such_container()).answer, EngineAnswer::absent);
  EXPECT_EQ(ask("/nowhere/docker.sock").answer, EngineAnswer::absent);
  EXPECT_EQ(ask("/" + std::string(200, 'x')).answer, EngineAnswer::absent);
}

TEST(DockerClient, WhatAnEngineDoesNotSayIsNoAnswer) {
  const std::string head = "HTTP/1.0 200 OK\r\n\r\n";
  const std::vector<std::string> all = {"garbage",
                                        "HTTP/1.0 200",
                                        "HTTP/1.0 500 Oh\r\n\r\n{}",
                                        "SSH-2.0-x\r\n\r\n{\"Name\":\"/shop\"}",
                                        head,
                                        head + "[]",
                                        head + "{",
                                        head + "null",
                                        head + R"({"Name":7})",
                                        head + R"({"Name":""})",
                                        head + R"({"Name":"/"})",
                                        head + "{\"Name\":\"\xff\"}",
                                        head + std::string(100000, '[')};
  for (const std::string& bytes : all)
    EXPECT_EQ(ask_for(bytes).answer, EngineAnswer::unanswered) << bytes.substr(0, 60);
}

TEST(DockerClient, OddConfigurationsLeaveTheName) {
  for (const char* rest :
       {"", R"(,"Config":null)", R"(,"Config":{"Labels":null})", R"(,"Config":{"Image":[],"Labels":"x"})"}) {
    const Asked asked = ask_for("HTTP/1.0 200 OK\r\n\r\n{\"Name\":\"/shop\"" + std::string(rest) + "}");
    EXPECT_EQ(asked.answer, EngineAnswer::found) << rest;
    EXPECT_EQ(asked.info.name, "shop") << rest;
  }
}

TEST(DockerClient, GivesUpOnAHugeAnswer) {
  EXPECT_EQ(
      ask_for("HTTP/1.0 200 OK\r\n\r\n{\"Name\":\"/" + std::string(EngineQuestion::kMaxAnswer, 'x')).answer,
      EngineAnswer::unanswered);
}

TEST(DockerClient, KeepsOnlyAPartOfALongName) {
  const Asked asked = ask_for(container_answer(std::string(5000, 'x')));
  EXPECT_EQ(asked.answer, EngineAnswer::found);
  EXPECT_EQ(asked.info.name.size(), EngineQuestion::kMaxText - 1);
}

TEST(DockerClient, GivesUpAtTheDeadline) {
  const FakeEngine engine([](const std::string&) { return ""; });
  const Asked asked = ask(engine.socket(), {}, 100ms);
  EXPECT_EQ(asked.answer, EngineAnswer::unanswered);
  EXPECT_GE(asked.took, 100ms);
  EXPECT_LT(asked.took, 3s);
}

TEST(DockerClient, GivesUpWhenToldTo) {
  const FakeEngine engine([](const std::string&) { return ""; });
  const Fd cancel(eventfd(0, EFD_CLOEXEC));
  std::thread canceller([&] { eventfd_write(cancel.get(), 1); });
  const Asked asked = ask(engine.socket(), {}, 60s, cancel.get());
  canceller.join();
  EXPECT_EQ(asked.answer, EngineAnswer::unanswered);
  EXPECT_LT(asked.took, 30s);
}

}  // namespace
}  // namespace sockwatch
