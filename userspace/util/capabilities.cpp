#include "util/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace sockwatch {
namespace {

Error system_error() { return Error{std::string("cannot give up capabilities: ") + std::strerror(errno)}; }

}  // namespace

Result<> keep_capabilities(std::initializer_list<int> kept) {
  std::array<uint32_t, _LINUX_CAPABILITY_U32S_3> mask{};
  for (const int capability : kept) mask[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);

  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return system_error();
  for (size_t i = 0; i < sets.size(); ++i) {
    sets[i].permitted &= mask[i];
    sets[i].effective = sets[i].permitted;
    sets[i].inheritable = 0;
  }
  // Or root would have them all again after the next execve.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error();
  if (syscall(SYS_capset, &header, sets.data()) != 0) return system_error();
  return {};
}

}  // namespace sockwatch
