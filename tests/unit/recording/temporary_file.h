// A file without a name that holds a text, to be read from its beginning.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

#include "util/fd.h"

namespace sockwatch {

inline Fd file_with(std::string_view text) {
  Fd fd(::memfd_create("recording", MFD_CLOEXEC));
  if (!fd || ::pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("no memory for a file");
  }
  return fd;
}

}  // namespace sockwatch
