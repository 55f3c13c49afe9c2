// The same with processes of this machine.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <memory>

#include "attribution/cgroup_path.h"
#include "attribution/proc_reader.h"
#include "fake_host.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

ServiceResolver resolver() {
  AttributionConfig config = FakeHost::no_engine();
  config.service_env = {"SOCKWATCH_TEST_SERVICE"};
  // Whatever unit or container the tests run in.
  return {config, "/proc", "/nowhere", 100};
}

bool runs_in_a_unit_or_container() {
  const ProcReader proc("/proc");
  const std::string cgroup = proc.cgroup(static_cast<uint32_t>(getpid()));
  const CgroupIdentity identity = identify_cgroup(cgroup_paths(cgroup));
  return !identity.unit.empty() || !identity.container_ids.empty() || identity.kubernetes;
}

// A child that runs until it is destroyed; its input ends with us.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    input_ = Fd(ends[1]);
    const Fd read_end(ends[0]);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(read_end.get(), 0);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Child() { stop(); }
  void stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  uint32_t pid() const { return static_cast<uint32_t>(pid_); }

 private:
  Fd input_;
  pid_t pid_ = 0;
};

class RealProcess : public testing::Test {
 protected:
  void SetUp() override {
    if (runs_in_a_unit_or_container()) GTEST_SKIP() << "within a unit or a container every process is that";
  }
  std::string script(const std::string& name, const std::string& text) {
    const std::string path = folder_.procfs() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  FakeHost folder_;  // for its folder
};

TEST_F(RealProcess, ThisTestIsItsExecutable) {
  ServiceResolver real = resolver();
  EXPECT_EQ(name_of(real, static_cast<uint32_t>(getpid())), "attribution_resolver_test");
}

TEST_F(RealProcess, AScriptIsItsName) {
  const Child child({"/bin/sh", script("orders.sh", "read line\n")});
  EXPECT_TRUE(becomes_true([&] {
    ServiceResolver real = resolver();
    return name_of(real, child.pid()) == "orders";
  }));
}

TEST_F(RealProcess, AnExecutedProgramTakesItsShellsPlace) {
  const std::string go = folder_.procfs() + "/go";
  const Child child(
      {"/bin/sh", script("wrapper.sh", "while [ ! -e " + go + " ]; do sleep 0.01; done\nexec sleep 1000\n")});
  ServiceResolver real = resolver();
  ASSERT_TRUE(becomes_true([&] {
    ServiceResolver fresh = resolver();
    return name_of(fresh, child.pid(), "sh") == "wrapper";
  }));
  EXPECT_EQ(name_of(real, child.pid(), "sh"), "wrapper");
  std::ofstream(go) << "go";
  EXPECT_TRUE(becomes_true([&] { return name_of(real, child.pid(), "sleep") == "sleep"; }));
}

TEST_F(RealProcess, AServiceIsGoneWhenItsProcessIs) {
  Child child({"/bin/sleep", "1000"});
  ServiceResolver real = resolver();
  ASSERT_TRUE(becomes_true([&] { return name_of(real, child.pid(), "sleep") == "sleep"; }));
  const ServiceId sleep = real.intern("sleep");
  real.sweep(5);
  EXPECT_EQ(real.gone_since_ns(sleep), 0u);
  child.stop();
  real.sweep(6);
  EXPECT_EQ(real.gone_since_ns(sleep), 6u);
}

// Looked at without a pause until its program is another: what was read of the one before must not be held against it.
TEST_F(RealProcess, AProgramExecutedWhileWeLookIsNotGone) {
  const ProcReader proc("/proc");
  for (int i = 0; i < 200; ++i) {
    const Child child({"/bin/sleep", "1000"});
    std::unique_ptr<ServiceResolver> real;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    do {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "child " << i << " does not become sleep";
      real.reset(new ServiceResolver(resolver()));
    } while (name_of(*real, child.pid(), "sleep") != "sleep");
    ASSERT_TRUE(becomes_true([&] { return proc.identity(child.pid())->image != 0; })) << "child " << i << " has no program";
    real->sweep(5);
    ASSERT_EQ(real->gone_since_ns(real->intern("sleep")), 0u) << "child " << i;
  }
}

TEST_F(RealProcess, AForkedChildIsWhatItsParentIs) {
  const ProcReader proc("/proc");
  const auto self = static_cast<uint32_t>(getpid());
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    char c;
    close(pipe[1]);
    _exit(static_cast<int>(read(pipe[0], &c, 1)));  // until the parent lets go
  }
  ASSERT_TRUE(proc.state(static_cast<uint32_t>(child)));
  EXPECT_TRUE(proc.state(static_cast<uint32_t>(child))->forked);
  EXPECT_EQ(proc.state(static_cast<uint32_t>(child))->parent, self);
  EXPECT_EQ(proc.state(static_cast<uint32_t>(child))->identity.image, proc.identity(self)->image);
  EXPECT_EQ(proc.user(self), getuid());
  close(pipe[1]);
  waitpid(child, nullptr, 0);
  close(pipe[0]);
  ServiceResolver real = resolver();
  const ProcessHint gone{.tgid = static_cast<uint32_t>(child), .cgroup_id = 0, .comm = "x", .parent = self, .forked = true};
  EXPECT_EQ(real.name(real.resolve(gone, 80)), real.name(real.resolve({.tgid = self, .cgroup_id = 0, .comm = "x"}, 80)));
}

}  // namespace
}  // namespace sockwatch
