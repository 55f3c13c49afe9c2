#include "cli/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "recording/base64.h"

namespace sockwatch {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kRecording =
    R"({"ts":1000,"conn":"c1","event":"open","local":"127.0.0.1:8080","remote":"127.0.0.1:50000","pid":42,"service":"shop"}
{"ts":1100,"conn":"c1","dir":"recv","len":36,"data":"R0VUIC91c2Vycy80Mj9xPTEgSFRUUC8xLjENCkE6IGINCg0K"}
{"ts":1300,"conn":"c1","dir":"send","len":45,"data":"SFRUUC8xLjEgNDA0IE5vdCBGb3VuZA0KQ29udGVudC1MZW5ndGg6IDUNCg0K"}
{"ts":1400,"conn":"c1","dir":"send","len":5,"data":"aGVsbG8="}
{"ts":1500,"conn":"c1","event":"close"}
)";

class File {
 public:
  explicit File(std::string_view text)
      : path_(testing::TempDir() + "/replay_test." + std::to_string(::getpid()) + "." +
              std::to_string(++made_)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

std::string replayed(std::string_view recording, ReplayFormat format = ReplayFormat::jsonl) {
  const File file(recording);
  std::ostringstream out;
  const Result<> result = replay(Config{}, file.path(), format, out);
  EXPECT_TRUE(result) << result.error().message;
  return out.str();
}

struct Outcome {
  int code = -1;
  std::string out;  ///< both outputs
};

/// Runs the program through the shell, `before` being what stands in front of its name.
Outcome run(const std::string& arguments, const std::string& before = "") {
  Outcome outcome;
  FILE* pipe =
      ::popen(("(" + before + std::string(SOCKWATCH_BINARY) + " " + arguments + ") 2>&1").c_str(), "r");
  char buffer[4096];
  for (size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    outcome.out.append(buffer, count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  return outcome;
}

TEST(Replay, ATransactionIsALineWithTheseKeysInThisOrder) {
  EXPECT_EQ(
      replayed(kRecording),
      "{\"conn\":\"c1\",\"protocol\":\"http\",\"role\":\"server\",\"service\":\"shop\",\"method\":\"GET\","
      "\"target\":\"/users/42?q=1\",\"path\":\"/users/"
      "{id}\",\"status\":\"404\",\"start_ns\":1100,\"ttfb_ns\":200,"
      "\"duration_ns\":300,\"request_bytes\":0,\"response_bytes\":5}\n");
}

/// A recording of one request that is answered 200, on a connection of its own.
std::string exchange(const std::string& service, const std::string& path) {
  const auto segment = [&](const char* direction, const std::string& text) {
    std::string base64;
    append_base64(base64, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    return "{\"ts\":2,\"conn\":\"" + service + path + "\",\"dir\":\"" + direction + "\",\"len\":" + std::to_string(text.size()) +
           ",\"data\":\"" + base64 + "\"}\n";
  };
  return "{\"ts\":1,\"conn\":\"" + service + path + "\",\"event\":\"open\",\"local\":\"127.0.0.1:80\",\"remote\":\"127.0.0.1:5000\",\"service\":\"" +
         service + "\"}\n" + segment("recv", "GET " + path + " HTTP/1.1\r\n\r\n") +
         segment("send", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

// Sixty names of one service make a position collapse; another service's names are its own.
TEST(Replay, EachServiceHasItsOwnRoutes) {
  std::string recording;
  for (int i = 0; i < 60; ++i)
    recording += exchange("many", std::string("/xy") + static_cast<char>('a' + i % 20) + static_cast<char>('a' + i / 20));
  const std::string text = replayed(recording + exchange("other", "/cart"));
  EXPECT_THAT(text, HasSubstr(R"("service":"many","method":"GET","target":"/xytc","path":"/{var}")"));
  EXPECT_THAT(text, HasSubstr(R"("service":"other","method":"GET","target":"/cart","path":"/cart")"));
}

TEST(Replay, MetricsAreWhatAScrapeWouldShow) {
  const std::string text = replayed(kRecording, ReplayFormat::metrics);
  EXPECT_THAT(text, HasSubstr("# TYPE http_requests_total counter\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "http_requests_total{service=\"shop\",method=\"GET\",path=\"/users/{id}\",status=\"404\"} 1\n"));
}

TEST(Replay, ATargetThatIsNoUtf8GivesValidJson) {
  // "GET /\xff\x80\"\\ HTTP/1.1\r\n\r\n"
  const std::string line = replayed(
      "{\"ts\":1,\"conn\":\"a\",\"dir\":\"recv\",\"len\":22,\"data\":\"R0VUIC//gCJcIEhUVFAvMS4xDQoNCg==\"}\n"
      "{\"ts\":2,\"conn\":\"a\",\"event\":\"close\"}\n");
  ASSERT_NE(line, "");
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["target"], "/\xEF\xBF\xBD\xEF\xBF\xBD\"\\");
  EXPECT_EQ(json["status"], "aborted");
}

TEST(Replay, ACorruptFileIsNamedWithItsLine) {
  const File file("{\"ts\":1,\"conn\":\"a\",\"event\":\"open\"}\n{\"ts\":2,\"conn\":\"a\"\n");
  std::ostringstream out;
  EXPECT_THAT(replay(Config{}, file.path(), ReplayFormat::jsonl, out).error().message,
              StartsWith(file.path() + ":2: not JSON"));
}

TEST(Replay, WhatALimitLeavesOutIsSaid) {
  Config config;
  config.capture.max_connections = 2;
  std::string recording;
  for (const char* name : {"a", "b", "c", "d"})
    recording += std::string("{\"conn\":\"") + name + "\",\"event\":\"open\"}\n";
  const File file(recording);
  std::ostringstream out;
  testing::internal::CaptureStderr();
  EXPECT_TRUE(replay(config, file.path(), ReplayFormat::jsonl, out));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("connection_limit"));
  EXPECT_THAT(said, HasSubstr("times=2"));

  testing::internal::CaptureStderr();
  EXPECT_TRUE(replay(Config{}, file.path(), ReplayFormat::jsonl, out));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("connection_limit")));
}

TEST(Program, Replays) {
  const File file(kRecording);
  const Outcome by_name = run("replay " + file.path());
  EXPECT_EQ(by_name.code, 0);
  EXPECT_THAT(by_name.out, HasSubstr("\"status\":\"404\""));
  const Outcome from_input = run("replay - --format=metrics < " + file.path());
  EXPECT_EQ(from_input.code, 0);
  EXPECT_THAT(from_input.out, HasSubstr("http_requests_total"));
}

TEST(Program, FailuresAreOneLineAndExitOne) {
  const File corrupt("nonsense\n");
  const struct {
    std::string arguments;
    std::string message;
  } cases[] = {
      {"replay " + corrupt.path(), "sockwatch: " + corrupt.path() + ":1: not JSON"},
      {"replay - < " + corrupt.path(), "sockwatch: standard input:1: not JSON"},
      {"replay /nonexistent/file", "sockwatch: cannot read /nonexistent/file: No such file or directory"},
      {"replay /", "sockwatch: /:1: cannot be read: Is a directory"},
      {"--config.file=/nonexistent.yml", "sockwatch: cannot read the configuration /nonexistent.yml"},
      {"check-config /nonexistent.yml", "cannot read the configuration /nonexistent.yml"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run(c.arguments);
    EXPECT_EQ(outcome.code, 1) << c.arguments;
    EXPECT_THAT(outcome.out, StartsWith(c.message));
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << outcome.out;
  }
}

TEST(Program, ARecordingWithNothingInItIsSaidToBeOne) {
  const File empty("");
  const Outcome outcome = run("replay " + empty.path());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("there is no request and no query in the recording"));
  EXPECT_THAT(outcome.out, EndsWith("file=" + empty.path() + " events=0\n"));
  const File full(kRecording);
  EXPECT_THAT(run("replay " + full.path()).out, Not(HasSubstr("no request")));
}

TEST(Program, WithoutPrivilegesItSaysInOneLineWhichItLacks) {
  const std::string without = ::geteuid() == 0 ? "setpriv --bounding-set=-bpf,-perfmon,-sys_admin " : "";
  const std::string file = testing::TempDir() + "/replay_test." + std::to_string(::getpid()) + ".unwritten";
  for (const std::string& arguments :
       {std::string("--web.listen-address=127.0.0.1:0"), "record -o " + file}) {
    const Outcome outcome = run(arguments, without);
    EXPECT_EQ(outcome.code, 1) << arguments;
    EXPECT_THAT(outcome.out,
                StartsWith("sockwatch: this process may not load BPF programs: it lacks CAP_BPF, "
                           "CAP_PERFMON; run it as root"));
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << outcome.out;
  }
  EXPECT_NE(::access(file.c_str(), F_OK), 0) << "a file was made for nothing";
}

TEST(Program, AMistakeInTheArgumentsExitsTwo) {
  const Outcome outcome = run("--web.listen-adress=:1");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out,
            "sockwatch: unknown flag --web.listen-adress=:1; sockwatch --help shows what there is\n");
}

TEST(Program, AResultThatCannotBeWrittenIsAFailure) {
  const File file(kRecording);
  const Outcome outcome = run("replay " + file.path() + " >/dev/full");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, StartsWith("sockwatch: cannot write the result"));
}

TEST(Program, ChecksAConfiguration) {
  const File good("web: {listen_address: ':1'}\n");
  const Outcome fine = run("check-config " + good.path());
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(fine.out, good.path() + ": no mistakes\n");
  const File bad("web: {listen_address: 1}\nlog: {level: x}\n");
  const Outcome wrong = run("check-config " + bad.path());
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out, HasSubstr(bad.path() + ":1: web.listen_address: expected an address"));
  EXPECT_THAT(wrong.out, HasSubstr(bad.path() + ":2: log.level: expected debug"));

  const File web("basic_auth_users: {}\n");
  EXPECT_EQ(run("check-config --web.config.file=" + web.path()).out, web.path() + ": no mistakes\n");
  const File bad_web("colour: red\n");
  const Outcome both = run("check-config " + good.path() + " --web.config.file=" + bad_web.path());
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.out, HasSubstr(good.path() + ": no mistakes"));
  EXPECT_THAT(both.out, HasSubstr("colour"));

  const File no_certificate("tls_server_config: {cert_file: none.crt, key_file: none.key}\n");
  const Outcome unusable = run("check-config --web.config.file=" + no_certificate.path());
  EXPECT_EQ(unusable.code, 1);
  EXPECT_THAT(unusable.out, StartsWith(no_certificate.path() + ": "));
  EXPECT_THAT(unusable.out, HasSubstr("none.crt"));
}

}  // namespace
}  // namespace sockwatch
