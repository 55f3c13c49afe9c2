#include "attribution/proc_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "attribution/command_line.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxEnvironment = 128 << 10;
constexpr size_t kMaxArguments = 16 << 10;
constexpr size_t kMaxCgroup = 64 << 10;
constexpr size_t kMaxStat = 4096;

}  // namespace

std::string ProcReader::read(uint32_t pid, const char* file, size_t most) const {
  const std::string path = root_ + "/" + std::to_string(pid) + "/" + file;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string text;
  char buffer[4096];
  while (fd && text.size() < most) {
    const ssize_t n = ::read(fd.get(), buffer, std::min(sizeof(buffer), most - text.size()));
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

std::optional<uint64_t> ProcReader::start_time(uint32_t pid) const {
  const std::string stat = read(pid, "stat", kMaxStat);
  size_t at = stat.rfind(')');  // the command name may hold anything
  if (at == std::string::npos) return std::nullopt;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks);
  if (error != std::errc()) return std::nullopt;
  return ticks;
}

std::string ProcReader::executable(uint32_t pid) const {
  char target[4096];
  const std::string path = root_ + "/" + std::to_string(pid) + "/exe";
  const ssize_t n = ::readlink(path.c_str(), target, sizeof(target));
  return n > 0 ? std::string(target, static_cast<size_t>(n)) : std::string();
}

std::vector<std::string> ProcReader::arguments(uint32_t pid) const {
  return split_command_line(read(pid, "cmdline", kMaxArguments));
}

std::string ProcReader::cgroup(uint32_t pid) const { return read(pid, "cgroup", kMaxCgroup); }

std::string ProcReader::comm(uint32_t pid) const {
  std::string comm = read(pid, "comm", 64);
  while (!comm.empty() && comm.back() == '\n') comm.pop_back();
  return comm;
}

std::string ProcReader::environment(uint32_t pid, const std::vector<std::string>& names) const {
  const std::vector<std::string> variables = split_command_line(read(pid, "environ", kMaxEnvironment));
  for (const std::string& name : names)
    for (const std::string& variable : variables)
      if (variable.size() > name.size() + 1 && variable.starts_with(name) && variable[name.size()] == '=')
        return variable.substr(name.size() + 1);
  return {};
}

}  // namespace sockwatch
