// What is known of one process when its service is looked for, each fact read when somebody first asks for
// it.
//
// One thread; lives for one resolution.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/cgroup_path.h"
#include "attribution/command_line.h"
#include "attribution/compose_names.h"
#include "attribution/container_directory.h"
#include "attribution/proc_reader.h"
#include "stream/socket_event.h"

namespace sockwatch {

class ProcessFacts {
 public:
  ProcessFacts(const ProcReader& proc, ContainerDirectory& containers, ComposeNames& compose, const ProcessHint& hint);
  ProcessFacts(const ProcessFacts&) = delete;
  ProcessFacts& operator=(const ProcessFacts&) = delete;

  uint32_t pid() const { return pid_; }
  /// Neither its program nor its arguments can be read: it has ended, or it is none of userspace.
  bool gone() const { return executable_.empty() && command_line_.empty(); }

  /// The process it was forked from, where neither has executed a program since: it is what that one is. 0: none.
  uint32_t forked_from() const { return forked_from_; }
  /// Who started it, whatever that is; 0: not known.
  uint32_t parent() const { return parent_; }
  /// The real user id; nothing: not known.
  std::optional<uint32_t> user();
  const std::string& executable() const { return executable_; }  ///< path, without a " (deleted)" mark
  const Arguments& arguments() const { return arguments_; }
  /// That it works in; empty: not known.
  const std::string& folder();
  /// The link to its executable by which it was called, last component; empty: it was called by its own name.
  std::string called_by();
  const std::string& command_line() const { return command_line_; }  ///< arguments joined by blanks
  /// Of cgroup v2; empty: /proc does not tell.
  std::string_view unified_cgroup() const { return unified_cgroup_path(cgroup_text_); }
  /// The process is in this cgroup, which is not learned from /proc.
  void assume_cgroup(std::string_view path);
  const std::vector<std::string_view>& cgroups() const { return cgroup_paths_; }
  const CgroupIdentity& cgroup() const { return cgroup_; }
  bool in_container() const { return cgroup_.kubernetes || !cgroup_.container_ids.empty(); }

  /// Null: no engine knows it.
  const ContainerInfo* container();
  /// What the container is called by Kubernetes, by Compose or Swarm, or by its engine. Empty: nobody knows.
  const std::string& container_name();
  std::string_view short_container_id()
      const;  ///< 12 digits; empty: in no container, or in one of Kubernetes
  /// False: an engine may still tell more.
  bool settled() const { return settled_; }

 private:
  void set_cgroup(std::string text);
  void find_parent(const ProcessHint& hint);
  std::string find_container_name();

  const ProcReader& proc_;
  ContainerDirectory& containers_;
  ComposeNames& compose_;
  const uint32_t pid_;
  uint32_t parent_ = 0;
  uint32_t forked_from_ = 0;
  std::optional<uint32_t> user_;
  std::optional<std::string> folder_;
  std::string executable_;
  std::string arguments_text_;
  Arguments arguments_;
  std::string command_line_;
  std::string cgroup_text_;
  std::vector<std::string_view> cgroup_paths_;
  CgroupIdentity cgroup_;
  bool asked_ = false;
  bool settled_ = true;
  std::shared_ptr<const ContainerInfo> container_;
  std::optional<std::string> container_name_;
};

}  // namespace sockwatch
