#include "cli/doctor.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

#include "util/fd.h"

namespace sockwatch {
namespace {

using State = Check::State;

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The value of "NAME:\tvalue" in /proc/PID/status.
std::optional<std::string> status_field(const std::string& status, const std::string& name) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    const size_t value = line.find_first_not_of(" \t", name.size() + 1);
    return value == std::string::npos ? std::string() : line.substr(value);
  }
  return std::nullopt;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// ---- Privileges

class Capabilities {
 public:
  explicit Capabilities(uint64_t bits) : bits_(bits) {}
  bool has(int capability) const { return (bits_ >> capability & 1) != 0; }

 private:
  uint64_t bits_;
};

Capabilities effective_capabilities(const DoctorHost& host) {
  uint64_t bits = 0;
  const std::string text = status_field(read_text(host.own_status).value_or(""), "CapEff").value_or("");
  std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  return Capabilities(bits);
}

Check check_load_privileges(const Capabilities& own) {
  std::vector<std::string> lacking;
  if (!own.has(CAP_SYS_ADMIN)) {
    if (!own.has(CAP_BPF)) lacking.emplace_back("CAP_BPF");
    if (!own.has(CAP_PERFMON)) lacking.emplace_back("CAP_PERFMON");
  }
  if (lacking.empty()) return {State::ok, "privileges", "this process may load BPF programs", ""};
  return {
      State::missing, "privileges", "this process may not load BPF programs: it lacks " + join(lacking),
      "run it as root (sudo sockwatch), or give a container or unit CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and "
      "CAP_DAC_READ_SEARCH"};
}

Check check_read_privileges(const Capabilities& own) {
  std::vector<std::string> lacking;
  if (!own.has(CAP_SYS_PTRACE) && !own.has(CAP_SYS_ADMIN)) lacking.emplace_back("CAP_SYS_PTRACE");
  if (!own.has(CAP_DAC_READ_SEARCH) && !own.has(CAP_DAC_OVERRIDE))
    lacking.emplace_back("CAP_DAC_READ_SEARCH");
  if (lacking.empty()) return {State::ok, "processes", "other users' processes can be looked into", ""};
  return {State::warning, "processes",
          "other users' processes cannot be looked into: it lacks " + join(lacking),
          "give it these capabilities too, or services of other users are named by their command or cgroup "
          "alone"};
}

// ---- The kernel

Check check_kernel(const DoctorHost& host) {
  std::string release = read_text(host.kernel_release).value_or("");
  release.erase(std::find(release.begin(), release.end(), '\n'), release.end());
  unsigned major = 0;
  unsigned minor = 0;
  const char* end = release.data() + release.size();
  const auto [dot, error] = std::from_chars(release.data(), end, major);
  if (error == std::errc{} && dot != end) std::from_chars(dot + 1, end, minor);
  if (major == 0) {
    return {State::warning, "kernel", "its version cannot be read from " + host.kernel_release,
            "sockwatch needs Linux 6.3 or later"};
  }
  if (major > 6 || (major == 6 && minor >= 3)) return {State::ok, "kernel", "Linux " + release, ""};
  return {State::missing, "kernel", "Linux " + release + " is too old",
          "boot Linux 6.3 or later (on Debian 12: the linux-image-amd64 package of bookworm-backports)"};
}

struct BtfDeleter {
  void operator()(btf* types) const { btf__free(types); }  // libbpf's own allocation
};

void check_btf(const DoctorHost& host, bool kernel_is_old, std::vector<Check>& checks) {
  const std::unique_ptr<btf, BtfDeleter> types(btf__parse(host.kernel_btf.c_str(), nullptr));
  if (!types) {
    checks.push_back(
        {State::missing, "type data (BTF)", "the kernel does not describe its types in " + host.kernel_btf,
         "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of Debian, Ubuntu and Fedora are); in a "
         "container, mount /sys"});
    return;
  }
  checks.push_back({State::ok, "type data (BTF)", host.kernel_btf, ""});
  if (kernel_is_old) return;  // said once is enough

  const auto lacking = [&](std::initializer_list<std::string_view> names) {
    std::vector<std::string> absent;
    for (const std::string_view name : names) {
      const std::string type = "btf_trace_" + std::string(name);
      if (btf__find_by_name_kind(types.get(), type.c_str(), BTF_KIND_TYPEDEF) < 0) absent.emplace_back(name);
    }
    return join(absent);
  };
  const std::string required =
      lacking({"sock_send_length", "sock_recv_length", "inet_sock_set_state", "tcp_destroy_sock"});
  if (required.empty()) {
    checks.push_back({State::ok, "tracepoints", "those of the socket layer are there", ""});
  } else {
    checks.push_back({State::missing, "tracepoints", "this kernel has no " + required,
                      "boot Linux 6.3 or later, built with CONFIG_TRACEPOINTS=y and CONFIG_NET=y"});
  }
  const std::string optional = lacking({"io_uring_submit_req", "io_uring_poll_arm"});
  if (!optional.empty()) {
    checks.push_back(
        {State::warning, "io_uring", "this kernel has no " + optional,
         "nothing to do unless services use io_uring: what they send that way is counted as unreadable"});
  }
}

Check check_lockdown(const DoctorHost& host) {
  const std::string text = read_text(host.lockdown).value_or("");
  if (text.find("[confidentiality]") == std::string::npos) {
    return {State::ok, "lockdown", "BPF may read memory", ""};
  }
  return {State::missing, "lockdown", "the kernel is locked down to confidentiality: BPF may not read memory",
          "boot without lockdown=confidentiality"};
}

int create_map() {
  const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "sockwatch_check", 4, 8, 1, nullptr));
  return map ? 0 : errno;
}

Check check_bpf_call(const DoctorHost& host) {
  const int error = host.create_map ? host.create_map() : create_map();
  if (error == 0) return {State::ok, "bpf(2)", "a map can be created", ""};
  const std::string what = std::string("a map cannot be created (") + std::strerror(error) + ")";
  if (error == ENOSYS) {
    return {State::missing, "bpf(2)", what,
            "boot a kernel built with CONFIG_BPF_SYSCALL=y, or let the sandbox pass bpf(2)"};
  }
  return {State::missing, "bpf(2)", what,
          "run it as root; if it is root, a container's seccomp profile, a user namespace or a security "
          "module forbids "
          "bpf(2): start the container with --privileged"};
}

// ---- Where services get their names

Check check_procfs(const std::string& procfs) {
  namespace fs = std::filesystem;
  std::error_code error;
  size_t processes = 0;
  for (auto entry = fs::directory_iterator(procfs, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      ++processes;
  }
  if (error || processes == 0) {
    return {State::missing, "process list", procfs + " is no process list that can be read",
            "mount the host's /proc and name it with --path.procfs"};
  }
  if (processes == 1) {
    return {State::warning, "process list", procfs + " shows one process alone",
            "mount /proc without hidepid, or in a container use the host's (--pid=host, or --path.procfs): "
            "services are "
            "named from it"};
  }
  return {State::ok, "process list", std::to_string(processes) + " processes in " + procfs, ""};
}

Check check_cgroups(const std::string& cgroupfs) {
  for (const std::string& root : {cgroupfs, cgroupfs + "/unified"}) {
    if (::access((root + "/cgroup.controllers").c_str(), F_OK) == 0) {
      return {State::ok, "control groups", "version 2 at " + root, ""};
    }
  }
  return {State::warning, "control groups", "no version 2 at " + cgroupfs,
          "mount cgroup2, or name it with --path.cgroupfs: processes that live for milliseconds are named "
          "from it"};
}

Check check_docker(const std::string& socket) {
  if (socket.empty()) return {State::ok, "Docker", "not asked, by configuration", ""};
  if (::access(socket.c_str(), R_OK | W_OK) == 0)
    return {State::ok, "Docker", "container names from " + socket, ""};
  if (errno == ENOENT) return {State::ok, "Docker", "none here (no " + socket + ")", ""};
  return {State::warning, "Docker", socket + " may not be used (" + std::strerror(errno) + ")",
          "let this process read it, or containers are called by their ids"};
}

int discard(libbpf_print_level, const char*, va_list) { return 0; }

}  // namespace

std::vector<Check> diagnose(const Config& config, const DoctorHost& host) {
  // libbpf prints what goes wrong; the checks say it in their own words.
  const libbpf_print_fn_t previous = libbpf_set_print(discard);
  const Capabilities own = effective_capabilities(host);
  std::vector<Check> checks;
  checks.push_back(check_load_privileges(own));
  checks.push_back(check_kernel(host));
  check_btf(host, checks.back().state == State::missing, checks);
  checks.push_back(check_lockdown(host));
  if (checks.front().state == State::ok)
    checks.push_back(check_bpf_call(host));  // without privileges it is refused
  checks.push_back(check_procfs(config.procfs));
  checks.push_back(check_read_privileges(own));
  checks.push_back(check_cgroups(config.cgroupfs));
  checks.push_back(check_docker(config.attribution.docker_socket));
  libbpf_set_print(previous);
  return checks;
}

Result<> check_paths(const Config& config) {
  const Check check = check_procfs(config.procfs);
  if (check.state == State::missing) return Error{"paths.procfs: " + check.detail + "; " + check.advice};
  return {};
}

bool anything_missing(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& c) { return c.state == State::missing; });
}

void print_check(std::ostream& out, const Check& check) {
  constexpr std::array states = {"ok", "warning", "missing"};
  out << std::left << std::setw(9) << states[static_cast<size_t>(check.state)] << std::setw(17) << check.name
      << check.detail;
  if (!check.advice.empty()) out << "; " << check.advice;
  out << '\n';
}

}  // namespace sockwatch
