#include "capture/kernel_types.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "util/fd.h"

namespace sockwatch {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "x86-64";
#else
constexpr std::string_view kArchitecture = "arm64";
#endif

const btf_type* find_struct(const btf& types, const char* name) {
  const int id = btf__find_by_name_kind(&types, name, BTF_KIND_STRUCT);
  return id > 0 ? btf__type_by_id(&types, static_cast<uint32_t>(id)) : nullptr;
}

bool has_member(const btf& types, const btf_type& type, std::string_view name) {
  const btf_member* members = btf_members(&type);
  for (int i = 0; i < btf_vlen(&type); ++i) {
    const char* member = btf__name_by_offset(&types, members[i].name_off);
    if (member != nullptr && member == name) return true;
  }
  return false;
}

// Nothing in BTF names the architecture; the saved registers of a system call are called differently on each.
std::string_view architecture(const btf& types) {
  const auto host = std::endian::native == std::endian::little ? BTF_LITTLE_ENDIAN : BTF_BIG_ENDIAN;
  const size_t pointer = btf__pointer_size(&types);  // 0: it does not tell
  if (btf__endianness(&types) != host || (pointer != 0 && pointer != sizeof(void*))) return "another";
  const btf_type* registers = find_struct(types, "pt_regs");
  if (registers == nullptr) return "";
  if (has_member(types, *registers, "orig_ax")) return "x86-64";
  if (has_member(types, *registers, "syscallno")) return "arm64";
  return "another";
}

bool same_size(const btf& one, const btf& other, const char* name) {
  const btf_type* here = find_struct(one, name);
  const btf_type* there = find_struct(other, name);
  return here == nullptr || there == nullptr || here->size == there->size;
}

// The kernel hands out its own types by bpf(2) too.
BtfPtr ask_kernel() {
  for (uint32_t id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    const Fd fd(bpf_btf_get_fd_by_id(id));
    if (!fd) continue;
    char name[64] = {};
    bpf_btf_info info{};
    info.name = reinterpret_cast<uintptr_t>(name);
    info.name_len = sizeof(name);
    uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && info.kernel_btf != 0 && std::string_view(name) == "vmlinux")
      return BtfPtr(btf__load_from_kernel_by_id(id));
  }
  return nullptr;
}

}  // namespace

void BtfDeleter::operator()(btf* types) const { btf__free(types); }  // libbpf's own allocation

Result<BtfPtr> read_types(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return Error{"cannot read " + file + ": " + std::strerror(errno)};
  if (!S_ISREG(status.st_mode)) return Error{file + " is no file"};
  BtfPtr types(btf__parse(file.c_str(), nullptr));
  if (!types) {
    if (errno == EACCES || errno == EPERM) return Error{"cannot read " + file + ": " + std::strerror(errno)};
    return Error{file + " has no type data (BTF)"};
  }
  const std::string_view of = architecture(*types);
  if (of.empty()) return Error{file + " has type data (BTF), but not a whole kernel's"};
  if (of != kArchitecture) {
    return Error{file + " describes a kernel of " + (of == "another" ? "another architecture" : std::string(of)) + ", and this one is of " +
                 std::string(kArchitecture)};
  }
  return types;
}

Result<BtfPtr> own_types(const std::string& file, const std::string& own_file) {
  BtfPtr own(btf__parse(own_file.c_str(), nullptr));
  if (file.empty()) {
    if (own) return own;
    return Error{"the kernel does not describe its types in " + own_file +
                 "; boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of Debian, Ubuntu and Fedora are); in a container, mount /sys, "
                 "or name a copy with --path.btf"};
  }
  Result<BtfPtr> given = read_types(file);
  if (!given) return Error{given.error().message + "; name the BTF of this kernel with --path.btf, or leave it out"};
  if (!own) own = ask_kernel();
  if (!own) {
    return Error{"this kernel was built without a description of its types (CONFIG_DEBUG_INFO_BTF), and " + file +
                 " cannot stand in for it: programs are attached by the kernel's own; boot a kernel that has it"};
  }
  if (!same_size(**given, *own, "task_struct")) {
    return Error{file + " describes another kernel than the one that runs; name the BTF of this kernel with --path.btf, or leave it out"};
  }
  return own;
}

}  // namespace sockwatch

/// libbpf asks this function of its own for the types by which it attaches programs, and would look for files alone. Our
/// definition comes before the library's.
extern "C" btf* btf__load_vmlinux_btf() {
  sockwatch::BtfPtr own(btf__parse(sockwatch::kOwnTypesFile, nullptr));
  if (!own) own = sockwatch::ask_kernel();
  if (!own) errno = ESRCH;
  return own.release();
}
