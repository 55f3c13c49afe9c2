// A host of a test: a /proc and a cgroup tree in a folder of their own, filled as the test likes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attribution/service_resolver.h"

namespace sockwatch {

struct FakeProcess {
  std::string executable = "/usr/bin/shopd";  ///< empty: cannot be read
  std::vector<std::string> arguments = {"shopd"};
  std::string cgroup = "0::/\n";  ///< the file's text
  std::vector<std::string> environment;
  std::string comm = "shopd";
  std::string mounts;
  uint64_t start_time = 1000;
  uint64_t image = 0x7000;        ///< of the program in memory
  uint32_t parent = 1;
  bool forked = false;            ///< has executed nothing since it was forked
  uint32_t user = 0;
  std::string folder = "/";       ///< that it works in
};

class FakeHost {
 public:
  FakeHost();
  ~FakeHost() { std::filesystem::remove_all(root_); }

  std::string procfs() const { return root_ / "proc"; }
  std::string cgroupfs() const { return root_ / "cgroup"; }
  /// Where a path of its processes is.
  std::filesystem::path file(const std::string& path) const { return root_ / "root" / path.substr(1); }
  std::filesystem::path of(uint32_t pid) const { return root_ / "proc" / std::to_string(pid); }

  /// Starts the process, in the place of one that had its pid.
  void start(uint32_t pid, const FakeProcess& process);
  void end(uint32_t pid);
  void set_host_name(const std::string& name);
  /// A cgroup of v2 ("/system.slice/x.service"), with those above it; its id.
  uint64_t make_cgroup(const std::string& path);

  ServiceResolver resolver(const AttributionConfig& config = no_engine(), uint32_t max_services = 100) const;
  static AttributionConfig no_engine();

 private:
  std::filesystem::path root_;
};

/// The name that the resolver gives.
std::string name_of(ServiceResolver& resolver, uint32_t pid, std::string_view comm = "shopd",
                    uint16_t port = 0, uint64_t cgroup_id = 0);
/// How often it hit the limit.
uint64_t limit_hit(const ServiceResolver& resolver, const std::string& limit);

/// Polls; false when it did not come true within ten seconds.
bool becomes_true(const std::function<bool()>& condition);

}  // namespace sockwatch
