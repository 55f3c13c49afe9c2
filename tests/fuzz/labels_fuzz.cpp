// What becomes a label: the names of processes and the targets of requests.
//
// Input: lines. The first is an executable, the second its arguments with blanks for NULs, the third the folder that it works in, the fourth
// a cgroup's text; the others are targets.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/cgroup_path.h"
#include "attribution/program_name.h"
#include "attribution/service_name.h"
#include "require.h"
#include "routes/route_table.h"

namespace sockwatch {
namespace {

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

/// Valid UTF-8 (RFC 3629) without control characters.
bool is_clean(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto at = [&](size_t k) { return k < text.size() ? static_cast<uint8_t>(text[k]) : 0u; };
    const unsigned first = at(i);
    if (first < 0x20 || first == 0x7f) return false;
    const size_t more = first < 0x80 ? 0 : first < 0xc2 ? 9 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 9;
    if (more == 9) return false;
    unsigned point = more == 0 ? first : first & (0x3fu >> more);
    for (size_t k = 1; k <= more; ++k) {
      if ((at(i + k) & 0xc0) != 0x80) return false;
      point = point << 6 | (at(i + k) & 0x3f);
    }
    if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) || (more == 3 && (point < 0x10000 || point > 0x10ffff))) return false;
    i += more + 1;
  }
  return true;
}

void run(std::string_view lines) {
  const std::string executable(take_line(lines));
  std::string arguments(take_line(lines));
  std::ranges::replace(arguments, ' ', '\0');
  const Arguments split = split_command_line(arguments);
  const std::string folder(take_line(lines));
  const Program program{.executable = executable, .called_by = executable, .arguments = split, .folder = folder};
  for (const std::string& told : {what_it_runs(program), executable_name(program)}) {
    const std::string name = clean_service_name(told);
    REQUIRE(name.size() <= kMaxServiceName && is_clean(name));
    REQUIRE(clean_service_name(name) == name);
  }
  const std::string cgroup(take_line(lines));
  const CgroupIdentity identity = identify_cgroup(cgroup_paths(cgroup));
  REQUIRE(identity.container_ids.size() <= kMaxNested);
  REQUIRE(is_clean(clean_service_name(identity.unit)));

  RoutesConfig config;
  config.max_nodes = 64;
  RouteTable routes(config);
  while (!lines.empty()) {
    const std::string target(take_line(lines));
    const std::string text(routes.text(routes.route("GET", target)));
    REQUIRE(!text.empty() && text.size() <= 256);
    REQUIRE(is_clean(text));
    REQUIRE(text.find_first_of("?#;") == std::string::npos);
  }
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
