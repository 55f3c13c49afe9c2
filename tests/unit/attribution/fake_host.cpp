#include "fake_host.h"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace sockwatch {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(text).push_back('\0');
  return all;
}

std::string stat_line(uint32_t pid, const FakeProcess& process) {
  std::string line = std::to_string(pid) + " (" + process.comm + ") S";
  for (int field = 4; field <= 52; ++field)
    line += ' ' + std::to_string(field == 22                  ? process.start_time
                                 : field == 26 || field == 28 ? process.image
                                                              : static_cast<uint64_t>(field));
  return line + '\n';
}

std::string socket_table(const FakeProcess& process) {
  std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  char line[160];
  int slot = 0;
  for (const uint16_t port : process.listens) {
    std::snprintf(line, sizeof(line),
                  "%4d: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
                  "%d 1 0 100 0\n",
                  slot++, port, 5000 + port);
    table += line;
  }
  // A connection, which a listener's search must not take for one.
  return table +
         "   9: 0100007F:1F99 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 13081 1 "
         "0 100 0\n";
}

}  // namespace

FakeHost::FakeHost() {
  char folder[] = "/tmp/sockwatch-host-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("no folder for a host");
  root_ = folder;
  fs::create_directories(root_ / "proc/sys/kernel");
  fs::create_directories(root_ / "cgroup");
  write(root_ / "cgroup/cgroup.controllers", "cpu memory\n");
}

void FakeHost::start(uint32_t pid, const FakeProcess& process) {
  end(pid);
  const fs::path folder = of(pid);
  fs::create_directories(folder / "fd");
  fs::create_directories(folder / "net");
  if (!process.executable.empty()) fs::create_symlink(process.executable, folder / "exe");
  write(folder / "cmdline", joined(process.arguments));
  write(folder / "cgroup", process.cgroup);
  write(folder / "environ", joined(process.environment));
  write(folder / "comm", process.comm + "\n");
  write(folder / "mountinfo", process.mounts);
  write(folder / "net/tcp", socket_table(process));
  int fd = 3;
  for (const uint16_t port : process.listens)
    fs::create_symlink("socket:[" + std::to_string(5000 + port) + "]", folder / "fd" / std::to_string(fd++));
  write(folder / "stat", stat_line(pid, process));
}

void FakeHost::end(uint32_t pid) { fs::remove_all(of(pid)); }

void FakeHost::set_host_name(const std::string& name) {
  write(root_ / "proc/sys/kernel/hostname", name + "\n");
}

uint64_t FakeHost::make_cgroup(const std::string& path) {
  const std::string folder = cgroupfs() + path;
  fs::create_directories(folder);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) throw std::runtime_error("no cgroup");
  return status.st_ino;
}

ServiceResolver FakeHost::resolver(const AttributionConfig& config, uint32_t max_services) const {
  return {config, procfs(), cgroupfs(), max_services};
}

AttributionConfig FakeHost::no_engine() {
  AttributionConfig config;
  config.docker_socket = "";
  return config;
}

std::string name_of(ServiceResolver& resolver, uint32_t pid, std::string_view comm, uint16_t port,
                    uint64_t cgroup_id) {
  return std::string(
      resolver.name(resolver.resolve({.tgid = pid, .cgroup_id = cgroup_id, .comm = comm}, port)));
}

uint64_t limit_hit(const ServiceResolver& resolver, const std::string& limit) {
  for (const auto& [name, times] : resolver.limits_hit())
    if (name == limit) return times;
  throw std::runtime_error("no limit " + limit);
}

bool becomes_true(const std::function<bool()>& condition) {
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
       std::chrono::steady_clock::now() < deadline; std::this_thread::sleep_for(std::chrono::milliseconds(2)))
    if (condition()) return true;
  return false;
}

}  // namespace sockwatch
