#include "attribution/process_table.h"

#include <algorithm>

namespace sockwatch {
namespace {

constexpr int kEvictionTries = 8;

}  // namespace

KnownProcess* ProcessTable::find(uint32_t pid) {
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : &found->second;
}

KnownProcess& ProcessTable::insert(uint32_t pid, const KnownProcess& process, uint64_t now_ns) {
  forget(pid, now_ns);
  if (processes_.size() >= most_) evict(now_ns);
  return processes_.emplace(pid, process).first->second;
}

void ProcessTable::add_service(KnownProcess& process, const KnownName& name) {
  process.services.push_back(name);
  services_.add_process(name.service, name.user);
}

void ProcessTable::forget(uint32_t pid, uint64_t now_ns) {
  if (const auto found = processes_.find(pid); found != processes_.end()) erase(found, now_ns);
}

void ProcessTable::forget_service(ServiceId service, uint64_t now_ns) {
  for (auto& [pid, process] : processes_) {
    const auto first = std::remove_if(process.services.begin(), process.services.end(), [&](const KnownName& one) {
      if (one.service != service) return false;
      services_.remove_process(service, one.user, now_ns);
      return true;
    });
    process.services.erase(first, process.services.end());
  }
}

std::vector<std::pair<uint32_t, KnownProcess>> ProcessTable::take_all(uint64_t now_ns) {
  std::vector<std::pair<uint32_t, KnownProcess>> all(processes_.begin(), processes_.end());
  for (const auto& entry : all) forget(entry.first, now_ns);
  return all;
}

void ProcessTable::sweep(size_t batch, uint64_t now_ns) {
  for (size_t n = std::min(batch, processes_.size()); n > 0; --n)
    if (const auto process = next(); has_gone(process)) erase(process, now_ns);
}

// Of a table that is not empty.
ProcessTable::Map::iterator ProcessTable::next() {
  while (true) {
    if (round_.empty()) {
      round_.reserve(processes_.size());
      for (const auto& [pid, process] : processes_) round_.push_back(pid);
    }
    const auto process = processes_.find(round_.back());
    round_.pop_back();
    if (process != processes_.end()) return process;
  }
}

bool ProcessTable::has_gone(Map::iterator process) const {
  const auto now = proc_.identity(process->first);
  return !now || !process->second.identity || !now->same_as(*process->second.identity);
}

void ProcessTable::erase(Map::iterator process, uint64_t now_ns) {
  for (const KnownName& name : process->second.services) services_.remove_process(name.service, name.user, now_ns);
  processes_.erase(process);
}

void ProcessTable::evict(uint64_t now_ns) {
  ++evicted_;
  for (int tries = 1;; ++tries) {
    const auto process = next();
    if (tries < kEvictionTries && !has_gone(process)) continue;
    erase(process, now_ns);
    return;
  }
}

}  // namespace sockwatch
