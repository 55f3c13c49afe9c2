#include "cli/doctor.h"

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <optional>
#include <sstream>
#include <string_view>

#include "capture/capture.h"
#include "capture/kernel_helpers.h"
#include "capture/libbpf_log.h"
#include "capture/ring_layout.h"
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

/// "what; advice", as the loader and the plan say it.
Check missing(std::string name, const std::string& message) {
  const size_t end = message.find("; ");
  if (end == std::string::npos) return {State::missing, std::move(name), message, ""};
  return {State::missing, std::move(name), message.substr(0, end), message.substr(end + 2)};
}

/// Which kernel it is. Nothing follows from that: what it offers is asked of it.
Check check_kernel(const DoctorHost& host) {
  std::string release = read_text(host.kernel_release).value_or("");
  release.erase(std::find(release.begin(), release.end(), '\n'), release.end());
  return {State::ok, "kernel", release.empty() ? "of an unknown version" : "Linux " + release, ""};
}

Check check_lockdown(const DoctorHost& host) {
  const std::optional<std::string> told = read_text(host.lockdown);
  if (!told) return {State::ok, "lockdown", "not told here (no " + host.lockdown + "): loading the programs shows it", ""};
  const std::string& text = *told;
  if (text.find("[confidentiality]") != std::string::npos) {
    return {State::missing, "lockdown", "the kernel is locked down to confidentiality: BPF may not read memory",
            "boot without lockdown=confidentiality (integrity will do)"};
  }
  // Integrity keeps programs from writing to processes (bpf_probe_write_user), which ours do not.
  if (text.find("[integrity]") != std::string::npos) return {State::ok, "lockdown", "integrity: BPF may read memory", ""};
  return {State::ok, "lockdown", "none", ""};
}

Check check_helpers(const btf& types) {
  const std::vector<std::string> absent = missing_helpers(types);
  if (absent.empty()) return {State::ok, "helpers", "the kernel has all that the programs call", ""};
  return {State::missing, "helpers", "this kernel has no " + join(absent) + " for tracing programs",
          "boot a newer one: Linux 5.15 has them (Debian 12's own will do)"};
}

std::string mebibytes(uint64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1 << 20) << " MiB";
  return text.str();
}

Check check_rings(const RingLayout& rings) {
  const std::string size = std::to_string(rings.ring_bytes / 1024) + " KiB for each of " + std::to_string(rings.cpus) + " CPUs, " +
                           mebibytes(rings.memory_bytes()) + " of kernel memory in all";
  if (rings.takes_whole_records()) return {State::ok, "rings", size, ""};
  return {State::warning, "rings", size + ": of long messages only a part is copied", "raise capture.ring_bytes"};
}

uint64_t own_lockable_bytes() {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  return limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
}

Check check_memlock(const DoctorHost& host, const btf& types, const RingLayout& rings, const Capabilities& own) {
  if (!charges_locked_memory(types)) return {State::ok, "locked memory", "BPF's is not limited by RLIMIT_MEMLOCK on this kernel", ""};
  const uint64_t limit = own.has(CAP_SYS_RESOURCE) ? UINT64_MAX : host.lockable_bytes ? host.lockable_bytes() : own_lockable_bytes();
  if (limit >= rings.memory_bytes()) return {State::ok, "locked memory", "the limit (RLIMIT_MEMLOCK) has room for BPF's", ""};
  return {State::missing, "locked memory",
          "this kernel charges BPF's memory against RLIMIT_MEMLOCK (" + mebibytes(limit) + "), and " + mebibytes(rings.memory_bytes()) +
              " are needed",
          "raise the limit (ulimit -l unlimited; LimitMEMLOCK=infinity of a unit), or lower capture.ring_bytes"};
}

void report_plan(const CapturePlan& plan, std::vector<Check>& checks) {
  const bool fexit = plan.attach == CapturePlan::Attach::fexit;
  std::string seen = fexit ? "seen at the return of the socket layer's functions (fexit)" : "seen at the socket layer's tracepoints";
  if (!plan.attach_reason.empty()) seen += ", since " + plan.attach_reason + ": costs more for each";
  checks.push_back({State::ok, "send, receive", seen, ""});
  std::string listed = plan.listing == CapturePlan::Listing::storage ? "listed by the kernel's table of their states"
                                                                       : "listed by the files that processes hold open";
  if (!plan.listing_reason.empty()) listed += ", since " + plan.listing_reason + ": costs more where very many are open";
  checks.push_back({State::ok, "sockets", listed, ""});
  for (const CapturePlan::Shortfall& shortfall : plan.shortfalls)
    checks.push_back({State::warning, shortfall.part, shortfall.text, "nothing to do unless services use it"});
}

/// Loads the programs as the agent would; what follows from what has been found missing is not tried.
void check_programs(const Config& config, const DoctorHost& host, std::vector<Check>& checks) {
  const Result<CapturePlan> plan = host.try_load ? host.try_load(config.capture) : Capture::try_load(config.capture);
  if (!plan) {
    checks.push_back(missing("programs", plan.error().message));
    if (checks.back().advice.empty()) checks.back().advice = "nothing else is missing here: please report this line, and what `uname -r` prints";
    return;
  }
  report_plan(plan.value(), checks);
  checks.push_back({State::ok, "programs", "the kernel takes them", ""});
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

}  // namespace

std::vector<Check> diagnose(const Config& config, const DoctorHost& host) {
  const LibbpfLog quiet;  // the checks say in their own words what goes wrong
  const Capabilities own = effective_capabilities(host);
  std::vector<Check> checks;
  checks.push_back(check_load_privileges(own));
  const bool privileged = checks.back().state == State::ok;
  checks.push_back(check_kernel(host));
  if (privileged) checks.push_back(check_bpf_call(host));  // without privileges it is refused
  checks.push_back(check_lockdown(host));
  Result<BtfPtr> types = own_types(config.capture.btf, host.kernel_btf);
  Result<RingLayout> rings = ring_layout(config.capture.ring_bytes);
  checks.push_back(types ? Check{State::ok, "types (BTF)", config.capture.btf.empty() ? host.kernel_btf : config.capture.btf, ""}
                         : missing("types (BTF)", types.error().message));
  if (types) checks.push_back(check_helpers(**types));
  checks.push_back(rings ? check_rings(*rings) : missing("rings", rings.error().message));
  if (types && rings) checks.push_back(check_memlock(host, **types, *rings, own));
  if (!anything_missing(checks)) check_programs(config, host, checks);
  checks.push_back(check_procfs(config.procfs));
  checks.push_back(check_read_privileges(own));
  checks.push_back(check_cgroups(config.cgroupfs));
  checks.push_back(check_docker(config.attribution.docker_socket));
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
