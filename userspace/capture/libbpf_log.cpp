#include "capture/libbpf_log.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace sockwatch {
namespace {

constexpr size_t kMostText = 64 << 10;
constexpr size_t kMostReason = 200;
constexpr std::string_view kProgram = "prog '";
constexpr std::string_view kLogBegins = "-- BEGIN PROG LOAD LOG --";
constexpr std::string_view kLogEnds = "-- END PROG LOAD LOG --";

thread_local std::string* g_text = nullptr;

int keep(libbpf_print_level level, const char* format, va_list args) {
  if (g_text == nullptr || level > LIBBPF_WARN) return 0;
  va_list again;
  va_copy(again, args);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string line(static_cast<size_t>(length) + 1, '\0');
  vsnprintf(line.data(), line.size(), format, args);
  line.pop_back();
  if (line.find("RLIMIT_MEMLOCK") != std::string::npos) return 0;  // only a guess of the library's; the doctor asks
  if (line.size() > kMostText) line.erase(0, line.size() - kMostText);  // the verifier's last words say why
  if (g_text->size() + line.size() <= 2 * kMostText) *g_text += line;
  return 0;
}

/// Not what went wrong, but how much work it was.
bool is_statistics(std::string_view line) {
  for (const std::string_view begin : {"processed ", "verification time ", "stack depth ", "max_states_per_insn", "total_states"})
    if (line.starts_with(begin)) return true;
  return false;
}

std::string printable(std::string_view line) {
  std::string out(line.substr(0, kMostReason));
  std::replace_if(out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, ' ');
  return out;
}

std::string last_word(std::string_view log) {
  while (!log.empty()) {
    const size_t begin = log.find_last_of('\n');
    const std::string_view line = begin == std::string_view::npos ? log : log.substr(begin + 1);
    if (!line.empty() && !is_statistics(line)) return printable(line);
    log = begin == std::string_view::npos ? std::string_view() : log.substr(0, begin);
  }
  return "";
}

}  // namespace

LibbpfLog::LibbpfLog() : before_(g_text) {
  libbpf_set_print(keep);
  g_text = &text_;
}

LibbpfLog::~LibbpfLog() { g_text = before_; }

LoadComplaint read_complaint(std::string_view log) {
  LoadComplaint complaint;
  if (const size_t at = log.find(kProgram); at != std::string_view::npos) {
    const size_t begin = at + kProgram.size();
    const size_t end = log.find('\'', begin);
    if (end != std::string_view::npos) complaint.program = printable(log.substr(begin, end - begin));
  }
  const size_t end = log.find(kLogEnds);
  if (end != std::string_view::npos) {
    std::string_view verifier = log.substr(0, end);
    if (const size_t begin = verifier.rfind(kLogBegins); begin != std::string_view::npos)
      verifier.remove_prefix(begin + kLogBegins.size());
    complaint.reason = last_word(verifier);
  }
  if (complaint.reason.empty() && complaint.program.empty()) {
    std::string_view first = log.substr(0, log.find('\n'));
    if (first.starts_with("libbpf: ")) first.remove_prefix(std::strlen("libbpf: "));
    complaint.reason = printable(first);
  }
  return complaint;
}

}  // namespace sockwatch
