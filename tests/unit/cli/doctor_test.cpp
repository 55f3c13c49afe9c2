#include "cli/doctor.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sockwatch {
namespace {

namespace fs = std::filesystem;
using State = Check::State;
using testing::HasSubstr;

constexpr const char* kRootStatus = "Name:\tsockwatch\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n";
const std::vector<std::string> kTracepoints = {"sock_send_length", "sock_recv_length", "inet_sock_set_state",
                                               "tcp_destroy_sock", "io_uring_submit_req", "io_uring_poll_arm"};

/// A host made of files in a directory, one that has everything unless a test takes it away.
class Doctor : public testing::Test {
 protected:
  Doctor() {
    std::string pattern = testing::TempDir() + "/doctor.XXXXXX";
    root_ = mkdtemp(pattern.data());
    host_.own_status = root_ / "status";
    host_.kernel_release = root_ / "osrelease";
    host_.kernel_btf = root_ / "vmlinux";
    host_.lockdown = root_ / "lockdown";
    host_.create_map = [] { return 0; };
    config_.procfs = root_ / "proc";
    config_.cgroupfs = root_ / "cgroup";
    config_.attribution.docker_socket = root_ / "docker.sock";
    write("status", kRootStatus);
    write("osrelease", "6.3.0-1-amd64\n");
    write_btf(kTracepoints);
    write("proc/1/comm", "init");
    write("proc/2/comm", "sh");
    write("proc/self/comm", "sh");
    write("cgroup/cgroup.controllers", "cpu");
  }
  ~Doctor() override { fs::remove_all(root_); }

  void write(const std::string& name, std::string_view text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }

  void write_btf(const std::vector<std::string>& tracepoints) {
    btf* types = btf__new_empty();
    const int number = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
    for (const std::string& name : tracepoints) {
      btf__add_typedef(types, ("btf_trace_" + name).c_str(), number);
    }
    uint32_t size = 0;
    const void* data = btf__raw_data(types, &size);
    write("vmlinux", {static_cast<const char*>(data), size});
    btf__free(types);
  }

  Check check(const std::string& name) const {
    for (const Check& check : diagnose(config_, host_)) {
      if (check.name == name) return check;
    }
    return {State::ok, "", "no such check", ""};
  }
  bool has_check(const std::string& name) const { return check(name).name == name; }

  fs::path root_;
  DoctorHost host_;
  Config config_;
};

TEST_F(Doctor, AHostThatHasEverythingIsAllOk) {
  const std::vector<Check> checks = diagnose(config_, host_);
  for (const Check& check : checks) {
    EXPECT_EQ(check.state, State::ok) << check.name << ": " << check.detail;
    EXPECT_EQ(check.advice, "") << check.name;
  }
  EXPECT_FALSE(anything_missing(checks));
}

TEST_F(Doctor, WithoutPrivileges) {
  write("status", "CapEff:\t0000000000000000\n");
  EXPECT_EQ(check("privileges").state, State::missing);
  EXPECT_THAT(check("privileges").detail, HasSubstr("CAP_BPF, CAP_PERFMON"));
  EXPECT_THAT(check("privileges").advice, HasSubstr("root"));
  EXPECT_EQ(check("processes").state, State::warning);
  EXPECT_TRUE(anything_missing(diagnose(config_, host_)));
  EXPECT_FALSE(has_check("bpf(2)")) << "it is refused for want of privileges, which has been said";
}

TEST_F(Doctor, SingleCapabilities) {
  write("status", "CapEff:\t0000008000000000\n");  // CAP_BPF
  EXPECT_THAT(check("privileges").detail, HasSubstr("it lacks CAP_PERFMON"));
  write("status", "CapEff:\t000000c000000000\n");  // CAP_BPF, CAP_PERFMON
  EXPECT_EQ(check("privileges").state, State::ok);
  EXPECT_EQ(check("processes").state, State::warning);
  write("status", "CapEff:\t000000c000080004\n");  // ... CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH
  EXPECT_EQ(check("processes").state, State::ok);
  write("status", "CapEff:\t0000000000200000\n");  // CAP_SYS_ADMIN
  EXPECT_EQ(check("privileges").state, State::ok);
}

TEST_F(Doctor, KernelVersions) {
  for (const char* old : {"5.15.0-91-generic", "6.2.16", "6.1.0-13-amd64", "4.19.0"}) {
    write("osrelease", old);
    EXPECT_EQ(check("kernel").state, State::missing) << old;
    EXPECT_THAT(check("kernel").advice, HasSubstr("6.3"));
  }
  for (const char* fine : {"6.3.0", "6.12.9+bpo-amd64", "7.0.0-rc1", "10.1"}) {
    write("osrelease", fine);
    EXPECT_EQ(check("kernel").state, State::ok) << fine;
  }
  write("osrelease", "6.2.16");
  write_btf({"inet_sock_set_state"});
  EXPECT_FALSE(has_check("tracepoints")) << "an old kernel has not all of them, which has been said";
  write("osrelease", "strange");
  EXPECT_EQ(check("kernel").state, State::warning);
}

TEST_F(Doctor, WithoutTypeData) {
  fs::remove(root_ / "vmlinux");
  EXPECT_EQ(check("type data (BTF)").state, State::missing);
  EXPECT_FALSE(has_check("tracepoints")) << "without type data nothing is known of tracepoints";
  write("vmlinux", "no BTF at all");
  EXPECT_EQ(check("type data (BTF)").state, State::missing);
}

TEST_F(Doctor, WithoutTracepoints) {
  for (const char* absent :
       {"sock_send_length", "sock_recv_length", "inet_sock_set_state", "tcp_destroy_sock"}) {
    std::vector<std::string> others = kTracepoints;
    std::erase(others, absent);
    write_btf(others);
    EXPECT_EQ(check("tracepoints").state, State::missing);
    EXPECT_EQ(check("tracepoints").detail, std::string("this kernel has no ") + absent);
  }
}

TEST_F(Doctor, IoUringIsNotRequired) {
  write_btf({"sock_send_length", "sock_recv_length", "inet_sock_set_state", "tcp_destroy_sock"});
  EXPECT_EQ(check("io_uring").state, State::warning);
  EXPECT_FALSE(anything_missing(diagnose(config_, host_)));
}

TEST_F(Doctor, Lockdown) {
  write("lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(check("lockdown").state, State::ok);
  write("lockdown", "none integrity [confidentiality]\n");
  EXPECT_EQ(check("lockdown").state, State::missing);
}

TEST_F(Doctor, BpfRefused) {
  host_.create_map = [] { return EPERM; };
  EXPECT_EQ(check("bpf(2)").state, State::missing);
  EXPECT_THAT(check("bpf(2)").advice, HasSubstr("seccomp"));
  host_.create_map = [] { return ENOSYS; };
  EXPECT_THAT(check("bpf(2)").advice, HasSubstr("CONFIG_BPF_SYSCALL"));
}

TEST_F(Doctor, ProcessList) {
  EXPECT_TRUE(check_paths(config_));
  fs::remove_all(root_ / "proc/2");
  EXPECT_EQ(check("process list").state, State::warning);
  EXPECT_THAT(check("process list").advice, HasSubstr("hidepid"));
  fs::remove_all(root_ / "proc/1");
  EXPECT_EQ(check("process list").state, State::missing);
  config_.procfs = root_ / "nowhere";
  EXPECT_THAT(check_paths(config_).error().message, HasSubstr("paths.procfs: "));
  EXPECT_EQ(check("process list").state, State::missing);
  EXPECT_THAT(check("process list").advice, HasSubstr("--path.procfs"));
}

TEST_F(Doctor, ControlGroups) {
  fs::remove_all(root_ / "cgroup");
  EXPECT_EQ(check("control groups").state, State::warning);
  write("cgroup/unified/cgroup.controllers", "");
  EXPECT_EQ(check("control groups").state, State::ok);
  EXPECT_THAT(check("control groups").detail, HasSubstr("/unified"));
}

TEST_F(Doctor, Docker) {
  EXPECT_THAT(check("Docker").detail, HasSubstr("none here"));
  config_.attribution.docker_socket = "";
  EXPECT_THAT(check("Docker").detail, HasSubstr("by configuration"));
  write("docker.sock", "");
  config_.attribution.docker_socket = root_ / "docker.sock";
  EXPECT_THAT(check("Docker").detail, HasSubstr("container names from"));
  config_.attribution.docker_socket = root_ / "docker.sock" / "beyond";
  EXPECT_EQ(check("Docker").state, State::warning);
}

TEST_F(Doctor, ACheckIsOneLine) {
  std::ostringstream out;
  print_check(out, {State::missing, "kernel", "Linux 5.10 is too old", "boot a newer one"});
  EXPECT_EQ(out.str(), "missing  kernel           Linux 5.10 is too old; boot a newer one\n");
}

}  // namespace
}  // namespace sockwatch
