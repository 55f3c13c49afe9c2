// From a cgroup's id, which outlives its processes in what the kernel side told, to its path.
//
// One thread. The id of a cgroup of v2 is the inode of its directory. Paths are learned from processes that
// live and by walking the tree, which happens occasionally (occasional.h) and stops at kMaxDirectories;
// kMaxPaths are kept. A cgroup that was removed before it was ever seen stays unknown, and so does every
// cgroup where v2 is not mounted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "attribution/rate_limited.h"

namespace sockwatch {

class CgroupIndex {
 public:
  static constexpr size_t kMaxPaths = 16384;
  static constexpr size_t kMaxDirectories = 4096;  ///< of one walk
  static constexpr int kMaxDepth = 32;

  /// `root` is where cgroups are mounted: v2 itself, or v1 with v2 in its folder "unified".
  explicit CgroupIndex(const std::string& root);

  /// Empty: not known.
  std::string_view path(uint64_t id);
  void learn(uint64_t id, std::string_view path);
  /// The id of a path; 0: there is no such cgroup.
  uint64_t id(std::string_view path) const;

  uint64_t skipped_walks() const { return occasional_.skipped(); }
  /// Paths and directories that there was no room for.
  uint64_t dropped() const { return dropped_; }

 private:
  void walk();

  std::string root_;  ///< of v2; empty: it is not mounted
  std::unordered_map<uint64_t, std::string> paths_;
  RateLimited occasional_;
  uint64_t dropped_ = 0;
};

}  // namespace sockwatch
