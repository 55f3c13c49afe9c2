#include "cli/doctor.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "capture/kernel_helpers.h"
#include "capture/kernel_types.h"

namespace sockwatch {
namespace {

namespace fs = std::filesystem;
using State = Check::State;
using testing::HasSubstr;

constexpr const char* kRootStatus = "Name:\tsockwatch\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n";
#if defined(__x86_64__)
constexpr const char* kRegister = "orig_ax";
#else
constexpr const char* kRegister = "syscallno";
#endif

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
    host_.lockable_bytes = [] { return uint64_t{0}; };
    host_.try_load = [this](const CaptureConfig&) -> Result<CapturePlan> {
      ++tries_;
      if (refusal_.empty()) return plan_;
      return Error{refusal_};
    };
    config_.procfs = root_ / "proc";
    config_.cgroupfs = root_ / "cgroup";
    config_.attribution.docker_socket = root_ / "docker.sock";
    write("status", kRootStatus);
    write("osrelease", "6.3.0-1-amd64\n");
    write_btf(helpers());
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

  /// The helpers that the programs need, and the one by which it is told that memory is not charged.
  static std::vector<std::string> helpers() {
    std::vector<std::string> names = {"bpf_ktime_get_coarse_ns"};
    for (const KernelHelper& helper : required_helpers()) {
      names.emplace_back(helper.name);
      if (!helper.function.empty()) names.emplace_back(helper.function);
    }
    return names;
  }

  /// A kernel's types with these helpers, and functions of these names.
  void write_btf(const std::vector<std::string>& names, const char* member = kRegister) {
    const BtfPtr types(btf__new_empty());
    const int number = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
    btf__add_struct(types.get(), "pt_regs", 8);
    btf__add_field(types.get(), member, number, 0, 0);
    const int prototype = btf__add_func_proto(types.get(), number);
    for (const std::string& name : names) btf__add_func(types.get(), name.c_str(), BTF_FUNC_STATIC, prototype);
    btf__add_enum(types.get(), "bpf_func_id", 4);
    int value = 0;
    for (const std::string& name : names) btf__add_enum_value(types.get(), ("BPF_FUNC_" + name.substr(4)).c_str(), ++value);
    uint32_t size = 0;
    const void* data = btf__raw_data(types.get(), &size);
    write("vmlinux", {static_cast<const char*>(data), size});
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
  CapturePlan plan_;
  std::string refusal_;  ///< of the programs; empty: they are taken
  int tries_ = 0;
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

TEST_F(Doctor, AVersionIsToldAndNotJudged) {
  for (const char* release : {"4.18.0-553.el8.x86_64", "5.14.0-570.el9.x86_64", "6.1.0-13-amd64", "7.0.0-rc1", "strange"}) {
    write("osrelease", release);
    EXPECT_EQ(check("kernel").state, State::ok) << release;
    EXPECT_EQ(check("kernel").detail, std::string("Linux ") + release);
    EXPECT_FALSE(anything_missing(diagnose(config_, host_))) << release;
  }
}

TEST_F(Doctor, WithoutTypeData) {
  fs::remove(root_ / "vmlinux");
  EXPECT_EQ(check("types (BTF)").state, State::missing);
  EXPECT_THAT(check("types (BTF)").advice, HasSubstr("CONFIG_DEBUG_INFO_BTF=y"));
  EXPECT_THAT(check("types (BTF)").advice, HasSubstr("--path.btf"));
  EXPECT_FALSE(has_check("helpers")) << "without type data nothing is known of them";
  EXPECT_FALSE(has_check("programs")) << "they cannot be loaded without, which has been said";
  write("vmlinux", "no BTF at all");
  EXPECT_EQ(check("types (BTF)").state, State::missing);
  EXPECT_EQ(tries_, 0);
}

TEST_F(Doctor, AFileOfTypesThatIsNone) {
  write("given", "no BTF at all");
  config_.capture.btf = root_ / "given";
  EXPECT_EQ(check("types (BTF)").state, State::missing);
  EXPECT_THAT(check("types (BTF)").detail, HasSubstr("given has no type data (BTF)"));
  fs::copy_file(root_ / "vmlinux", root_ / "given", fs::copy_options::overwrite_existing);
  EXPECT_EQ(check("types (BTF)").state, State::ok);
  write_btf(helpers(), "orig_gpr2");
  fs::copy_file(root_ / "vmlinux", root_ / "given", fs::copy_options::overwrite_existing);
  EXPECT_THAT(check("types (BTF)").detail, HasSubstr("another architecture"));
}

TEST_F(Doctor, EachHelperIsAskedFor) {
  for (const KernelHelper& helper : required_helpers()) {
    std::vector<std::string> others = helpers();
    std::erase(others, std::string(helper.function.empty() ? helper.name : helper.function));
    write_btf(others);
    EXPECT_EQ(check("helpers").state, State::missing) << helper.name;
    EXPECT_EQ(check("helpers").detail, "this kernel has no " + std::string(helper.name) + " for tracing programs");
    EXPECT_FALSE(has_check("programs"));
  }
}

TEST_F(Doctor, TheProgramsAreLoadedAndTheirWaysTold) {
  EXPECT_EQ(check("programs").state, State::ok);
  EXPECT_GT(tries_, 0);
  EXPECT_EQ(check("send, receive").detail, "seen at the socket layer's tracepoints");
  EXPECT_EQ(check("sockets").detail, "listed by the kernel's table of their states");

  plan_.attach = CapturePlan::Attach::fexit;
  plan_.attach_reason = "this kernel has no tracepoint sock_send_length";
  plan_.listing = CapturePlan::Listing::descriptors;
  plan_.listing_reason = "this kernel refuses iterator over socket storage (Operation not permitted)";
  EXPECT_EQ(check("send, receive").state, State::ok);
  EXPECT_THAT(check("send, receive").detail, HasSubstr("(fexit), since this kernel has no tracepoint sock_send_length: costs more"));
  EXPECT_EQ(check("sockets").state, State::ok);
  EXPECT_THAT(check("sockets").detail, HasSubstr("since this kernel refuses iterator over socket storage (Operation not permitted): costs"));
}

TEST_F(Doctor, WhatIsNotSeenIsAWarning) {
  plan_.shortfalls.push_back({"io_uring", "this kernel has no tracepoint io_uring_submit_req: its bytes are unreadable"});
  EXPECT_EQ(check("io_uring").state, State::warning);
  EXPECT_FALSE(anything_missing(diagnose(config_, host_)));
}

TEST_F(Doctor, ARefusedProgramIsToldWithWhatToDo) {
  refusal_ = "this kernel has no tracepoint inet_sock_set_state; boot another one";
  EXPECT_EQ(check("programs").state, State::missing);
  EXPECT_EQ(check("programs").detail, "this kernel has no tracepoint inet_sock_set_state");
  EXPECT_EQ(check("programs").advice, "boot another one");
  refusal_ = "this kernel refuses the program sw_send at tracepoint sock_send_length (Permission denied: R1 is odd)";
  EXPECT_EQ(check("programs").detail, refusal_);
  EXPECT_THAT(check("programs").advice, HasSubstr("please report this line"));
}

TEST_F(Doctor, Lockdown) {
  EXPECT_THAT(check("lockdown").detail, HasSubstr("not told here"));
  EXPECT_EQ(check("lockdown").state, State::ok);
  write("lockdown", "[none] integrity confidentiality\n");
  EXPECT_EQ(check("lockdown").detail, "none");
  write("lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(check("lockdown").state, State::ok);
  EXPECT_THAT(check("lockdown").detail, HasSubstr("integrity: BPF may read memory"));
  write("lockdown", "none integrity [confidentiality]\n");
  EXPECT_EQ(check("lockdown").state, State::missing);
  EXPECT_FALSE(has_check("programs"));
}

TEST_F(Doctor, LockedMemoryWhereTheKernelChargesIt) {
  EXPECT_EQ(check("locked memory").state, State::ok) << "no kernel from 5.11 on does";
  std::vector<std::string> older = helpers();
  std::erase(older, std::string("bpf_ktime_get_coarse_ns"));
  write_btf(older);
  EXPECT_EQ(check("locked memory").state, State::ok) << "CAP_SYS_RESOURCE raises every limit";
  write("status", "CapEff:\t000000c000080004\n");
  host_.lockable_bytes = [] { return uint64_t{1} << 20; };
  EXPECT_EQ(check("locked memory").state, State::missing);
  EXPECT_THAT(check("locked memory").detail, HasSubstr("RLIMIT_MEMLOCK (1.0 MiB)"));
  host_.lockable_bytes = [] { return uint64_t{1} << 40; };
  EXPECT_EQ(check("locked memory").state, State::ok);
}

TEST_F(Doctor, SmallRingsAreAWarning) {
  EXPECT_EQ(check("rings").state, State::ok);
  EXPECT_THAT(check("rings").detail, HasSubstr("of kernel memory"));
  config_.capture.ring_bytes = 65536;
  EXPECT_EQ(check("rings").state, State::warning);
  EXPECT_THAT(check("rings").detail, HasSubstr("64 KiB for each of"));
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
  print_check(out, {State::missing, "helpers", "this kernel has no bpf_task_pt_regs", "boot a newer one"});
  EXPECT_EQ(out.str(), "missing  helpers          this kernel has no bpf_task_pt_regs; boot a newer one\n");
}

}  // namespace
}  // namespace sockwatch
