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
    line += ' ' + std::to_string(field == 4                   ? process.parent
                                 : field == 9                 ? (process.forked ? 0x40u : 0u)
                                 : field == 22                ? process.start_time
                                 : field == 26 || field == 28 ? process.image
                                                              : static_cast<uint64_t>(field));
  return line + '\n';
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
  fs::create_directories(folder);
  if (!process.executable.empty()) fs::create_symlink(process.executable, folder / "exe");
  write(folder / "cmdline", joined(process.arguments));
  write(folder / "cgroup", process.cgroup);
  write(folder / "environ", joined(process.environment));
  write(folder / "comm", process.comm + "\n");
  write(folder / "mountinfo", process.mounts);
  write(folder / "status", "Name:\t" + process.comm + "\nUid:\t" + std::to_string(process.user) + "\t0\t0\t0\n");
  fs::create_symlink(process.folder, folder / "cwd");
  fs::create_symlink(root_ / "root", folder / "root");
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
