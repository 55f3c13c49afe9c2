// Bytes that end where the readable memory does: reading on is a crash.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string_view>

namespace sockwatch {

class GuardedBytes {
 public:
  explicit GuardedBytes(std::string_view bytes) : size_(bytes.size()) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t room = (bytes.size() + page - 1) / page * page;
    mapped_ = room + page;
    base_ = static_cast<char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + room, page, PROT_NONE) != 0) throw std::bad_alloc();
    first_ = base_ + room - size_;
    std::memcpy(first_, bytes.data(), size_);
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { munmap(base_, mapped_); }

  std::string_view view() const { return {first_, size_}; }

 private:
  size_t size_;
  size_t mapped_;
  char* base_;
  char* first_;
};

}  // namespace sockwatch
