#include "attribution/cgroup_index.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace sockwatch {
namespace {

using Directory = std::unique_ptr<DIR, decltype([](DIR* directory) { closedir(directory); })>;

// Directories of v1 have this file's neighbours only; their inodes mean something else.
bool is_v2(const std::string& folder) { return access((folder + "/cgroup.controllers").c_str(), F_OK) == 0; }

}  // namespace

CgroupIndex::CgroupIndex(const std::string& root) {
  for (const std::string& folder : {root, root + "/unified"}) {
    if (!is_v2(folder)) continue;
    root_ = folder;
    break;
  }
}

std::string_view CgroupIndex::path(uint64_t id) {
  if (id == 0 || root_.empty()) return {};
  auto known = paths_.find(id);
  if (known == paths_.end() && occasional_.run([&] { walk(); })) known = paths_.find(id);
  return known == paths_.end() ? std::string_view() : known->second;
}

void CgroupIndex::learn(uint64_t id, std::string_view path) {
  if (id == 0 || path.empty()) return;
  if (paths_.size() >= kMaxPaths && !paths_.contains(id)) {
    dropped_ += paths_.size();
    paths_.clear();  // most of what lives is learned again by the next walk
  }
  paths_[id] = path;
}

uint64_t CgroupIndex::id(std::string_view path) const {
  struct stat status {};
  if (root_.empty() || stat((root_ + std::string(path)).c_str(), &status) != 0) return 0;
  return status.st_ino;
}

void CgroupIndex::walk() {
  std::vector<std::pair<std::string, int>> open = {{"", 0}};  // paths still to be looked at, and their depth
  size_t visited = 0;
  while (!open.empty()) {
    const auto [path, depth] = std::move(open.back());
    open.pop_back();
    if (++visited > kMaxDirectories) {
      dropped_ += open.size() + 1;
      return;
    }
    const Directory directory(opendir((root_ + path).c_str()));
    if (!directory) continue;
    struct stat status {};
    if (fstat(dirfd(directory.get()), &status) == 0) learn(status.st_ino, path.empty() ? "/" : path);
    if (depth >= kMaxDepth) continue;
    while (const dirent* entry = readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      if (entry->d_type == DT_DIR && name != "." && name != "..")
        open.emplace_back(path + "/" + std::string(name), depth + 1);
    }
  }
}

}  // namespace sockwatch
