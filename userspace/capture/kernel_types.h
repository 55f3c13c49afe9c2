// The kernel's description of its own types (BTF): the running kernel's, and a file that is read in its place.
#pragma once

#include <memory>
#include <string>

#include "util/result.h"

struct btf;

namespace sockwatch {

struct BtfDeleter {
  void operator()(btf* types) const;
};
using BtfPtr = std::unique_ptr<btf, BtfDeleter>;

constexpr const char* kOwnTypesFile = "/sys/kernel/btf/vmlinux";

/// The types in a file, raw or in an ELF file's section. Fails with one line that says why: it is none, or not of a kernel of
/// this architecture.
Result<BtfPtr> read_types(const std::string& file);

/// The running kernel's types, by whose ids programs are attached. Where `file` (CaptureConfig::btf) is set, it is checked, and the
/// kernel's own are also sought by asking the kernel itself: they need not be visible as a file then. They must exist, though:
/// the kernel attaches programs by them, and takes no file for that.
Result<BtfPtr> own_types(const std::string& file, const std::string& own_file = kOwnTypesFile);

}  // namespace sockwatch
