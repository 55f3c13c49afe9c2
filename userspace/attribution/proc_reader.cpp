#include "attribution/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "attribution/command_line.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxStat = 4096;
constexpr size_t kMaxStatus = 16384;
constexpr uint64_t kForkedOnly = 0x40;  // PF_FORKNOEXEC
constexpr size_t kMaxComm = 64;

template <typename Number>
std::optional<Number> parse(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void drop_newline(std::string& text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
}

using Directory = std::unique_ptr<DIR, decltype([](DIR* directory) { closedir(directory); })>;

}  // namespace

std::string ProcReader::read(const std::string& path, size_t most) const {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string text;
  std::array<char, 4096> buffer;
  while (fd) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(n));
    if (text.size() <= most) continue;
    text.resize(most);
    ++truncated_;
    break;
  }
  return text;
}

std::string ProcReader::read_of(uint32_t pid, const char* file, size_t most) const {
  return read(of(pid, file), most);
}

std::optional<ProcessIdentity> ProcReader::identity(uint32_t pid) const {
  const std::optional<ProcessState> now = state(pid);
  return now ? std::optional(now->identity) : std::nullopt;
}

std::optional<ProcessState> ProcReader::state(uint32_t pid) const {
  const std::string stat = read_of(pid, "stat", kMaxStat);
  const size_t name_end = stat.rfind(')');  // the command name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(stat).substr(name_end + 1);
  rest = rest.substr(0, rest.find('\n'));
  const Arguments fields = split_words(rest);
  const auto field = [&](size_t number) -> std::optional<uint64_t> {
    constexpr size_t first = 3;  // behind the name
    return number - first < fields.size() ? parse<uint64_t>(fields[number - first]) : std::nullopt;
  };
  const auto start_time = field(22);
  if (!start_time) return std::nullopt;
  const uint64_t code = field(26).value_or(0);
  const uint64_t stack = field(28).value_or(0);
  return ProcessState{.identity = {.start_time = *start_time, .image = code <= 1 ? 0 : code ^ (stack << 1)},
                      .parent = static_cast<uint32_t>(field(4).value_or(0)),
                      .forked = (field(9).value_or(0) & kForkedOnly) != 0};
}

std::optional<uint32_t> ProcReader::user(uint32_t pid) const {
  const std::string status = read_of(pid, "status", kMaxStatus);
  constexpr std::string_view key = "\nUid:\t";
  const size_t at = status.find(key);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(status).substr(at + key.size());
  return parse<uint32_t>(rest.substr(0, rest.find('\t')));
}

std::string ProcReader::link_of(uint32_t pid, const char* file) const {
  std::array<char, 4096> target;
  const ssize_t n = ::readlink(of(pid, file).c_str(), target.data(), target.size());
  return n > 0 ? std::string(target.data(), static_cast<size_t>(n)) : std::string();
}

std::string ProcReader::executable(uint32_t pid) const { return link_of(pid, "exe"); }

std::string ProcReader::folder(uint32_t pid) const { return link_of(pid, "cwd"); }

std::string ProcReader::comm(uint32_t pid) const {
  std::string comm = read_of(pid, "comm", kMaxComm);
  drop_newline(comm);
  return comm;
}

ProcReader::Variable ProcReader::environment(uint32_t pid, const std::vector<std::string>& names) const {
  if (names.empty()) return {};
  const std::string text = read_of(pid, "environ", kMaxEnvironment);
  const Arguments variables = split_command_line(text);
  for (const std::string& name : names)
    for (const std::string_view variable : variables)
      if (variable.size() > name.size() + 1 && variable.starts_with(name) && variable[name.size()] == '=')
        return {name, std::string(variable.substr(name.size() + 1))};
  return {};
}

bool ProcReader::same_file(uint32_t pid, const std::string& one, const std::string& other) const {
  const std::string root = of(pid, "root");
  struct stat a {};
  struct stat b {};
  return stat((root + one).c_str(), &a) == 0 && stat((root + other).c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::string ProcReader::host_name() const {
  std::string name = read(root_ + "/sys/kernel/hostname", 256);
  drop_newline(name);
  return name;
}

void ProcReader::each_process(const std::function<bool(uint32_t pid)>& visit) const {
  const Directory directory(opendir(root_.c_str()));
  while (const dirent* entry = directory ? readdir(directory.get()) : nullptr)
    if (const auto pid = parse<uint32_t>(entry->d_name); pid && !visit(*pid)) return;
}

}  // namespace sockwatch
