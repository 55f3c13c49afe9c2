#include "prometheus_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "test_client.h"

namespace sockwatch {
namespace {

/// The port in the log's line `msg="Listening on" address=127.0.0.1:42539`; 0 while it is not there.
uint16_t port_in(const std::string& log) {
  const std::string mark = "msg=\"Listening on\" address=127.0.0.1:";
  const size_t at = log.find(mark);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return 0;
  return static_cast<uint16_t>(std::atoi(log.c_str() + at + mark.size()));
}

std::string percent_encoded(const std::string& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0) {
      out += static_cast<char>(c);
    } else {
      out += {'%', digits[c / 16], digits[c % 16]};
    }
  }
  return out;
}

}  // namespace

bool PrometheusProcess::installed() { return std::system("command -v prometheus >/dev/null") == 0; }

PrometheusProcess::PrometheusProcess(const std::string& target) {
  std::string pattern = std::filesystem::temp_directory_path() / "prometheus-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return;
  directory_ = pattern;
  std::ofstream(directory_ + "/prometheus.yml")
      << "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
         "scrape_configs:\n- {job_name: sockwatch, static_configs: [{targets: [\""
      << target << "\"]}]}\n";
  const std::string config = "--config.file=" + directory_ + "/prometheus.yml";
  const std::string storage = "--storage.tsdb.path=" + directory_ + "/data";
  const std::string log_file = directory_ + "/log";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves none behind
    const int fd = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execlp("prometheus", "prometheus", config.c_str(), storage.c_str(), "--web.listen-address=127.0.0.1:0",
           nullptr);
    _exit(127);
  }
  eventually([this] { return (port_ = port_in(log())) != 0; });
}

PrometheusProcess::~PrometheusProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::string PrometheusProcess::log() const {
  std::ifstream file(directory_ + "/log");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string PrometheusProcess::query(const std::string& expression) const {
  TestClient client(port_);
  const auto response = client.get("/api/v1/query?query=" + percent_encoded(expression));
  if (!response || response->status != 200) return {};
  // One sample stands as "value":[1700000000.123,"42"]; more than one is not asked for.
  const size_t value = response->body.find("\"value\":[");
  if (value == std::string::npos) return {};
  const size_t begin = response->body.find(",\"", value) + 2;
  return response->body.substr(begin, response->body.find('"', begin) - begin);
}

}  // namespace sockwatch
